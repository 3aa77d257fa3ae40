"""The water tank that this program controls, as a process of its own: physics, and a Modbus TCP server before it.

    python programs/tank/plant.py --port 5020 [--speed 1] [--ready-fd N]

It prints `ready PORT` when it listens (port 0 takes a free one; `--ready-fd` gets the port number as well) and ends on
SIGTERM, on SIGINT, or when its standard input is a pipe that is closed. What a controller sees, unit 1, the more
significant word first, addresses from 0:

| name           | area     | address | type  | scale | meaning                                                       |
|----------------|----------|---------|-------|-------|---------------------------------------------------------------|
| start          | discrete | 0       | BOOL  |       | start pushbutton, TRUE while pressed                          |
| stop           | discrete | 1       | BOOL  |       | stop pushbutton, normally closed: FALSE while pressed         |
| pump_running   | discrete | 2       | BOOL  |       | contactor feedback, 0.3 s behind the command                  |
| pump_damaged   | discrete | 3       | BOOL  |       | latched: it ran dry for more than 5 s and stands still        |
| low_low        | discrete | 4       | BOOL  |       | float switch, TRUE below 0.30 m                               |
| overflow       | discrete | 5       | BOOL  |       | water spills over the rim                                     |
| inflow         | input    | 0       | INT   | 0.1   | l/s through the inlet valve                                   |
| outflow        | input    | 1       | INT   | 0.1   | l/s through the pump                                          |
| temperature    | input    | 2       | INT   | 0.1   | pump bearing, degrees C                                       |
| valve_position | input    | 3       | UINT  | 0.01  | percent, where the valve is                                   |
| level          | input    | 4       | REAL  |       | m, 0 to 5                                                     |
| demand         | input    | 6       | INT   | 0.1   | l/s that the consumer wants now                               |
| spilled        | input    | 8       | UDINT |       | litres over the rim since the start                           |
| valve          | holding  | 0       | UINT  | 0.01  | percent wanted of the inlet valve, at most 100                |
| pump           | coil     | 0       | BOOL  |       | pump command                                                  |
| alarm          | coil     | 1       | BOOL  |       | horn, without effect on the water                             |
| pump_repair    | coil     | 2       | BOOL  |       | TRUE exchanges a pump that is commanded off; clears itself    |

So that a demonstration runs unattended, an operator presses start for half a second, one second after the first
request of a controller and then every five seconds until the pump has run.

Read `step`: it is all of the physics, a pure function that tests call with whatever time they like. `Plant` connects
it to the registers.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import signal
import stat
import sys
import time
from dataclasses import dataclass, replace

from io_drivers.modbus.server import Server, Unit

AREA_M2 = 0.2  # slender, so that a demonstration of twenty seconds sees the level settle
RIM_M = 5.0
LOW_LOW_M = 0.30
SUCTION_LOST_M = 0.10  # the pump draws air below
SUCTION_BACK_M = 0.15  # and water again above
INFLOW_MAX_LPS = 80.0
VALVE_PERCENT_PER_S = 25.0
CONTACTOR_S = 0.3
DRY_LIMIT_S = 5.0
HOT_C = 120.0  # several dry spells in a row damage the pump as well
DRY_KELVIN_PER_S = 12.0
REST_C, WORKING_C, THERMAL_S = 20.0, 35.0, 10.0
STEP_S = 0.01
LONGEST_CATCH_UP_S = 10.0


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the controller wants."""

    valve_percent: float = 0.0
    pump: bool = False
    repair: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The plant at one moment. Totals in litres since the start."""

    time_s: float = 0.0
    level_m: float = 1.5
    valve_percent: float = 0.0
    commanded_s: float = 0.0  # how long the pump has been commanded on
    running: bool = False
    primed: bool = True  # water stands at the suction
    dry_s: float = 0.0  # how long the pump has been running dry, in one go
    damaged: bool = False
    temperature_c: float = REST_C
    inflow_lps: float = 0.0
    outflow_lps: float = 0.0
    spilling: bool = False
    supplied_l: float = 0.0
    drawn_l: float = 0.0
    spilled_l: float = 0.0


def demand_lps(time_s: float) -> float:
    """What the consumer wants: 30 l/s with a slow swing of a fifth, and a fifth more for 6 s in every 25 s."""
    swing = 0.2 * math.sin(2 * math.pi * time_s / 40.0)
    rush = 0.2 if time_s % 25.0 >= 19.0 else 0.0
    return 30.0 * (1.0 + swing + rush)


def step(state: State, inputs: Inputs, dt_s: float) -> State:
    """The plant `dt_s` later. Pure. Meant for steps well below a second."""
    wanted = min(max(inputs.valve_percent, 0.0), 100.0)
    stroke = VALVE_PERCENT_PER_S * dt_s
    valve = min(max(wanted, state.valve_percent - stroke), state.valve_percent + stroke)

    repaired = inputs.repair and not inputs.pump
    damaged = state.damaged and not repaired
    commanded_s = state.commanded_s + dt_s if inputs.pump else 0.0
    running = commanded_s >= CONTACTOR_S and not damaged
    primed = state.level_m > (SUCTION_LOST_M if state.primed else SUCTION_BACK_M)

    inflow = INFLOW_MAX_LPS * valve / 100.0
    outflow = demand_lps(state.time_s) if running and primed else 0.0
    volume_l = state.level_m * AREA_M2 * 1000.0 + (inflow - outflow) * dt_s
    spill_l = max(0.0, volume_l - RIM_M * AREA_M2 * 1000.0)

    dry_s = state.dry_s + dt_s if running and not primed else 0.0
    if dry_s > 0.0:
        temperature = state.temperature_c + DRY_KELVIN_PER_S * dt_s
    else:
        settled = WORKING_C if running else REST_C
        temperature = settled + (state.temperature_c - settled) * math.exp(-dt_s / THERMAL_S)
    return State(
        time_s=state.time_s + dt_s,
        level_m=(volume_l - spill_l) / (AREA_M2 * 1000.0),
        valve_percent=valve,
        commanded_s=commanded_s,
        running=running,
        primed=primed,
        dry_s=dry_s,
        damaged=damaged or dry_s > DRY_LIMIT_S or temperature > HOT_C,
        temperature_c=temperature,
        inflow_lps=inflow,
        outflow_lps=outflow,
        spilling=spill_l > 0.0,
        supplied_l=state.supplied_l + inflow * dt_s,
        drawn_l=state.drawn_l + outflow * dt_s,
        spilled_l=state.spilled_l + spill_l,
    )


def presses_start(since_first_request_s: float | None, pump_has_run: bool) -> bool:
    """The operator's finger."""
    if since_first_request_s is None or since_first_request_s < 1.0 or pump_has_run:
        return False
    return (since_first_request_s - 1.0) % 5.0 < 0.5


