"""The driver without a device keeps the contract of those that have one."""

from __future__ import annotations

import asyncio
import time

import pytest

from io_drivers.contract import Direction, Reason
from io_drivers.simulated import DRIVER
from io_drivers.simulated.driver import SimulatedDriver
from tests.drivers.harness import MS, Bench


def bench(*points: dict) -> Bench:
    made = Bench(DRIVER, {})
    made.device("sim", {"poll": 2 * MS}, list(points))
    return made


def simulated(b: Bench) -> SimulatedDriver:
    assert isinstance(b.driver, SimulatedDriver)
    return b.driver


def test_outputs_loop_back_and_tests_set_inputs():
    async def scenario():
        b = bench(
            {"name": "q", "wire": "INT", "out": "REAL", "scale": 0.1},
            {"name": "back", "wire": "INT", "into": "REAL", "scale": 0.1, "source": "loop", "of": "q"},
            {"name": "level", "wire": "REAL", "value": 1.25},
        )
        async with b.running():
            await b.until(lambda: b.good("sim.level"))
            assert b.value("sim.level") == 1.25
            b.want("sim.q", 12.34)
            await b.until(lambda: b.value("sim.back") == pytest.approx(12.3))
            assert simulated(b).written["sim.q"] == 123
            simulated(b).set("sim.level", -2.5)
            await b.until(lambda: b.value("sim.level") == -2.5)
            simulated(b).set("sim.level", 1e300)
            await b.until(lambda: b.reason("sim.level") is Reason.OUT_OF_RANGE)
            assert b.value("sim.level") == -2.5
        assert b.reason("sim.level") is Reason.STOPPED

    asyncio.run(scenario())


def test_a_failing_device_is_bad_until_mended_and_then_written_again():
    async def scenario():
        b = bench({"name": "x"}, {"name": "q", "out": "INT", "refresh_ns": 3600 * 10**9})
        async with b.running():
            await b.until(lambda: b.good("sim.x") and "sim.q" in simulated(b).written)
            simulated(b).fail("sim", Reason.TIMEOUT)
            await b.until(lambda: b.reason("sim.x") is Reason.TIMEOUT)
            simulated(b).written.clear()
            simulated(b).fail("sim", None)
            await b.until(lambda: b.good("sim.x") and "sim.q" in simulated(b).written)

    asyncio.run(scenario())


def test_functions_of_time_stay_between_their_ends_and_move():
    async def scenario():
        shape = {"wire": "INT", "low": -50, "high": 50, "period": 40 * MS}
        b = bench(*({"name": kind, "source": kind, **shape} for kind in ("ramp", "sine", "square")))
        seen: dict[str, set[float]] = {f"sim.{kind}": set() for kind in ("ramp", "sine", "square")}

        def look() -> bool:
            for name, values in seen.items():
                if b.good(name):
                    values.add(b.value(name))
            return len(seen["sim.ramp"]) > 5 and len(seen["sim.sine"]) > 5 and len(seen["sim.square"]) == 2

        async with b.running():
            await b.until(look)
        assert all(-50 <= value <= 50 for values in seen.values() for value in values)
        assert seen["sim.square"] == {-50, 50}

    asyncio.run(scenario())


def test_write_now_writes_at_once():
    async def scenario():
        b = bench({"name": "q", "out": "INT"})
        b.open()
        b.want("sim.q", 7)
        await b.driver.write_now(time.monotonic_ns())
        assert simulated(b).written == {"sim.q": 7}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("direction", "wire_type", "point", "keys"),
    [
        (Direction.INPUT, "INT", {}, []),
        (Direction.OUTPUT, "INT", {}, []),
        (Direction.OUTPUT, "INT", {"source": "ramp", "low": 1.0}, ["source", "low"]),
        (Direction.INPUT, "INT", {"source": "loop"}, ["source"]),
        (Direction.INPUT, "INT", {"source": "ramp", "of": "q"}, ["of"]),
        (Direction.INPUT, "STRING", {}, ["type"]),
    ],
)
def test_points_are_checked(direction, wire_type, point, keys):
    assert [f.key for f in DRIVER.check_point({}, direction, wire_type, point)] == keys


def test_wrong_names_are_answered_with_the_right_ones():
    b = bench({"name": "x"})
    b.open()
    with pytest.raises(KeyError, match=r"sim\.y is no constant input; there are: sim\.x"):
        simulated(b).set("sim.y", 1)
    with pytest.raises(KeyError, match="there is no device other"):
        simulated(b).fail("other", None)
    with pytest.raises(ValueError, match="no output point q"):
        bench({"name": "x", "source": "loop", "of": "q"}).open()
