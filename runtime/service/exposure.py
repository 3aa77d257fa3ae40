"""Which variables clients see, and which of them they may write: the patterns of `[opcua]` against the variables of
the program, and what the program itself names in VAR_ACCESS.

A pattern is the path of a variable, in any case, with `*` for any characters: `Main.Level`, `Main.*` (everything in
Main and below), `*.Alarm`. What is exposed are single values, and arrays of single values as one variable each;
structs, blocks and arrays of these by their members. The variables of a large program are not all listed for a few
patterns: the walk goes only where one of them can lead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from iec61131.diagnostics.catalogue.project import EXPOSES_NOTHING, NEVER_WRITABLE, NOT_EXPOSED, TOO_LARGE
from iec61131.program import CompiledProgram, DataType, Target, UnknownPath, Variable
from runtime.service.bound import Exposed
from runtime.service.config.findings import Findings
from runtime.service.config.project import OpcUaConfig
from runtime.service.config.toml_spans import Document

MAX_EXPOSED = 100_000
_EXPOSE, _WRITABLE = ("opcua", "expose"), ("opcua", "writable")


class BoundInput(Struct, frozen=True):
    """What an input point writes: `point` its name, `start` and `end` in bits of the program's memory."""

    point: str
    channel: int
    start: int
    end: int


def expose(
    opcua: OpcUaConfig, document: Document, program: CompiledProgram, inputs: Sequence[BoundInput], findings: Findings
) -> tuple[Exposed, ...]:
    """The exposed variables in the order of the patterns that name them first, below one in the order of memory.

    `inputs` do not overlap.
    """
    patterns = _Patterns([*opcua.expose, *_all_of(program.accesses)])
    found: list[tuple[int, Target]] = []
    used: set[int] = set()
    for target in _walk(program, patterns):
        matching = patterns.matching(target.path)
        if not matching:
            continue
        used.update(matching)
        found.append((min(matching), target))
        if len(found) > MAX_EXPOSED:
            place = document.value((*_EXPOSE, matching[0]))
            findings.add(TOO_LARGE.at(place, what="exposed variables", limit=MAX_EXPOSED))
            return ()
    targets = [target for _, target in sorted(found, key=lambda pair: pair[0])]
    for number, text in enumerate(opcua.expose):
        if number not in used and text not in opcua.elsewhere:
            _report_nothing(document, number, text, program, findings)
    table = _InputTable(inputs)
    writable = _writable(opcua, document, program.accesses, targets, table, findings)
    return tuple(_exposed(target, target.path in writable, table.first(target)) for target in targets)


def _exposed(target: Target, writable: bool, source: BoundInput | None) -> Exposed:
    return Exposed(target, writable, source.channel if source is not None else -1)


def _all_of(accesses: Iterable[Variable]) -> list[str]:
    """Patterns for access paths and all that is in them."""
    return [text for access in accesses for text in (access.path, f"{access.path}.*", f"{access.path}[*")]


def _writable(
    opcua: OpcUaConfig,
    document: Document,
    accesses: Sequence[Variable],
    targets: Sequence[Target],
    table: _InputTable,
    findings: Findings,
) -> set[str]:
    """The paths of exposed variables that clients may write."""
    patterns = _Patterns([*opcua.writable, *_all_of(access for access in accesses if not access.constant)])
    matched: dict[int, list[Target]] = {}
    for target in targets:
        for number in patterns.matching(target.path):
            matched.setdefault(number, []).append(target)
    by_access = range(len(opcua.writable), len(opcua.writable) + 3 * len(accesses))
    allowed = {t.path for n in by_access for t in matched.get(n, ()) if _why_never(t, table) is None}
    for number, text in enumerate(opcua.writable):
        place = document.value((*_WRITABLE, number))
        if number not in matched and text in opcua.elsewhere:
            continue
        if number not in matched:
            finding = NOT_EXPOSED.at(place, pattern=text)
            findings.add_near(finding, text, (target.path for target in targets))
            continue
        reasons = [(target, _why_never(target, table)) for target in matched[number]]
        allowed.update(target.path for target, why in reasons if why is None)
        (_, why), *others = reasons
        if why is not None and all(other is not None for _, other in others):
            if others:
                why = "all that it matches is constant or written by a device", "remove it from writable"
            findings.add(NEVER_WRITABLE.at(place, path=text, cause=why[0], remedy=why[1]))
    return allowed


def _why_never(target: Target, table: _InputTable) -> tuple[str, str] | None:
    """Cause and remedy when clients can never write a variable."""
    if target.constant:
        return "it is constant", "remove it from writable, or declare it without CONSTANT"
    source = table.first(target)
    if source is None:
        return None
    return f"the point '{source.point}' writes it before each scan", "remove it from writable"


