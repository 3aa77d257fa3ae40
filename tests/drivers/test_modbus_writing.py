"""Outputs on their way to the device: what is sent, when, and what becomes of refusals."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from io_drivers.contract import DeviceState, WriteMode
from io_drivers.modbus import DRIVER
from tests.drivers.fault_server import FaultServer
from tests.drivers.harness import MS, Bench, registers

NEVER_NS = 3600 * 1000 * MS
WRITES = (5, 6, 15, 16, 22)


def output(name: str, address: int, **more) -> dict:
    """An INT in a holding register, written when it changes and not otherwise."""
    return {"name": name, "area": "holding", "address": address, "out": "INT", "refresh_ns": NEVER_NS, **more}


def coil(name: str, address: int, **more) -> dict:
    return output(name, address, **{"area": "coil", "wire": "BOOL", "out": "BOOL", **more})


def bit(name: str, address: int, number: int, **more) -> dict:
    return coil(name, address, area="holding", bit=number, **more)


MARK = {"name": "mark", "area": "input", "address": 0}


@asynccontextmanager
async def plain(server: FaultServer, *points: dict, **settings):
    """One device with an input besides, by which tests wait for whole cycles."""
    async with server.serving():
        bench = Bench(
            DRIVER,
            {
                "host": "127.0.0.1",
                "port": server.port,
                "timeout": 150 * MS,
                "reconnect": {"min": 5 * MS, "max": 10 * MS},
            },
        )
        bench.device("d", {"poll": 5 * MS, "offline": {"after": 2, "probe": 20 * MS}, **settings}, [MARK, *points])
        async with bench.running():
            yield bench


async def cycles(bench: Bench, server: FaultServer, count: int = 3) -> None:
    """Wait until the mark was read `count` times more."""
    begin = len([r for r in server.requests if r.function == 4])
    await bench.until(lambda: len([r for r in server.requests if r.function == 4]) >= begin + count)


def written(server: FaultServer) -> list[tuple[int, int, int]]:
    return [(r.function, r.address, r.count) for r in server.requests if r.function in WRITES]


def test_outputs_are_joined_scaled_and_written_once():
    async def scenario():
        server = FaultServer()
        points = [
            output("valve", 10, wire="UINT", out="REAL", scale=0.01),
            output("speed", 11, wire="REAL", out="LREAL", byte_order="CDAB"),
            output("small", 13, wire="SINT", out="INT"),
            coil("c0", 0),
            coil("c1", 1),
        ]
        async with plain(server, *points) as bench:
            await bench.until(lambda: bench.good("d.mark"))
            assert sorted(written(server)) == [(15, 0, 2), (16, 10, 4)], "everything once at first"
            bench.want("d.valve", 12.34)
            bench.want("d.speed", 1.5)
            bench.want("d.small", -3)
            bench.want("d.c1", 1)
            await bench.until(lambda: len(written(server)) == 4)
            assert server.areas["holding"][10:14] == [1234, *registers("REAL", 1.5, "CDAB"), 0xFFFD]
            assert server.areas["coil"][:2] == [0, 1]
            assert sorted(written(server)[2:]) == [(5, 1, 1), (16, 10, 4)]
            bench.want("d.valve", 12.3401)  # nothing that the wire could show
            await cycles(bench, server)
            assert len(written(server)) == 4

    asyncio.run(scenario())


def test_a_change_is_written_before_the_next_poll():
    async def scenario():
        server = FaultServer()
        async with plain(server, output("q", 1), poll=NEVER_NS) as bench:
            await bench.until(lambda: bench.good("d.mark") and server.areas["holding"][1] == 0)
            bench.want("d.q", 7)
            await bench.until(lambda: server.areas["holding"][1] == 7)
            assert len([r for r in server.requests if r.function == 4]) == 1

    asyncio.run(scenario())


def test_between_two_polls_outputs_are_written_once():
    """A program that changes its outputs at every scan does not turn a poll of once an hour into a flood."""

    async def scenario():
        server = FaultServer()
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port})
            bench.device("slow", {"poll": NEVER_NS}, [output("q", 1)])
            bench.device("quick", {"poll": 5 * MS, "unit": 2}, [MARK])
            async with bench.running():
                await bench.until(lambda: len(written(server)) == 1 and bench.good("quick.mark"))
                for number in range(5, 9):
                    bench.want("slow.q", number)
                    await cycles(bench, server)
                assert server.areas["holding"][1] == 5

    asyncio.run(scenario())


def test_cyclic_and_refreshed_outputs_are_repeated():
    async def scenario():
        server = FaultServer()
        points = [output("c", 1, write=WriteMode.CYCLIC), output("r", 5, refresh_ns=20 * MS), output("q", 9)]
        async with plain(server, *points) as bench:
            await bench.until(lambda: len([w for w in written(server) if w[1] == 5]) >= 3)
            polls = len([r for r in server.requests if r.function == 4])
            assert len([w for w in written(server) if w[1] == 1]) - polls in (0, 1)
            assert len([w for w in written(server) if w[1] == 9]) == 1

    asyncio.run(scenario())


def test_an_edge_shorter_than_a_poll_is_written():
    async def scenario():
        server = FaultServer()
        async with plain(server, coil("reset", 3, write=WriteMode.RISING_EDGE)) as bench:
            await bench.until(lambda: bench.good("d.mark"))
            server.requests.clear()
            bench.want("d.reset", 1)
            await asyncio.sleep(0)  # the next scan comes
            await asyncio.sleep(0)
            bench.want("d.reset", 0)
            await bench.until(lambda: server.areas["coil"][3] == 1)
            await cycles(bench, server)
            assert written(server) == [(5, 3, 1)]

    asyncio.run(scenario())


def test_inactive_outputs_are_left_alone_and_a_new_epoch_writes_everything():
    async def scenario():
        server = FaultServer()
        async with plain(server, output("q", 1), output("p", 5)) as bench:
            await bench.until(lambda: len(written(server)) == 2)
            bench.outputs.active[bench.channels["d.p"].index] = False
            bench.want("d.p", 4)
            await cycles(bench, server)
            assert server.areas["holding"][5] == 0
            bench.outputs.active[:] = True
            bench.outputs.epoch += 1
            bench.outputs.changed.set()
            await bench.until(lambda: len(written(server)) == 4)
            assert server.areas["holding"][5] == 4

    asyncio.run(scenario())


def test_what_the_wire_cannot_hold_is_not_written_and_the_status_says_so():
    async def scenario():
        server = FaultServer()
        async with plain(server, output("valve", 1, wire="UINT", out="REAL", scale=0.01), output("q", 2)) as bench:
            bench.want("d.valve", 10.0)
            await bench.until(lambda: server.areas["holding"][1] == 1000)
            for impossible in (-0.02, 700.0, float("nan")):
                bench.want("d.valve", impossible)
                bench.want("d.q", server.areas["holding"][2] + 1)
                await bench.until(lambda: bench.status("d").problem != "")
                assert "d.valve is not written: the value does not fit UINT on the wire" in bench.status("d").problem
                assert bench.status("d").state is DeviceState.DEGRADED
            await bench.until(lambda: server.areas["holding"][2] >= 1, "its neighbour to be written all the same")
            assert server.areas["holding"][1] == 1000
            bench.want("d.valve", 20.0)
            await bench.until(lambda: server.areas["holding"][1] == 2000 and bench.status("d").problem == "")

    asyncio.run(scenario())


def test_a_refused_write_is_tried_again_and_does_not_hold_up_its_neighbours():
    """Register 2 lies between the others, so all three go in one request at first."""

    async def scenario():
        server = FaultServer(holes={("holding", 2)})
        async with plain(server, output("a", 1), output("bad", 2), output("c", 3)) as bench:
            for number, name in enumerate(("a", "bad", "c"), 5):
                bench.want(f"d.{name}", number)
            await bench.until(lambda: server.areas["holding"][1] == 5 and server.areas["holding"][3] == 7)
            await bench.until(lambda: bench.status("d").problem == "writing d.bad: exception 2 (illegal data address)")
            failures = bench.status("d").failures
            await bench.until(lambda: bench.status("d").failures >= failures + 2, "another attempt at every poll")
            assert bench.status("d").state is DeviceState.DEGRADED
            assert bench.good("d.mark")
            server.holes.clear()
            await bench.until(lambda: server.areas["holding"][2] == 6 and bench.status("d").problem == "")

    asyncio.run(scenario())


def test_a_write_without_an_answer_is_left_out_for_a_while():
    async def behave(request, link):
        return request.function == 6

    async def scenario():
        server = FaultServer(behave)
        async with plain(server, output("silent", 1), offline={"after": 3, "probe": NEVER_NS}) as bench:
            await bench.until(lambda: len(written(server)) == 3)
            await cycles(bench, server, 10)
            assert len(written(server)) == 3
            assert bench.good("d.mark")
            assert "writing d.silent: no answer" in bench.status("d").problem

    asyncio.run(scenario())


def test_after_a_write_without_an_answer_the_inputs_come_first_once():
    async def behave(request, link):
        return request.number == 0

    async def scenario():
        server = FaultServer(behave)
        async with plain(server, output("q", 1, write=WriteMode.CYCLIC)) as bench:
            await bench.until(lambda: len(server.requests) >= 7)
            assert [r.function for r in server.requests][:7] == [6, 4, 6, 6, 4, 6, 4]

    asyncio.run(scenario())


def test_a_busy_device_is_asked_again_for_all_of_them_together():
    async def behave(request, link):
        if request.number == 0:
            await link.send(request.exception(6))
        return request.number == 0

    async def scenario():
        server = FaultServer(behave)
        async with plain(server, output("q", 1), output("p", 2)) as bench:
            await bench.until(lambda: bench.status("d").state is DeviceState.ONLINE)
            assert written(server) == [(16, 1, 2), (16, 1, 2)]

    asyncio.run(scenario())


def test_a_write_without_an_answer_does_not_keep_the_inputs_away():
    async def behave(request, link):
        return request.function == 6

    async def scenario():
        server = FaultServer(behave)
        async with plain(server, output("silent", 1), coil("c", 0)) as bench:
            bench.want("d.c", 1)
            await bench.until(lambda: bench.good("d.mark"))
            read_ns = bench.time_ns("d.mark")
            await bench.until(lambda: bench.time_ns("d.mark") > read_ns and server.areas["coil"][0] == 1)
            await bench.until(lambda: "writing d.silent: no answer" in bench.status("d").problem)
            assert bench.status("d").state is DeviceState.DEGRADED

    asyncio.run(scenario())


@pytest.mark.parametrize("knows_mask", [True, False])
def test_bits_of_a_register_are_written_without_touching_the_others(knows_mask):
    async def behave(request, link):
        if request.function == 22 and not knows_mask:
            await link.send(request.exception(1))
            return True
        return False

    async def scenario():
        server = FaultServer(behave)
        server.areas["holding"][7] = 0xF00F
        async with plain(server, bit("b1", 7, 1), bit("b4", 7, 4)) as bench:
            await bench.until(lambda: server.areas["holding"][7] == 0xF00D)
            bench.want("d.b4", 1)
            await bench.until(lambda: server.areas["holding"][7] == 0xF01D)
            server.areas["holding"][7] |= 0x0100
            bench.want("d.b1", 1)
            await bench.until(lambda: server.areas["holding"][7] == 0xF11F)
            masks = [w for w in written(server) if w[0] == 22]
            assert len(masks) == (3 if knows_mask else 1), "a device without function 22 is asked for it once"
            await bench.until(lambda: bench.status("d").problem == "")
            assert bench.status("d").failures == 0

    asyncio.run(scenario())


# -------------------------------------------------------------------------------------------------------- write_now


@pytest.mark.parametrize("point", [output("q", 1), coil("q", 1), bit("q", 1, 0)], ids=["register", "coil", "bit"])
def test_a_device_without_the_single_functions_is_written_with_the_multiple_ones(point):
    """An inverter that knows function 16 only refused its one setpoint for ever, while a device with two neighbouring
    setpoints was written at once.
    """

    async def behave(request, link):
        if request.function in (5, 6, 22):
            await link.send(request.exception(1))
        return request.function in (5, 6, 22)

    async def scenario():
        server = FaultServer(behave)
        area = server.areas[point["area"]]
        async with plain(server, point) as bench:
            area[1] = 0  # whatever the refused request would have done
            bench.want("d.q", 1)
            await bench.until(lambda: area[1] == 1)
            bench.want("d.q", 0)
            await bench.until(lambda: area[1] == 0)
            await cycles(bench, server)
            asked = [r.function for r in server.requests if r.function in (5, 6)]
            assert len(asked) == 1, "found out once"
            assert (bench.status("d").state, bench.status("d").failures) == (DeviceState.ONLINE, 0)

    asyncio.run(scenario())


def test_a_device_that_writes_nothing_is_asked_for_the_multiple_function_once():
    async def behave(request, link):
        if request.function in WRITES:
            await link.send(request.exception(1))
        return request.function in WRITES

    async def scenario():
        server = FaultServer(behave)
        async with plain(server, output("q", 1)) as bench:
            await cycles(bench, server, 4)
            functions = [r.function for r in server.requests if r.function in WRITES]
            assert functions[:3] == [6, 16, 6]
            assert functions.count(16) == 1
            assert "exception 1 (illegal function)" in bench.status("d").problem

    asyncio.run(scenario())


def test_write_now_writes_every_active_output_while_running():
    async def scenario():
        server = FaultServer()
        points = [output("q", 1), output("e", 5, write=WriteMode.RISING_EDGE), output("alone", 9), bit("b", 20, 3)]
        async with plain(server, *points) as bench:
            await bench.until(lambda: bench.good("d.mark"))
            server.areas["holding"][1], server.areas["holding"][5], server.areas["holding"][20] = 44, 44, 0xFF
            server.areas["holding"][9] = 44
            bench.outputs.active[bench.channels["d.alone"].index] = False
            bench.outputs.raw[:] = 0
            await bench.driver.write_now(time.monotonic_ns() + 10_000 * MS)
            assert [server.areas["holding"][n] for n in (1, 5, 9, 20)] == [0, 0, 44, 0xF7]
            await cycles(bench, server)  # and the driver goes on

    asyncio.run(scenario())


def test_write_now_does_not_wait_for_a_request_that_gets_no_answer():
    """The dead device holds the connection when the end comes; its neighbour's safe value must still get through."""
    asked = asyncio.Event()

    async def behave(request, link):
        if request.unit == 2:
            asked.set()
        return request.unit == 2

    async def scenario():
        server = FaultServer(behave)
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port, "timeout": 60_000 * MS})
            bench.device("alive", {"poll": 5 * MS}, [output("q", 1)])
            bench.device("dead", {"poll": 5 * MS, "unit": 2}, [MARK])
            async with bench.running():
                await bench.until(asked.is_set)
                bench.outputs.raw[:] = 0
                server.areas["holding"][1] = 44
                await bench.driver.write_now(time.monotonic_ns() + 30_000 * MS)
                assert server.areas["holding"][1] == 0

    asyncio.run(scenario())


