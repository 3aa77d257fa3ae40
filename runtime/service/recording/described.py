"""The program of a recording: all that is needed to run it again, and its sources, for whoever wants to look into it.

What a recording has no use for is left out: who may connect, and with which password. Of the project file there is
where its tasks stand, which a fault says that comes from one, in a text that is blank otherwise.
"""

# msgpack ships no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import re
from hashlib import sha256
from typing import cast

import msgpack
import zstandard
from msgspec import Struct
from msgspec.structs import replace

from iec61131.compiler import CompileOptions, DefaultTask
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile, Span
from runtime.service.bound import Bound
from runtime.service.plant import Plant, options_of
from runtime.service.recording.frames import NotWhole, inflated

_LEVEL = 9
_MOST_BYTES = 1 << 30


class Described(Struct, frozen=True):
    """`options` and `sources` are what the program was compiled from."""

    program: CompiledProgram
    bound: Bound
    options: CompileOptions
    sources: tuple[SourceFile, ...]

    def to_bytes(self) -> bytes:
        o = self.options
        tasks = [(*task[:4], task.span and _place(task.span)) for task in o.default_task]
        options = (o.name, o.dialect, o.optimise, o.drawings, o.area_bytes, o.heap_bytes, o.resource, tasks)
        files = [(file.name, file.text, file.written) for file in self.sources]
        plain = msgpack.packb((self.program.to_bytes(), self.bound.to_bytes(), options, files))
        return zstandard.ZstdCompressor(level=_LEVEL).compress(cast(bytes, plain))

    @classmethod
    def from_bytes(cls, data: bytes) -> Described:
        """The reverse of `to_bytes`. Raises NotWhole, also for what another version of rung has compiled."""
        try:
            compiled, bound, options, files = msgpack.unpackb(inflated(data, _MOST_BYTES))
            *others, tasks = options
            names = ("name", "dialect", "optimise", "drawings", "area_bytes", "heap_bytes", "resource")
            return cls(
                CompiledProgram.from_bytes(compiled),
                Bound.from_bytes(bound),
                CompileOptions(
                    **dict(zip(names, others, strict=True)),
                    default_task=tuple(
                        DefaultTask(name, program, interval_ns, priority, place and _span(*place))
                        for name, program, interval_ns, priority, place in tasks
                    ),
                ),
                tuple(SourceFile(*file) for file in files),
            )
        except (ValueError, TypeError, msgpack.UnpackException) as error:
            raise NotWhole(f"the recording's program cannot be read: {error}") from error


def _place(span: Span) -> tuple[str, str, int, int]:
    return span.file.name, re.sub(r"[^\n]", " ", span.file.shown), span.start, span.end


def _span(name: str, blank: str, start: int, end: int) -> Span:
    return Span(SourceFile(name, blank), start, end)


def described(plant: Plant) -> Described:
    bound = replace(plant.bound, opcua=None)
    return Described(plant.program, bound, options_of(plant.project), plant.project.sources)


def digest_of(data: bytes) -> str:
    """By which recordings name a program."""
    return sha256(data).hexdigest()