def _report_nothing(document: Document, number: int, text: str, program: CompiledProgram, findings: Findings) -> None:
    cause, remedy, part = "", "check the spelling; patterns begin at a global variable or a program", text
    known: list[str] = []
    if text.startswith("%"):
        cause, remedy = ": addresses are not exposed", f"declare a variable AT {text} and name that"
    elif "*" not in text:
        try:
            type_ = program.find(text).type
            if type_.members or type_.kind == "array":
                cause, remedy = f", it is {type_.name or type_.kind}", f'write "{text}.*" for all that is in it'
                if type_.kind == "array":
                    remedy = f'write "{text}*" for all that is in it'
            else:
                cause, remedy = ", it is part of one", "name the whole variable or array"
        except UnknownPath as error:
            part, known = error.part, known_names(program, error)
    place = document.value((*_EXPOSE, number))
    findings.add_near(EXPOSES_NOTHING.at(place, pattern=text, cause=cause, remedy=remedy), part, known)


def known_names(program: CompiledProgram, error: UnknownPath) -> list[str]:
    """What could have stood at the place of a path that failed: members, and located variables, which are roots such
    as `Main.Start`."""
    before = error.path[: error.path.upper().find(error.part.upper())].upper()
    roots = (v.path[len(before) :] for v in program.variables if v.path.upper().startswith(before))
    return [*error.known, *(root for root in roots if "." not in root)]


class _InputTable:
    """Finds the input that writes a part of a variable."""

    def __init__(self, inputs: Iterable[BoundInput]) -> None:
        self._rows = sorted(inputs, key=lambda row: row.start)
        self._starts = [row.start for row in self._rows]

    def first(self, target: Target) -> BoundInput | None:
        start, end = target.bits
        at = bisect_right(self._starts, start)
        if at and self._rows[at - 1].end > start:
            return self._rows[at - 1]
        return self._rows[at] if at < len(self._rows) and self._rows[at].start < end else None


# ------------------------------------------------------------------------------------------------------------- patterns


class _Patterns:
    """The patterns of one list, by their number."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._exact: dict[str, list[int]] = {}
        self._ways: set[str] = set()
        """Every path on the way to an exact one."""
        self._wild: list[tuple[int, list[str]]] = []
        """Number and the pieces between the stars."""
        for number, text in enumerate(texts):
            key = _key(text)
            if "*" in key:
                self._wild.append((number, key.split("*")))
            else:
                self._exact.setdefault(key, []).append(number)
                self._ways.update(key[:end] for end, char in enumerate(key) if char in ".[")

    def lead_into(self, path: str) -> bool:
        """Whether a variable below `path` could match."""
        key = _key(path)
        if key in self._ways:
            return True
        return any(key.startswith(pieces[0]) or pieces[0].startswith(key) for _, pieces in self._wild)

    def matching(self, path: str) -> list[int]:
        """The numbers of the patterns that match."""
        key = _key(path)
        found = [number for number, pieces in self._wild if _matches(key, pieces)]
        return [*found, *self._exact.get(key, ())]


def _key(text: str) -> str:
    return text.upper().replace(" ", "")


def _matches(key: str, pieces: Sequence[str]) -> bool:
    """Whether `key` is the first piece, anything, the next, and so on. Linear, whatever the pattern, which a regular
    expression is not."""
    first, *middle, last = pieces
    if len(key) < len(first) + len(last) or not key.startswith(first) or not key.endswith(last):
        return False
    at, end = len(first), len(key) - len(last)
    for piece in middle:
        found = key.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


# ----------------------------------------------------------------------------------------------------------------- walk


def _walk(program: CompiledProgram, patterns: _Patterns) -> Iterator[Target]:
    """What could be exposed, in the order of memory, where `patterns` can lead."""
    for root in (*program.variables, *program.accesses):
        target = Target(root.path, program.types[root.type], root.offset, root.bit, root.constant, root.section)
        yield from _below(program, target, patterns)


def _below(program: CompiledProgram, target: Target, patterns: _Patterns) -> Iterator[Target]:
    type_ = target.type
    if type_.is_single or _is_flat_array(program, type_):
        yield target
    elif patterns.lead_into(target.path):
        for path, inner, offset, constant in _parts(program, target):
            below = Target(path, inner, target.offset + offset, None, target.constant or constant, target.section)
            yield from _below(program, below, patterns)


def _is_flat_array(program: CompiledProgram, type_: DataType) -> bool:
    return type_.kind == "array" and program.types[type_.element].is_single


def _parts(program: CompiledProgram, target: Target) -> Iterator[tuple[str, DataType, int, bool]]:
    """Members or elements: path, type, offset, constant."""
    type_ = target.type
    for member in type_.members:
        if not member.is_hidden:
            yield f"{target.path}.{member.name}", program.types[member.type], member.offset, member.constant
    if type_.kind == "array":
        element = program.types[type_.element]
        for number, text in enumerate(_indices(type_.ranges)):
            yield f"{target.path}[{text}]", element, number * element.size, False


def _indices(ranges: Sequence[tuple[int, int]]) -> Iterator[str]:
    """`1, 1`, `1, 2`, ... in the order of memory; one at a time, since nobody may want them all."""
    low, high = ranges[0]
    for index in range(low, high + 1):
        if len(ranges) == 1:
            yield str(index)
        else:
            yield from (f"{index}, {rest}" for rest in _indices(ranges[1:]))
