"""Make a program on which the executors disagree small enough to be read: `reduce` drops what the disagreement does not
need, again and again, until nothing more can go.

It works on the text, whose form the generator guarantees: a statement stands on lines of its own, what belongs to it is
indented or continues it (ELSE, UNTIL, END_..), and expressions are in parentheses. A candidate that the compiler
rejects is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from iec61131.program import UnknownPath
from tests.differential.agreement import Disagreement
from tests.differential.generator import GeneratedProgram

_CONTINUES = ("ELSIF", "ELSE", "UNTIL", "END_")
_SECTIONS = ("VAR", "TYPE", "FUNCTION", "PROGRAM")

Check = Callable[[GeneratedProgram], object]


def reduce(found: Disagreement, check: Check) -> Disagreement:
    """A disagreement of the same kind on a smaller program."""
    size = len(str(found.program)) + 1
    while len(str(found.program)) < size:
        size = len(str(found.program))
        for candidates in _CANDIDATES:
            found = _exhaust(found, check, candidates)
    return found


Candidates = Callable[[GeneratedProgram], list[GeneratedProgram]]


def _exhaust(found: Disagreement, check: Check, candidates: Candidates) -> Disagreement:
    """Take every candidate that still disagrees; after each, go on at the same position of the new list."""
    options, position = candidates(found.program), 0
    while position < len(options):
        smaller = _disagreement(options[position], check)
        if smaller is not None and smaller.kind == found.kind:
            found, options = smaller, candidates(smaller.program)
        else:
            position += 1
    return found


def _disagreement(program: GeneratedProgram, check: Check) -> Disagreement | None:
    try:
        check(program)
    except Disagreement as disagreement:
        return disagreement
    except UnknownPath:  # what the cycles set is gone, and its name is still used for something else
        return None
    return None


# ---------------------------------------------------------------------------------------------------------- candidates


def _without_optimising(program: GeneratedProgram) -> list[GeneratedProgram]:
    return [replace(program, optimise=0)] if program.optimise else []


def _without_pous(program: GeneratedProgram) -> list[GeneratedProgram]:
    text = program.text
    kinds = "FUNCTION|FUNCTION_BLOCK|INTERFACE|METHOD|PROPERTY|ACTION|GET|SET"
    pous = re.finditer(rf"^({kinds})\b.*?^END_\1\n", text, re.MULTILINE | re.DOTALL)
    return [replace(program, text=text[: pou.start()] + text[pou.end() :]) for pou in pous]


def _without_cycles(program: GeneratedProgram) -> list[GeneratedProgram]:
    cycles = program.cycles
    halves = [cycles[: len(cycles) // 2], cycles[len(cycles) // 2 :]] if len(cycles) > 3 else []
    single = [cycles[:index] + cycles[index + 1 :] for index in range(len(cycles)) if len(cycles) > 1]
    return [replace(program, cycles=fewer) for fewer in (*halves, *single)]


def _without_settings(program: GeneratedProgram) -> list[GeneratedProgram]:
    """Without one variable's settings in all cycles, or without what inputs say."""
    paths = sorted({path for cycle in program.cycles for path, _ in cycle.settings})
    fewer = [
        tuple(replace(c, settings=tuple(s for s in c.settings if s[0] != path)) for c in program.cycles)
        for path in paths
    ]
    if any(cycle.signals for cycle in program.cycles):
        fewer.append(tuple(replace(cycle, signals=()) for cycle in program.cycles))
    return [replace(program, cycles=cycles) for cycles in fewer]


def _without_statements(program: GeneratedProgram) -> list[GeneratedProgram]:
    """Without one statement, declaration or section; or with the body of a compound statement in its place."""
    lines = program.text.split("\n")
    found: list[GeneratedProgram] = []
    for start, line in enumerate(lines):
        if not line.strip() or line.strip().startswith(_CONTINUES):
            continue
        end = _end(lines, start)
        inside = [inner[4:] for inner in lines[start + 1 : end] if inner.startswith(_indent(line) + "    ")]
        choices = [[], inside] if inside and not line.startswith(_SECTIONS) else [[]]
        found += [_with_text(program, "\n".join(lines[:start] + kept + lines[end:])) for kept in choices]
    return found


def _with_text(program: GeneratedProgram, text: str) -> GeneratedProgram:
    """Settings of variables that are gone go with them."""
    names = set(re.findall(r"\w+", text))
    cycles = (replace(c, settings=tuple(s for s in c.settings if s[0].split(".")[1] in names)) for c in program.cycles)
    return replace(program, text=re.sub(r"\n{3,}", "\n\n", text), cycles=tuple(cycles))


def _end(lines: list[str], start: int) -> int:
    """The line after the statement, the CASE arm or the section that begins at `start`."""
    indent = _indent(lines[start])
    if lines[start].endswith(";"):
        return start + 1
    for end in range(start + 1, len(lines)):
        if lines[end].startswith(f"{indent}END_"):
            return end if lines[start].endswith(":") else end + 1
        continues = lines[end].startswith(tuple(indent + word for word in _CONTINUES))
        if not lines[end].startswith(f"{indent}    ") and (not continues or lines[start].endswith(":")):
            return end
    return len(lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _simpler_expressions(program: GeneratedProgram) -> list[GeneratedProgram]:
    """With an operand in the place of its operation, an argument in the place of its call, or a plain value."""
    text = program.text
    found: list[str] = []
    for start, end in _parentheses(text):
        before = re.search(r"\w*$", text[:start])
        name = before[0] if before is not None else ""
        for part in _split(text[start + 1 : end - 1]):
            operand = re.split(":=|=>", part)[-1].strip()
            found.append(text[: start - len(name)] + operand + text[end:])
        found += [text[: start - len(name)] + plain + text[end:] for plain in ("0", "TRUE")]
    return [_with_text(program, simpler) for simpler in found if len(simpler) < len(text)]


_CANDIDATES = (
    _without_optimising,  # first, because whatever comes then is compiled in a third of the time
    _without_pous,
    _without_cycles,
    _without_statements,
    _without_settings,
    _simpler_expressions,
)


def _parentheses(text: str) -> list[tuple[int, int]]:
    """Every balanced pair, the widest first."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    for offset, char in enumerate(text):
        if char == "(":
            opened.append(offset)
        elif char == ")" and opened:
            found.append((opened.pop(), offset + 1))
    return sorted(found, key=lambda pair: pair[0] - pair[1])


_OPERATOR = re.compile(r"[(\[]|[)\]]|, |(?:^-|NOT )| (?:[-+*/=<>]+|AND|OR|XOR|MOD|AND_THEN|OR_ELSE) ")


def _split(inside: str) -> list[str]:
    """The operands or arguments: at commas and operators outside of inner parentheses."""
    parts: list[str] = []
    depth, last = 0, 0
    for match in _OPERATOR.finditer(inside):
        if match[0] in "([":
            depth += 1
        elif match[0] in ")]":
            depth -= 1
        elif depth == 0:
            parts.append(inside[last : match.start()])
            last = match.end()
    return [part for part in (*parts, inside[last:]) if part]
