"""What the supervisor asks of the engine: files of a build, and the plan to come there, in the build's folder.

The supervisor writes the files, makes the bank, says its place and a new number in the control words, and sends the
engine a signal. The engine answers with that number. Whether its bank is in charge then says how it went.
"""

# msgpack ships no types, and what it unpacks has none until the class below has taken it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgpack
import numpy as np
from msgspec import Struct

from runtime.engine.handover import TABLES, Plan, make_plan
from runtime.service import artifacts

ORDER_FILE = "order.rungo"


class Order(Struct, frozen=True):
    """`tables` of the plan; with `keep_memory` what no table is about stays as it was left in the bank. `in_fault`:
    also from a program that has met a fault.
    """

    tables: dict[str, Any]
    keep_memory: bool
    in_fault: bool = False

    @property
    def plan(self) -> Plan:
        return make_plan(self.tables)


def store(folder: Path, build: int, order: Order) -> None:
    """For the engine of the PLC in `folder`."""
    tables = {name: np.ascontiguousarray(order.tables[name], np.int64).tobytes() for name in TABLES}
    data = cast(bytes, msgpack.packb({"tables": tables, "keep_memory": order.keep_memory, "in_fault": order.in_fault}))
    there = artifacts.folder_of(folder, build)
    there.mkdir(parents=True, exist_ok=True)
    artifacts.write_atomically(there / ORDER_FILE, data)


def load(folder: Path, build: int) -> Order:
    """Raises OSError or ValueError."""
    data = (artifacts.folder_of(folder, build) / ORDER_FILE).read_bytes()
    raw = cast(dict[str, Any], msgpack.unpackb(data))
    tables = {name: np.frombuffer(raw["tables"][name], np.int64).reshape(-1, width) for name, width in TABLES.items()}
    return Order(tables, bool(raw["keep_memory"]), bool(raw["in_fault"]))