class Plant:
    """The physics behind registers. `advance` may be called as often as anybody likes: the state moves on in steps of
    `STEP_S`.
    """

    def __init__(self, speed: float, now_s: float) -> None:
        self.state = State()
        self.unit = Unit(coils=3, discretes=6, inputs=10, holdings=1, on_read=self._read, on_write=self._written)
        self._speed = speed
        self._behind_s = 0.0
        self._advanced_s = now_s
        self._first_request_s: float | None = None
        self._pump_has_run = False
        self._repair = False

    def advance(self, now_s: float) -> None:
        """Bring physics and registers up to `now_s`. After a pause of the process no more than ten seconds are made
        up for.
        """
        coils, holdings = self.unit.areas["coil"], self.unit.areas["holding"]
        self._behind_s += min(now_s - self._advanced_s, LONGEST_CATCH_UP_S) * self._speed
        self._advanced_s = now_s
        inputs = Inputs(valve_percent=holdings[0] * 0.01, pump=bool(coils[0]), repair=self._repair)
        while self._behind_s >= STEP_S:
            self.state = step(self.state, inputs, STEP_S)
            inputs = replace(inputs, repair=False)
            self._repair = False
            self._behind_s -= STEP_S
        self._pump_has_run = self._pump_has_run or self.state.running
        self._show(now_s)

    def _show(self, now_s: float) -> None:
        """The state into the registers."""
        state, unit = self.state, self.unit
        waited_s = None if self._first_request_s is None else now_s - self._first_request_s
        stop_closed = True
        switches = (
            presses_start(waited_s, self._pump_has_run),
            stop_closed,
            state.running,
            state.damaged,
            state.level_m < LOW_LOW_M,
            state.spilling,
        )
        for address, closed in enumerate(switches):
            unit.set_int("discrete", address, closed)
        unit.set_int("input", 0, round(state.inflow_lps * 10))
        unit.set_int("input", 1, round(state.outflow_lps * 10))
        unit.set_int("input", 2, round(state.temperature_c * 10))
        unit.set_int("input", 3, round(state.valve_percent * 100))
        unit.set_real("input", 4, state.level_m)
        unit.set_int("input", 6, round(demand_lps(state.time_s) * 10))
        unit.set_dint("input", 8, int(state.spilled_l) % 2**32)

    def _read(self, area: str, address: int, count: int) -> None:
        now_s = time.monotonic()
        if self._first_request_s is None:
            self._first_request_s = now_s
        self.advance(now_s)

    def _written(self, area: str, address: int, values: list[int]) -> None:
        coils = self.unit.areas["coil"]
        if area == "coil" and coils[2]:
            coils[2] = 0
            self._repair = True


async def serve(port: int, speed: float, ready_fd: int | None) -> None:
    """Run the plant until one of the ends that the module's text names. Raises OSError when the port cannot be had."""
    plant = Plant(speed, time.monotonic())
    server = Server({1: plant.unit}, port=port)
    await server.start()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if _is_pipe(sys.stdin.fileno()):
        loop.add_reader(sys.stdin.fileno(), _end_of_input, ended)
    print(f"ready {server.port}", flush=True)
    if ready_fd is not None:
        os.write(ready_fd, f"{server.port}\n".encode())
        os.close(ready_fd)
    while not ended.is_set():
        plant.advance(time.monotonic())
        try:
            await asyncio.wait_for(ended.wait(), 0.05)
        except TimeoutError:
            continue
    await server.stop()


def _is_pipe(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _end_of_input(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        ended.set()


def main() -> int:
    parser = argparse.ArgumentParser(description="simulated water tank behind a Modbus TCP server on 127.0.0.1")
    parser.add_argument("--port", type=int, default=5020, help="0 takes a free one (default: 5020)")
    parser.add_argument("--speed", type=float, default=1.0, help="plant seconds per second, up to 100 (default: 1)")
    parser.add_argument("--ready-fd", type=int, help="write the port number to this descriptor when listening")
    arguments = parser.parse_args()
    if not 0.0 < arguments.speed <= 100.0:
        parser.error("--speed must be above 0 and at most 100")
    if not 0 <= arguments.port <= 65_535:
        parser.error("--port must be 0 to 65535")
    try:
        asyncio.run(serve(arguments.port, arguments.speed, arguments.ready_fd))
    except OSError as error:
        print(f"tank plant: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