def test_write_now_serves_the_devices_that_answer_first():
    async def scenario():
        server = FaultServer(mute={2})
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port, "timeout": 150 * MS})
            gone = {"unit": 2, "poll": 5 * MS, "offline": {"after": 1, "probe": NEVER_NS}}
            bench.device("dead", gone, [output("q", 5)])
            bench.device("alive", {"poll": 5 * MS}, [output("q", 9)])
            async with bench.running():
                await bench.until(lambda: bench.status("dead").state is DeviceState.OFFLINE)
                await bench.until(lambda: bench.status("alive").state is DeviceState.ONLINE)
                server.requests.clear()
                await bench.driver.write_now(time.monotonic_ns() + 10_000 * MS)
                assert [(r.unit, r.address) for r in server.requests][:2] == [(1, 9), (2, 5)]

    asyncio.run(scenario())


def test_write_now_leaves_time_for_the_devices_behind_one_that_just_died():
    """A drive behind a gateway lost its power, and the PLC was ended before anybody could have noticed. The drive was
    asked first, its timeout was as long as the time for all safe values, and its neighbours went on without them.
    """

    async def scenario():
        server = FaultServer(mute={2, 3})
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port, "timeout": 60_000 * MS})
            bench.device("dead", {"unit": 2}, [output("q", 5)])
            bench.device("dead too", {"unit": 3}, [output("q", 5)])
            bench.device("alive", {}, [output("q", 9)])
            bench.open()
            server.areas["holding"][9] = 44
            await bench.driver.write_now(time.monotonic_ns() + 3000 * MS)
            assert server.areas["holding"][9] == 0
            assert "too short" in bench.status("dead").problem
            assert bench.status("alive").problem == ""

    asyncio.run(scenario())


