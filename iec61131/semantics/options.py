"""What a person or a project file may say about a compilation, apart from the sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from msgspec import Struct, field

from iec61131.graphical import Drawings
from iec61131.program import DEFAULT_INTERVAL_NS
from iec61131.source import Span

Dialect = Literal["rung", "iec"]

HEAP_BYTES = 64 << 10
HEAP_BYTES_MAX = 16 << 20


class DefaultTask(NamedTuple):
    """A task from outside the sources. `span` is where it was written (in plc.toml), for messages about it."""

    name: str
    program: str
    interval_ns: int = DEFAULT_INTERVAL_NS
    priority: int = 0
    span: Span | None = None


class CompileOptions(Struct, frozen=True):
    """`dialect` "iec" rejects the extensions of the CODESYS family. `drawings` says how the elements of a drawing
    without numbers of their own are ordered: by their places or as they are stored. `area_bytes` gives the least size
    of the areas "I", "Q" and "M".

    `default_task` counts only where the sources declare no CONFIGURATION; when it is empty, every PROGRAM runs in a
    task `main` every 10 ms. `optimise` is LLVM's level, 0 to 3. `heap_bytes` is the memory for __NEW of a program that
    uses it. `resource` is the one to be compiled of a CONFIGURATION that has several.
    """

    name: str = "program"
    dialect: Dialect = "rung"
    drawings: Drawings = "placed"
    area_bytes: Mapping[str, int] = field(default_factory=dict[str, int])
    default_task: tuple[DefaultTask, ...] = ()
    optimise: int = 3
    heap_bytes: int = HEAP_BYTES
    resource: str | None = None
