"""What is known of one PLC: which form of its program is active, what was written and forced, since when it runs.

Its operator changes this, in turns (`busy`). Others look at it through `glance`: what they read between two equal
glances may be compared with the model.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.soak.designs import Design, Form
from tests.soak.devices import Device

PLAIN: dict[str, Any] = {
    "Main.Setpoint": 1.5,
    "Main.Dish.A": 11,
    "Main.Dish.B": 2.5,
    "Main.Dish.C": "as new",
    "Main.Dish.D": False,
}
"""Variables that nobody but people write, with their initial values."""
TANK_PLAIN: dict[str, Any] = {"Main.Setpoint": 2.5}


class Plc:
    """`epoch` is that of the service whose PLC this is."""

    def __init__(self, design: Design, seed: int, device: Device | None) -> None:
        self.design, self.name, self.device = design, design.name, device
        self.chance = random.Random(f"{seed}/{design.name}")
        self.form = Form()
        self.digests: dict[Form, str] = {}
        self.written: dict[str, Any] = dict(self.initial)
        self.forces: dict[str, Any] = {}
        self.epoch = 0
        self.io_killed_s: float | None = None
        """Since when its outputs may stand still because nobody is there to write them."""
        self.io_replaced_s: float | None = None
        """Since when its driver ends for another one to begin."""
        self.io_back_s = self.settled_s = 0.0
        """Since when there is another one, and since when its operator lets it alone."""
        self._version = 0
        self._lock = threading.RLock()

    @property
    def initial(self) -> dict[str, Any]:
        return PLAIN if self.design.has_core else TANK_PLAIN

    @property
    def interval_s(self) -> float:
        return self.design.interval_ms / 1000

    @property
    def path(self) -> str:
        return f"/api/plcs/{self.name}"

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While this lasts, and across it, nothing is expected by others."""
        with self._lock:
            self._version += 1
            try:
                yield
            finally:
                self.settled_s = time.monotonic()
                self._version += 1

    @contextmanager
    def io_replaced(self) -> Iterator[None]:
        """While its driver ends and another one begins."""
        self.io_replaced_s = time.monotonic()
        try:
            yield
        finally:
            self.io_back_s, self.io_replaced_s = time.monotonic(), None

    def glance(self) -> int | None:
        """None while it is busy."""
        return None if self._version % 2 else self._version

    def begins_anew(self) -> None:
        """All that is neither forced nor retained has its initial value."""
        self.written = dict(self.initial)

    def expected(self, path: str) -> Any:
        return self.forces.get(path, self.written[path])
