"""What requests may say, as far as it is of use here, by the names of the protocol; what else they say is ignored."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

_Text = Annotated[str, Meta(max_length=4096)]
_Count = Annotated[int, Meta(ge=0, le=1 << 53)]


class Initialize(Struct, rename="camel"):
    lines_start_at1: bool = msgspec.field(default=True, name="linesStartAt1")
    columns_start_at1: bool = msgspec.field(default=True, name="columnsStartAt1")
    path_format: _Text = "path"


class Launch(Struct, rename="camel"):
    """A `recording`, its file, folder or PLC, or the folder of a `project` that is simulated, with the model of a
    `plant`. `sources` is where the files of a recording lie; `cwd` where relative paths begin.
    """

    recording: _Text | None = None
    run: _Count | None = None
    project: _Text | None = None
    plant: _Text | None = None
    sources: _Text | None = None
    state: _Text | None = None
    cwd: _Text | None = None
    stop_on_entry: bool = True


class Source(Struct, rename="camel"):
    name: _Text | None = None
    path: _Text | None = None
    source_reference: _Count | None = None


class SourceBreakpoint(Struct, rename="camel"):
    line: _Count
    condition: _Text | None = None
    hit_condition: _Text | None = None
    log_message: _Text | None = None


class SetBreakpoints(Struct, rename="camel"):
    source: Source
    breakpoints: Annotated[list[SourceBreakpoint], Meta(max_length=1000)] = []


class DataBreakpoint(Struct, rename="camel"):
    data_id: _Text
    access_type: _Text = "write"
    condition: _Text | None = None
    hit_condition: _Text | None = None


class SetDataBreakpoints(Struct, rename="camel"):
    breakpoints: Annotated[list[DataBreakpoint], Meta(max_length=1000)]


class SetExceptionBreakpoints(Struct, rename="camel"):
    filters: Annotated[list[_Text], Meta(max_length=100)] = []


class DataBreakpointInfo(Struct, rename="camel"):
    name: _Text
    variables_reference: _Count = 0
    frame_id: _Count | None = None


class Thread(Struct, rename="camel"):
    thread_id: int = 0


class Granularity(Enum):
    """How far a step goes. There is nothing smaller here than a statement, so that an instruction is one."""

    STATEMENT = "statement"
    LINE = "line"
    INSTRUCTION = "instruction"


class Step(Thread, rename="camel"):
    granularity: Granularity = Granularity.STATEMENT


class StackTrace(Struct, rename="camel"):
    thread_id: int
    start_frame: _Count = 0
    levels: _Count = 0


class Scopes(Struct, rename="camel"):
    frame_id: _Count


class Filter(Enum):
    """Which variables are asked for: elements of arrays, or all others."""

    INDEXED = "indexed"
    NAMED = "named"


class Variables(Struct, rename="camel"):
    variables_reference: _Count
    filter: Filter | None = None
    start: _Count = 0
    count: _Count = 0


class SetVariable(Struct, rename="camel"):
    variables_reference: _Count
    name: _Text
    value: _Text


class Evaluate(Struct, rename="camel"):
    expression: _Text
    frame_id: _Count | None = None
    context: _Text | None = None


class SourceRequest(Struct, rename="camel"):
    source_reference: _Count = 0
    source: Source | None = None


class BreakpointLocations(Struct, rename="camel"):
    source: Source
    line: _Count
    end_line: _Count | None = None


class Nothing(Struct):
    """Whatever it is."""


Arguments = TypeVar("Arguments", bound=Struct)


def read(arguments: dict[str, Any] | None, as_type: type[Arguments]) -> Arguments:
    """Raises msgspec.ValidationError, whose text says what is wrong."""
    return msgspec.convert(arguments or {}, as_type)
