"""The tank's physics, step by step without a clock, and the process around it over a real socket."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from io_drivers.modbus.client import Client, Refused, Request, read_request, write_bits_request, write_registers_request
from programs.tank.plant import (
    AREA_M2,
    DRY_LIMIT_S,
    HOT_C,
    INFLOW_MAX_LPS,
    REST_C,
    RIM_M,
    STEP_S,
    SUCTION_LOST_M,
    Inputs,
    Plant,
    State,
    demand_lps,
    presses_start,
    step,
)

PUMP_ON = Inputs(pump=True)


def run(state: State, inputs: Inputs, seconds: float) -> State:
    for _ in range(round(seconds / STEP_S)):
        state = step(state, inputs, STEP_S)
    return state


COARSE_S = 0.05
commands = st.lists(
    st.tuples(st.builds(Inputs, st.floats(-10, 110), st.booleans(), st.booleans()), st.floats(0.0, 30.0)), max_size=8
)


@given(commands, st.floats(0.0, RIM_M))
def test_no_water_is_made_or_lost(program, level_m):
    state = start = State(level_m=level_m)
    for inputs, seconds in program:
        for _ in range(round(seconds / COARSE_S)):
            state = step(state, inputs, COARSE_S)
        stored_l = (state.level_m - start.level_m) * AREA_M2 * 1000
        assert stored_l == pytest.approx(state.supplied_l - state.drawn_l - state.spilled_l, abs=1e-6)
        assert 0.0 <= state.level_m <= RIM_M
        assert 0.0 <= state.valve_percent <= 100.0
        assert REST_C - 0.01 <= state.temperature_c <= HOT_C + 1.0


def test_the_same_commands_give_the_same_plant():
    first, second = (run(State(), Inputs(valve_percent=40.0, pump=True), 60.0) for _ in range(2))
    assert first == second


def test_the_valve_takes_its_time():
    state = run(State(), Inputs(valve_percent=100.0), 2.0)
    assert state.valve_percent == pytest.approx(50.0, abs=0.5)
    assert run(state, Inputs(valve_percent=100.0), 2.1).inflow_lps == INFLOW_MAX_LPS
    assert run(state, Inputs(valve_percent=500.0), 10.0).valve_percent == 100.0


def test_the_pump_delivers_what_the_consumer_wants_once_its_contactor_has_closed():
    assert not run(State(), PUMP_ON, 0.2).running
    state = run(State(), PUMP_ON, 0.5)
    assert state.running
    assert state.outflow_lps == pytest.approx(demand_lps(0.5), rel=0.01)
    assert not step(state, Inputs(), STEP_S).running


def test_the_tank_overflows_at_its_rim_and_the_spill_is_counted():
    state = run(State(level_m=4.9), Inputs(valve_percent=100.0), 10.0)
    assert state.spilling
    assert state.level_m == RIM_M
    assert state.spilled_l > 100.0
    assert not run(state, Inputs(), 10.0).spilling


def test_a_pump_that_runs_dry_heats_up_and_is_damaged_for_good():
    state = State(level_m=SUCTION_LOST_M - 0.01, primed=False)
    short = run(state, PUMP_ON, DRY_LIMIT_S)
    assert not short.damaged
    assert short.outflow_lps == 0.0
    assert short.temperature_c > REST_C + 40
    cooled = run(short, Inputs(), 20.0)
    assert not run(cooled, PUMP_ON, DRY_LIMIT_S).damaged, "the time counts in one go"
    hot = run(run(short, Inputs(), 1.0), PUMP_ON, DRY_LIMIT_S)
    assert hot.damaged, "but a bearing that had no time to cool down counts too"
    broken = run(short, PUMP_ON, 1.0)
    assert broken.damaged
    flooded = run(run(broken, Inputs(valve_percent=100.0), 20.0), Inputs(pump=True), 5.0)
    assert flooded.damaged
    assert not flooded.running
    assert flooded.outflow_lps == 0.0


def test_only_a_pump_that_is_commanded_off_can_be_exchanged():
    broken = State(damaged=True)
    assert step(broken, Inputs(pump=True, repair=True), STEP_S).damaged
    mended = step(broken, Inputs(repair=True), STEP_S)
    assert not mended.damaged
    assert run(mended, PUMP_ON, 1.0).running


def test_the_demand_disturbs_without_end_and_within_bounds():
    values = [demand_lps(n * 0.1) for n in range(4000)]
    assert 24.0 <= min(values) < 26.0
    assert 36.0 < max(values) <= 42.0


def test_a_simple_controller_can_hold_the_level():
    """The numbers of the plant leave room for control: a proportional valve and the pump always on."""
    state = State()
    for _ in range(60_000):
        state = step(state, Inputs(valve_percent=37.5 + 60.0 * (2.5 - state.level_m), pump=True), STEP_S)
        if state.time_s > 60.0:
            assert abs(state.level_m - 2.5) < 0.4


def test_the_operator_presses_start_until_the_pump_has_run():
    assert not presses_start(None, pump_has_run=False)
    pressed = [n / 10 for n in range(120) if presses_start(n / 10, pump_has_run=False)]
    assert [round(t, 1) for t in pressed if t < 1.5] == [1.0, 1.1, 1.2, 1.3, 1.4]
    assert {int(t) for t in pressed} == {1, 6, 11}
    assert not any(presses_start(n / 10, pump_has_run=True) for n in range(120))


def test_registers_show_the_state_and_take_commands():
    plant = Plant(speed=10.0, now_s=0.0)
    coils, discretes, inputs = (plant.unit.areas[a] for a in ("coil", "discrete", "input"))
    plant.unit.areas["holding"][0] = 5000
    coils[0] = 1
    plant.advance(0.2)
    assert plant.state.time_s == pytest.approx(2.0, abs=2 * STEP_S)
    assert inputs[3] == round(plant.state.valve_percent * 100)
    assert discretes[:6] == [0, 1, 1, 0, 0, 0]
    plant.advance(1000.0)
    assert plant.state.time_s <= 2.0 + 10.0 * 10.0 + STEP_S, "a long pause is not made up for"


# ---------------------------------------------------------------------------------------------------------- the process

PLANT = Path(__file__).with_name("plant.py")


class Process:
    """The plant with its standard input held open as a pipe."""

    def __init__(self, *arguments: str, pass_fds: tuple[int, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PLANT), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=pass_fds,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def port(self) -> int:
        assert self.process.stdout is not None
        word, port = self.process.stdout.readline().split()
        assert word == "ready"
        return int(port)


def ask(port: int, *requests: Request, unit: int = 1) -> list[bytes]:
    async def talk() -> list[bytes]:
        client = Client("127.0.0.1", port, 10.0, 10.0, lambda: None, time.monotonic_ns)
        await client.connect()
        try:
            return [(await client.request(unit, request))[0] for request in requests]
        finally:
            client.close()

    return asyncio.run(talk())


def test_a_controller_sees_the_plant_through_modbus():
    with Process("--port", "0", "--speed", "20") as plant:
        port = plant.port()
        ask(port, write_registers_request(0, (10_000).to_bytes(2, "big")), write_bits_request(0, [True, True]))
        while True:
            switches, values, valve, coils = ask(
                port,
                read_request("discrete", 0, 6),
                read_request("input", 0, 10),
                read_request("holding", 0, 1),
                read_request("coil", 0, 3),
            )
            if values[6:8] == (10_000).to_bytes(2, "big"):
                break
        assert switches[0] & 0b001110 == 0b000110, "stop released, pump running, not damaged"
        assert valve == (10_000).to_bytes(2, "big")
        assert coils == b"\x03"
        with pytest.raises(Refused, match="exception 2"):
            ask(port, read_request("input", 9, 2))
        with pytest.raises(Refused, match="exception 11"):
            ask(port, read_request("coil", 0, 1), unit=2)
        ask(port, write_bits_request(2, [True]))
        assert ask(port, read_request("coil", 0, 3)) == [b"\x03"], "the repair coil clears itself"


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "closed stdin"])
def test_the_process_ends_when_told(end):
    with Process("--port", "0") as plant:
        port = plant.port()
        with socket.create_connection(("127.0.0.1", port)):
            if end == "closed stdin":
                assert plant.process.stdin is not None
                plant.process.stdin.close()
                plant.process.stdin = None
            else:
                plant.process.send_signal(signal.Signals[end])
            _, errors = plant.process.communicate(timeout=30)
        assert plant.process.returncode == 0
        assert errors == ""


def test_the_port_number_goes_to_the_ready_descriptor_too():
    reading, writing = os.pipe()
    with Process("--port", "0", "--ready-fd", str(writing), pass_fds=(writing,)) as plant:
        os.close(writing)
        port = plant.port()
        with os.fdopen(reading) as ready:
            assert ready.read() == f"{port}\n"


def test_bad_arguments_and_a_port_in_use_get_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Process("--port", str(port)) as plant:
            _, errors = plant.process.communicate(timeout=30)
            assert plant.process.returncode == 1
            assert errors == f"tank plant: cannot listen on 127.0.0.1:{port}: the port is in use or not permitted\n"
    with Process("--speed", "0") as plant:
        _, errors = plant.process.communicate(timeout=30)
        assert plant.process.returncode == 2
        assert "--speed must be above 0" in errors