def test_write_now_connects_when_there_is_no_connection():
    async def scenario():
        server = FaultServer()
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port})
            bench.device("d", {}, [output("q", 1), output("bad", 2)])
            bench.open()
            server.areas["holding"][1] = 44
            server.holes.add(("holding", 2))
            await bench.driver.write_now(time.monotonic_ns() + 10_000 * MS)
            assert server.areas["holding"][1] == 0, "alone, after the joint write was refused"
            await server.all_closed.wait()

    asyncio.run(scenario())


def test_write_now_goes_on_after_one_output_without_an_answer():
    async def behave(request, link):
        return request.address == 1

    async def scenario():
        server = FaultServer(behave)
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port, "timeout": 150 * MS})
            bench.device("d", {}, [output("silent", 1), output("q", 9)])
            bench.open()
            server.areas["holding"][9] = 44
            await bench.driver.write_now(time.monotonic_ns() + 10_000 * MS)
            assert server.areas["holding"][9] == 0

    asyncio.run(scenario())


def test_write_now_ends_at_its_deadline_and_says_what_was_wrong():
    async def scenario():
        server = FaultServer(mute={1})
        async with server.serving():
            bench = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port, "timeout": 60_000 * MS})
            bench.device("d", {}, [output("q", 1)])
            bench.open()
            await bench.driver.write_now(time.monotonic_ns() + 50 * MS)
            assert "too short" in bench.status("d").problem
        refused = Bench(DRIVER, {"host": "127.0.0.1", "port": server.port})
        refused.device("d", {}, [output("q", 1)])
        refused.open()
        await refused.driver.write_now(time.monotonic_ns() + 10_000 * MS)
        assert "outputs could not be written: 127.0.0.1" in refused.status("d").problem

    asyncio.run(scenario())
