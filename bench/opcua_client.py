"""A client for load: `python -m bench.opcua_client URL ITEMS` subscribes to that many variables and counts what comes
until its input ends, then prints how many came in a second.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from asyncua import Client, Node, ua

PERIOD_MS = 100


class Counter:
    """Counts notifications; asyncua asks for both methods."""

    def __init__(self) -> None:
        self.count = 0

    def datachange_notification(self, _node: Node, _value: object, _data: object) -> None:
        self.count += 1

    def status_change_notification(self, status: object) -> None:
        raise ConnectionError(f"the subscription ended: {status}")


async def main(url: str, items: int) -> None:
    # Both ends share two cores with whatever is measured: patience, or the client takes a busy server for a dead one.
    async with Client(url, timeout=60, watchdog_intervall=30) as client:
        root = await client.nodes.objects.get_children()
        plc = root[-1]
        main_object = (await plc.get_children())[0]
        nodes = (await main_object.get_children(nodeclassmask=ua.NodeClass.Variable))[:items]
        counter = Counter()
        subscription = await client.create_subscription(PERIOD_MS, counter)  # pyright: ignore[reportArgumentType]
        await subscription.subscribe_data_change(nodes, queuesize=1)
        print(f"subscribed {len(nodes)}", flush=True)
        started = asyncio.get_running_loop().time()
        await asyncio.to_thread(sys.stdin.read)
        elapsed = asyncio.get_running_loop().time() - started
        print(f"{counter.count / elapsed:.0f}", flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
