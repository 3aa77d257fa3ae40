"""The tank's physics, step by step without a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from io_drivers.modbus.plant import STEP_S
from programs.tank.plant import (
    AREA_M2,
    DRY_LIMIT_S,
    HOT_C,
    INFLOW_MAX_LPS,
    REST_C,
    RIM_M,
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
    pressed = {n for n in range(120) if presses_start(n / 10, pump_has_run=False)}
    assert pressed == {*range(10, 20), *range(60, 70), *range(110, 120)}
    assert not any(presses_start(n / 10, pump_has_run=True) for n in range(120))


def test_the_plant_takes_commands_and_answers():
    plant = Plant()
    for _ in range(200):
        plant.step({"valve": 50.0, "pump": True, "alarm": False, "pump_repair": False}, STEP_S)
    answers = plant.answers()
    assert plant.state.time_s == pytest.approx(2.0)
    assert (answers["pump_running"], answers["start"], answers["stop"]) == (True, False, True)
    assert answers["valve_position"] == pytest.approx(50.0, abs=0.5)
    assert answers["level"] == plant.state.level_m
