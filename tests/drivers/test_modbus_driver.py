"""The whole driver against a misbehaving server: what the program sees of each fault, and how it ends."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from io_drivers.contract import Connection, DeviceState, InputBlock, OutputBlock, Reason
from io_drivers.modbus import DRIVER
from tests.drivers.fault_server import FaultServer, as_usual
from tests.drivers.harness import MS, Bench, registers

QUICK = {"timeout": 150 * MS, "reconnect": {"min": 5 * MS, "max": 20 * MS}}
OFFLINE = {"after": 2, "probe": 30 * MS}


def line(server: FaultServer, **settings) -> Bench:
    return Bench(DRIVER, {"host": "127.0.0.1", "port": server.port, **QUICK, **settings})


def device(bench: Bench, points: list[dict], name: str = "d", **settings) -> None:
    bench.device(name, {"poll": 5 * MS, "offline": OFFLINE, **settings}, points)


def holding(name: str, address: int, **more) -> dict:
    return {"name": name, "area": "holding", "address": address, **more}


@asynccontextmanager
async def plain(server: FaultServer, *points: dict, timeout_ns: int = 150 * MS, **settings):
    """One device with holding register 0 as `a`, unless told otherwise."""
    async with server.serving():
        bench = line(server, timeout=timeout_ns)
        device(bench, list(points) or [holding("a", 0)], **settings)
        async with bench.running():
            yield bench


def test_values_quality_and_time():
    async def scenario():
        server = FaultServer()
        server.areas["holding"][0] = 17
        server.areas["input"][10:12] = registers("REAL", 2.5, "CDAB")
        server.areas["input"][12] = 215
        server.areas["input"][13] = 0b1000
        server.areas["coil"][5] = 1
        before_ns = time.monotonic_ns()
        points = [
            holding("a", 0),
            {"name": "real", "area": "input", "address": 10, "wire": "REAL", "byte_order": "CDAB"},
            {"name": "scaled", "area": "input", "address": 12, "scale": 0.1, "offset": -5.0, "into": "REAL"},
            {"name": "bit", "area": "input", "address": 13, "wire": "BOOL", "bit": 3},
            {"name": "coil", "area": "coil", "address": 5, "wire": "BOOL"},
        ]
        async with plain(server, *points) as bench:
            await bench.until(lambda: bench.good("d.a"))
            assert all(bench.good(name) for name in bench.channels), "one poll is published as one image"
            assert bench.value("d.a") == 17
            assert bench.value("d.real") == 2.5
            assert bench.value("d.scaled") == pytest.approx(16.5)
            assert (bench.value("d.bit"), bench.value("d.coil")) == (1, 1)
            assert before_ns < bench.time_ns("d.a") <= time.monotonic_ns()
            server.areas["holding"][0] = 18
            await bench.until(lambda: bench.value("d.a") == 18)
            first_ns = bench.time_ns("d.a")
            await bench.until(lambda: bench.time_ns("d.a") > first_ns, "the age to start afresh at each poll")
            status = bench.status("d")
            assert (status.state, status.problem, status.failures) == (DeviceState.ONLINE, "", 0)
            assert status.requests >= 9
            assert status.round_trip_us > 0

    asyncio.run(scenario())


def test_before_the_first_answer_nothing_is_good():
    async def scenario():
        async with FaultServer().serving() as server:
            bench = line(server)
            device(bench, [holding("a", 0)])
            bench.open()
            assert bench.reason("d.a") is Reason.NEVER_READ
            assert not bench.good("d.a")

    asyncio.run(scenario())


def test_cancelling_stops_the_driver_and_leaves_outputs_alone():
    async def scenario():
        server = FaultServer()
        async with plain(server, holding("a", 0), holding("q", 9, out="INT")) as bench:
            bench.want("d.q", 5)
            await bench.until(lambda: server.areas["holding"][9] == 5 and bench.good("d.a"))
            bench.task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await bench.task
            assert bench.reason("d.a") is Reason.STOPPED
            await server.all_closed.wait()
            assert server.areas["holding"][9] == 5

    asyncio.run(scenario())


# ------------------------------------------------------------------------------------------------- the connection


def test_a_refused_connection_and_its_end():
    async def scenario():
        async with FaultServer().serving() as server:
            pass
        bench = line(server)
        device(bench, [holding("a", 0)])
        async with bench.running():
            await bench.until(lambda: bench.reason("d.a") is Reason.NOT_CONNECTED)
            assert "cannot be reached" in bench.status("d").problem
            assert bench.status("d").state is DeviceState.CONNECTING
            again = FaultServer(port=server.port)
            async with again.serving():
                await bench.until(lambda: bench.good("d.a"))
                assert bench.status("d").problem == ""

    asyncio.run(scenario())


def test_a_closed_connection_is_made_again_and_all_outputs_are_written_again():
    async def scenario():
        server = FaultServer()
        points = [holding("a", 0), holding("q", 9, out="INT", refresh_ns=3600 * 10**9)]
        async with plain(server, *points) as bench:
            bench.want("d.q", 5)
            await bench.until(lambda: server.areas["holding"][9] == 5 and bench.good("d.a"))
            seen: set[Reason] = set()
            bench.on_publish = lambda: seen.add(bench.reason("d.a"))
            server.areas["holding"][9] = 0  # the device restarted
            server.close_all()
            await bench.until(lambda: server.areas["holding"][9] == 5 and bench.good("d.a"))
            assert Reason.NOT_CONNECTED in seen
            assert bench.status("d").reconnects == 1

    asyncio.run(scenario())


def test_a_server_that_closes_every_connection_at_once_is_not_hammered():
    async def behave(request, link):
        link.close()
        return True

    async def scenario():
        server = FaultServer(behave)
        async with server.serving():
            bench = line(server, reconnect={"min": 20 * MS, "max": 80 * MS})
            device(bench, [holding("a", 0)])
            started = time.monotonic()
            async with bench.running():
                await bench.until(lambda: server.connections >= 5)
                # 20, 40, 80, 80 ms, each shortened by a quarter at most
                assert time.monotonic() - started >= 0.75 * 0.220
                assert bench.reason("d.a") is Reason.NOT_CONNECTED

    asyncio.run(scenario())


def test_a_connection_that_worked_is_made_again_without_growing_waits():
    async def behave(request, link):
        await link.send(request.frame())
        link.close()
        return True

    async def scenario():
        server = FaultServer(behave)
        async with server.serving():
            bench = line(server, reconnect={"min": 5 * MS, "max": 3600 * 1000 * MS})
            device(bench, [holding("a", 0)])
            async with bench.running():
                await bench.until(lambda: server.connections >= 15)  # doubling each time would take 40 s

    asyncio.run(scenario())


def test_a_device_that_hangs_up_in_the_middle_of_a_poll_is_called_again_without_growing_waits():
    """It answered the first request of each connection and closed it at the second. What it had answered was forgotten
    with the connection, and the waits grew to `reconnect.max` although the device was there all the time.
    """

    async def behave(request, link):
        if request.address == 100:
            link.close()
        return request.address == 100

    async def scenario():
        server = FaultServer(behave)
        async with server.serving():
            bench = line(server, reconnect={"min": 5 * MS, "max": 3600 * 1000 * MS})
            device(bench, [holding("a", 0), holding("b", 100)])
            async with bench.running():
                await bench.until(lambda: server.connections >= 15)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "garbage", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\1\0\0\xff\xff\1\3\2\0\1", bytes(300), b"\xff" * 5000]
)
def test_garbage_is_a_bad_response_and_a_new_connection(garbage):
    async def behave(request, link):
        if request.connection >= 2:
            return False
        await link.send(garbage)
        return True

    async def scenario():
        server = FaultServer(behave)
        seen = set()
        async with plain(server, timeout_ns=20_000 * MS) as bench:
            await bench.until(lambda: seen.add(bench.reason("d.a")) or bench.good("d.a"))
            assert server.connections == 3
            assert Reason.BAD_RESPONSE in seen
            assert len([r for r in server.requests if r.connection < 2]) == 2, "one request each"

    asyncio.run(scenario())


def test_a_black_hole_times_out_and_is_probed_over_new_connections():
    async def scenario():
        server = FaultServer(mute={1})
        async with plain(server, timeout_ns=40 * MS) as bench:
            await bench.until(lambda: bench.status("d").state is DeviceState.OFFLINE)
            assert bench.reason("d.a") is Reason.TIMEOUT
            assert "no answer within 40 ms" in bench.status("d").problem
            await bench.until(lambda: server.connections >= 3)
            assert bench.reason("d.a") is Reason.TIMEOUT
            server.mute.clear()
            await bench.until(lambda: bench.good("d.a"))
            assert bench.status("d").state is DeviceState.ONLINE

    asyncio.run(scenario())


# ------------------------------------------------------------------------------------------------------ the devices


def test_a_dead_device_does_not_starve_its_neighbours():
    async def scenario():
        server = FaultServer(mute={2})
        async with server.serving():
            bench = line(server)
            device(bench, [holding("a", 0)], "alive", unit=1)
            device(bench, [holding(n, 50 * k) for k, n in enumerate("abcdefgh")], "dead", unit=2, max_gap=0)
            async with bench.running():
                await bench.until(lambda: bench.status("dead").state is DeviceState.OFFLINE)
                to_dead = [r for r in server.requests if r.unit == 2]
                assert len(to_dead) == OFFLINE["after"], "one timeout for each cycle, not for each block"
                assert all(bench.reason(f"dead.{n}") is Reason.TIMEOUT for n in "abcdefgh")
                begin = len(server.requests)
                await bench.until(lambda: len([r for r in server.requests[begin:] if r.unit == 2]) >= 3)
                between = [r.unit for r in server.requests[begin:]]
                await bench.until(lambda: bench.good("alive.a"))
                assert between.count(1) > between.count(2)
                assert server.connections == 1, "somebody answers on this connection"
                server.mute.clear()
                await bench.until(lambda: all(bench.good(f"dead.{n}") for n in "abcdefgh"))
                await bench.until(lambda: bench.status("dead").state is DeviceState.ONLINE)

    asyncio.run(scenario())


def test_a_device_that_comes_back_gets_all_its_outputs_again():
    """It may have restarted, while the connection to its gateway never broke."""

    async def scenario():
        server = FaultServer()
        never = {"out": "INT", "refresh_ns": 3600 * 10**9}
        async with server.serving():
            bench = line(server)
            device(bench, [holding("a", 0)], "other", unit=1)
            device(bench, [holding("a", 0), holding("q", 9, **never)], "restarts", unit=2)
            async with bench.running():
                bench.want("restarts.q", 5)
                await bench.until(lambda: server.areas["holding"][9] == 5 and bench.good("restarts.a"))
                server.mute.add(2)
                await bench.until(lambda: bench.status("restarts").state is DeviceState.OFFLINE)
                server.areas["holding"][9] = 0
                server.mute.clear()
                await bench.until(lambda: server.areas["holding"][9] == 5)
                assert server.connections == 1

    asyncio.run(scenario())


def test_a_gateways_word_that_the_device_is_dead_counts_as_silence():
    async def behave(request, link):
        if request.unit != 2:
            return False
        await link.send(request.exception(11))
        return True

    async def scenario():
        server = FaultServer(behave)
        async with server.serving():
            bench = line(server)
            device(bench, [holding("a", 0)], "alive")
            device(bench, [holding("a", 0)], "dead", unit=2)
            async with bench.running():
                await bench.until(lambda: bench.status("dead").state is DeviceState.OFFLINE)
                assert bench.reason("dead.a") is Reason.DEVICE_ERROR
                assert "the device does not answer" in bench.status("dead").problem
                await bench.until(lambda: bench.good("alive.a"))

    asyncio.run(scenario())


def test_an_illegal_address_in_a_gap_costs_no_good_point():
    """0 and 4 are joined over a gap in which the device has no register 2."""

    async def scenario():
        server = FaultServer(holes={("holding", 2)})
        server.areas["holding"][0], server.areas["holding"][4] = 7, 8
        async with plain(server, holding("a", 0), holding("b", 4)) as bench:
            await bench.until(lambda: bench.good("d.a") and bench.good("d.b"))
            assert (bench.value("d.a"), bench.value("d.b")) == (7, 8)
            await bench.until(lambda: bench.status("d").state is DeviceState.ONLINE)
            learned = len(server.requests)
            await bench.until(lambda: len(server.requests) > learned + 10)
            assert {(r.address, r.count) for r in server.requests[learned:]} == {(0, 1), (4, 1)}, "remembered"

    asyncio.run(scenario())


def test_a_point_that_the_device_lacks_is_bad_alone():
    async def scenario():
        server = FaultServer(holes={("holding", 3)})
        points = [holding(f"p{n}", n) for n in range(8)]
        async with plain(server, *points, offline={"after": 2, "probe": 3600 * 1000 * MS}) as bench:
            good = [n for n in range(8) if n != 3]
            await bench.until(lambda: all(bench.good(f"d.p{n}") for n in good))
            assert bench.reason("d.p3") is Reason.DEVICE_ERROR
            assert bench.status("d").state is DeviceState.DEGRADED
            assert bench.status("d").problem == "holding 3: exception 2 (illegal data address)"
            learned = len(server.requests)
            await bench.until(lambda: len(server.requests) > learned + 10)
            assert not [r for r in server.requests[learned:] if r.address <= 3 < r.end], (
                "asked again only after the probe"
            )

    asyncio.run(scenario())


def test_a_block_without_an_answer_does_not_take_the_device_down():
    """Some devices keep silent on addresses they do not have."""

    async def behave(request, link):
        return request.address == 100

    async def scenario():
        server = FaultServer(behave)
        async with plain(
            server, holding("a", 0), holding("silent", 100), holding("c", 200), timeout_ns=150 * MS
        ) as bench:
            await bench.until(lambda: bench.good("d.a") and bench.good("d.c"))
            await bench.until(lambda: bench.reason("d.silent") is Reason.TIMEOUT)
            await bench.until(lambda: len([r for r in server.requests if r.address == 100]) >= 4)
            await bench.until(lambda: bench.good("d.a") and bench.good("d.c"))
            assert bench.status("d").state is DeviceState.DEGRADED
            assert server.connections == 1

    asyncio.run(scenario())


def test_a_block_without_an_answer_is_left_out_for_a_while():
    async def behave(request, link):
        return request.address == 100

    async def scenario():
        server = FaultServer(behave)
        points = [holding("a", 0), holding("silent", 100), holding("c", 200)]
        long_probe = {"after": 3, "probe": 3600 * 1000 * MS}
        async with plain(server, *points, offline=long_probe) as bench:
            await bench.until(lambda: len(server.requests) >= 60)
            assert len([r for r in server.requests if r.address == 100]) == 3
            assert bench.good("d.a")
            assert bench.good("d.c")
            assert bench.reason("d.silent") is Reason.TIMEOUT
            assert bench.status("d").problem == "holding 100: no answer within 150 ms"

    asyncio.run(scenario())


def test_after_a_silent_block_the_next_cycle_begins_behind_it():
    async def behave(request, link):
        return request.address == 100

    async def scenario():
        server = FaultServer(behave)
        points = [holding("a", 0), holding("silent", 100), holding("c", 200)]
        patient = {"after": 1000, "probe": 3600 * 1000 * MS}
        async with plain(server, *points, offline=patient) as bench:
            await bench.until(lambda: bench.good("d.a") and bench.good("d.c"))
            assert [r.address for r in server.requests][:3] == [0, 100, 200]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda r: r.exception(6), Reason.DEVICE_ERROR),
        (lambda r: r.frame(b"\x04" + r.answer[1:]), Reason.BAD_RESPONSE),
        (lambda r: r.frame(unit=9), Reason.BAD_RESPONSE),
        (lambda r: r.frame(r.answer[:1] + b"\x00"), Reason.BAD_RESPONSE),
        (lambda r: r.frame(transaction=r.transaction + 5), Reason.BAD_RESPONSE),
        (lambda r: b"", Reason.TIMEOUT),
    ],
    ids=["busy", "function", "unit", "empty", "transaction", "nothing"],
)
def test_one_bad_answer_is_bad_quality_with_the_right_reason_until_the_next(make, reason):
    faulty = False

    async def behave(request, link):
        if faulty:
            await link.send(make(request))
        return faulty

    async def scenario():
        nonlocal faulty
        server = FaultServer(behave)
        server.areas["holding"][0] = 3
        async with plain(server, timeout_ns=50 * MS, offline={"after": 1000, "probe": 30 * MS}) as bench:
            await bench.until(lambda: bench.good("d.a"))
            read_ns = bench.time_ns("d.a")
            faulty = True
            await bench.until(lambda: bench.reason("d.a") is reason)
            assert not bench.good("d.a")
            assert bench.value("d.a") == 3, "the last value stays, with its time"
            assert bench.time_ns("d.a") >= read_ns
            assert bench.status("d").failures >= 1
            assert bench.status("d").problem.startswith("holding 0: ")
            faulty = False
            await bench.until(lambda: bench.good("d.a"))
            assert server.connections == 1

    asyncio.run(scenario())


def test_a_late_answer_never_becomes_a_value():
    """Every second answer is held back past the timeout, and says 999 when it comes: just before the next one."""
    held = []

    async def behave(request, link):
        if request.number % 2:
            held.append(request.frame(b"\x03\x02" + (999).to_bytes(2, "big")))
            return True
        if held:
            await link.send(held.pop() + request.frame())
            return True
        return False

    async def scenario():
        server = FaultServer(behave)
        server.areas["holding"][0] = 1
        values = set()
        async with plain(server, timeout_ns=20 * MS, offline={"after": 1000, "probe": 30 * MS}) as bench:
            await bench.until(lambda: values.add(bench.value("d.a")) or len(server.requests) >= 30)
            assert values <= {0, 1}
            assert bench.status("d").failures >= 10
            assert server.connections == 1

    asyncio.run(scenario())


def test_a_value_outside_of_the_type_is_bad_and_its_neighbours_are_not():
    async def scenario():
        server = FaultServer()
        server.areas["holding"][0:2] = [300, 5]
        points = [holding("a", 0, wire="INT", into="SINT"), holding("b", 1, wire="INT", into="SINT")]
        async with plain(server, *points) as bench:
            await bench.until(lambda: bench.good("d.b"))
            assert bench.reason("d.a") is Reason.OUT_OF_RANGE
            assert "d.a: what the device sends as INT does not fit SINT" in bench.status("d").problem
            server.areas["holding"][0] = 100
            await bench.until(lambda: bench.good("d.a"))

    asyncio.run(scenario())


# ----------------------------------------------------------------------------------------------------- the schedule


def test_the_period_is_kept_and_missed_polls_are_counted():
    """The clock of this test runs in steps: each request takes 2.5 periods."""
    period_ns = 2 * MS

    async def scenario():
        clock = 0
        starts: list[int] = []
        enough = asyncio.Event()

        async def behave(request, link):
            nonlocal clock
            starts.append(clock)
            if len(starts) == 12:
                enough.set()
            clock += period_ns * 5 // 2
            return False

        server = FaultServer(behave)
        async with server.serving():
            bench = line(server, timeout=20_000 * MS)
            device(bench, [holding("a", 0)], poll=period_ns)
            inputs, outputs = InputBlock(1, lambda: None), OutputBlock(0)

            def now_ns():
                nonlocal clock
                clock += 20_000  # looking at the clock takes time, so waiting ends
                return clock

            driver = DRIVER.open(Connection("line", bench.settings, tuple(bench.devices)), inputs, outputs, now_ns)
            task = asyncio.create_task(driver.run())
            await enough.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            gaps = [round((b - a) / period_ns, 1) for a, b in pairwise(starts[1:])]
            assert set(gaps) == {3.0}, "the next point of the grid"
            assert driver.status[0].skipped_polls >= 2 * 10

    asyncio.run(scenario())


# ------------------------------------------------------------------------------------------------------------ misuse


def test_a_device_without_points_and_a_connection_without_devices_do_no_harm():
    async def scenario():
        server = FaultServer()
        async with server.serving():
            bench = line(server)
            device(bench, [], "empty")
            device(bench, [holding("a", 0)])
            async with bench.running():
                await bench.until(lambda: bench.good("d.a"))
            alone = line(server)
            async with alone.running():
                await alone.until(lambda: server.connections >= 2)

    asyncio.run(scenario())


def test_the_fault_server_itself_is_a_good_server_when_left_alone():
    async def scenario():
        server = FaultServer(as_usual, size=4)
        async with plain(server, holding("a", 3), holding("b", 4)) as bench:
            await bench.until(lambda: bench.good("d.a") and bench.reason("d.b") is Reason.DEVICE_ERROR)

    asyncio.run(scenario())
