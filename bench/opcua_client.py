"""A client for load: `python -m bench.opcua_client URL ITEMS` subscribes to that many variables and counts what comes
until its input ends.
"""

from __future__ import annotations

import asyncio
import sys

from asyncua import Client, Node, ua

PERIOD_MS = 100


class Counter:
    """Counts notifications."""

    def __init__(self) -> None:
        self.count = 0

    def datachange_notification(self, _node: Node, _value: object, _data: object) -> None:
        self.count += 1


async def main(url: str, items: int) -> None:
    async with Client(url) as client:
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
        print(f"{counter.count} notifications in {elapsed:.0f} s, {counter.count / elapsed:.0f}/s", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
