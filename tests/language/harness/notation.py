"""A language test is an ST program with its expectations in `//` comments. This is all there is to the notation.

Findings of the compiler stand at the end of the line that they are about. A file that expects an error is checked and
not run; a file that runs must have exactly the warnings it expects.

    s := 128;   // expect error RUNG0323
    w := i;     // expect warning RUNG0322

or anywhere, where no comment can stand in that line:

    // expect error RUNG0634 in line 12

A program that runs is driven by lines that are read from top to bottom, usually at the end of the file:

    // cycle
    // cycle 3, advance T#1s, set Main.x := 5, set gOn := TRUE

One scan; or three, after both variables are set. The clock moves before each scan, by 10 ms if nothing is said; it
begins at 0, so that the first scan is at T#10ms.

    // input Main.level = GOOD, %IX0.3 = UNCERTAIN OUT_OF_RANGE, Main.a[2] = BAD TIMEOUT, Main.b = BAD NEVER_READ

From here on these variables are filled by inputs: quality and reason (NONE if it is left out), as the latch judges them
before each scan. The last good read is that before the last scan with an input that was not BAD; with NEVER_READ there
was none.

    // expect Main.y = 7, Main.table = [1, 2, 3]
    // expect fault RUNG0902 at "table[i]" from "Get(i := 11)", "fb(x := 1)"
    // expect no fault

What must be so after the last scan. `from` gives the calls that led to a fault, innermost first. A fault that is not
expected fails the test; `no fault` is for tests where that is the point.

    // dialect iec

Compile under the standard's own rules; for the whole file.

    // limit loops 50, depth 5

The loop budget of each scan and the depth of recursion, from here on.

A place in quotes is source text that occurs once in the file; line, column and end of the fault's place must be
exactly those of that text. A value is a literal: `-7`, `16#FF`, `TRUE`, `1.5E-3`, `NaN`, `-INF`, `T#1m30s`,
`D#2024-02-29`, `TOD#12:30:15.5`, `DT#2024-02-29-12:30:00`, an enumerator, or a list for an array.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from iec61131.semantics.options import Dialect
from iec61131.source import SourceFile
from io_drivers.contract import Quality, Reason

DEFAULT_ADVANCE_NS = 10_000_000
_UNIT_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
_FINDING = re.compile(
    r"expect (?P<severity>error|warning) (?P<codes>RUNG\d{4}(?:, RUNG\d{4})*)(?: in line (?P<line>\d+))?"
)
_QUOTED = re.compile(r'"([^"]+)"')


class NotationError(Exception):
    """A test file that does not keep to the notation; says the file and line."""


@dataclass(frozen=True)
class Finding:
    severity: str
    code: str
    line: int


@dataclass(frozen=True)
class Cycle:
    line: int
    count: int
    advance_ns: int
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Expectation:
    line: int
    path: str
    value: str


@dataclass(frozen=True)
class FaultExpectation:
    """`place` and `calls` are (start, end) offsets in the text. `code` None: no fault."""

    line: int
    code: str | None
    place: tuple[int, int] = (0, 0)
    calls: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Input:
    """What the point that fills the variable at `path` says of it."""

    line: int
    path: str
    quality: Quality
    reason: Reason


@dataclass(frozen=True)
class Limit:
    line: int
    loops: int | None
    depth: int | None


Step = Cycle | Expectation | FaultExpectation | Input | Limit


@dataclass
class Script:
    """What a test file expects."""

    file: SourceFile
    dialect: Dialect = "rung"
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        return not any(f.severity == "error" for f in self.findings)


def read(file: SourceFile) -> Script:
    """Raises NotationError, also for a file without any expectation: it could not fail."""
    script = Script(file)
    for number, line in enumerate(file.text.split("\n"), start=1):
        _, comment, words = line.partition("//")
        words = words.strip()
        if not comment:
            continue
        try:
            _read_line(script, number, words)
        except (ValueError, KeyError) as error:
            raise NotationError(f"{file.name}:{number}: {error}: {words}") from error
    expectations = [s for s in script.steps if isinstance(s, Expectation | FaultExpectation)]
    script.findings.sort(key=lambda finding: finding.line)
    if script.runs and not expectations:
        raise NotationError(f"{file.name}: nothing is expected")
    if not script.runs and script.steps:
        raise NotationError(f"{file.name}: a program with errors cannot run")
    return script


def _read_line(script: Script, number: int, words: str) -> None:
    finding = _FINDING.fullmatch(words)
    if finding is not None:
        codes = finding["codes"].split(", ")
        line = int(finding["line"] or number)
        script.findings.extend(Finding(finding["severity"], code, line) for code in codes)
    elif words in ("dialect iec", "dialect rung"):
        script.dialect = "iec" if words == "dialect iec" else "rung"
    elif re.match(r"cycle\b", words):
        script.steps.append(_cycle(number, words))
    elif words == "expect no fault":
        script.steps.append(FaultExpectation(number, None))
    elif words.startswith("expect fault "):
        script.steps.append(_fault(script.file, number, words))
    elif words.startswith("expect "):
        for part in _split(words.removeprefix("expect ")):
            path, equals, value = part.partition(" = ")
            if not equals:
                raise ValueError(f"not of the form PATH = VALUE: {part}")
            script.steps.append(Expectation(number, path.strip(), value.strip()))
    elif words.startswith("input "):
        script.steps.extend(_input(number, part) for part in _split(words.removeprefix("input ")))
    elif words.startswith("limit "):
        limits = dict(part.split() for part in _split(words.removeprefix("limit ")))
        loops, depth = limits.pop("loops", None), limits.pop("depth", None)
        if limits:
            raise ValueError(f"unknown limit {', '.join(limits)}")
        script.steps.append(Limit(number, None if loops is None else int(loops), None if depth is None else int(depth)))


def _cycle(number: int, words: str) -> Cycle:
    first, *rest = _split(words)
    count = int(first.removeprefix("cycle") or 1)
    advance_ns, settings = DEFAULT_ADVANCE_NS, []
    for part in rest:
        verb, _, what = part.partition(" ")
        if verb == "advance":
            advance_ns = duration_ns(what)
        elif verb == "set":
            path, assign, value = what.partition(":=")
            if not assign:
                raise ValueError(f"not of the form PATH := VALUE: {what}")
            settings.append((path.strip(), value.strip()))
        else:
            raise ValueError(f"neither 'advance' nor 'set': {part}")
    return Cycle(number, count, advance_ns, tuple(settings))


def _input(number: int, words: str) -> Input:
    match = re.fullmatch(r"(\S.*) = (\w+)(?: (\w+))?", words)
    if match is None:
        raise ValueError(f"not of the form PATH = QUALITY REASON: {words}")
    return Input(number, match[1], Quality[match[2]], Reason[match[3] or "NONE"])


def _fault(file: SourceFile, number: int, words: str) -> FaultExpectation:
    match = re.fullmatch(r'expect fault (RUNG\d{4}) at ("[^"]+")(?: from ("[^"]+"(?:, "[^"]+")*))?', words)
    if match is None:
        raise ValueError('not of the form: expect fault CODE at "text" from "text", "text"')
    place = _offsets(file, _QUOTED.findall(match[2])[0])
    return FaultExpectation(number, match[1], place, tuple(_offsets(file, t) for t in _QUOTED.findall(match[3] or "")))


def _offsets(file: SourceFile, text: str) -> tuple[int, int]:
    """Where `text` stands in the program; comments of this notation do not count."""
    code = re.sub(r"//[^\n]*", lambda comment: " " * len(comment[0]), file.text)
    if code.count(text) != 1:
        raise ValueError(f"'{text}' occurs {code.count(text)} times in the program, not once")
    start = code.index(text)
    return start, start + len(text)


def _split(words: str) -> list[str]:
    """At commas outside of brackets: `a[1, 2] = 3, b = [1, 2]` has two parts."""
    return [part.strip() for part in re.split(r",(?![^\[]*\])", words)]


def duration_ns(text: str) -> int:
    """`T#1m30s`, `-T#5ms` or `T#-5ms`, in nanoseconds."""
    match = re.fullmatch(r"(-?)L?(?:T|TIME)#(-?)((?:[\d.]+(?:ns|us|ms|s|m|h|d))+)", text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"not a duration: {text}")
    parts = re.findall(r"([\d.]+)(ns|us|ms|s|m|h|d)", match[3], re.IGNORECASE)
    total = int(sum(Decimal(amount) * _UNIT_NS[unit.lower()] for amount, unit in parts))
    return -total if match[1] or match[2] else total


def date_ns(text: str) -> int:
    """`D#2024-02-29`, `TOD#12:30:15.5` or `DT#2024-02-29-12:30:00`, in nanoseconds since 1970 or since midnight."""
    match = re.fullmatch(r"L?(?:D|DATE|TOD|DT)#(\d+-\d+-\d+)?-?(?:(\d+):(\d+):([\d.]+))?", text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"not a date: {text}")
    days = (date.fromisoformat(match[1]) - date(1970, 1, 1)).days if match[1] else 0
    hours, minutes, seconds = (Decimal(part or 0) for part in match.groups()[1:])
    return int((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 10**9)
