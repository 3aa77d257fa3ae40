"""Source units: files without expectations, which measure what compiles.

A unit may use what other files of its corpus declare. It is compiled alone, and then together with the files it needs:
those that declare a name which its text uses and does not declare itself, and what these need in turn. Of several files
that declare the name, the one in the nearest folder is taken: corpora of whole projects declare the same names in each.
A unit counts as compiled when it has no error of its own then; what is wrong in the others counts with them.

Corpora whose names differ in what is behind the last hyphen only, `pumps-exp` and `pumps-tc3`, are forms of one
library. A form may lack what another has, such as lists of global variables that one tool exports and another does not:
what the own corpus does not declare is looked for in the other forms.

What a file declares and uses is read off its words, not off its tree: files that the compiler cannot read yet declare
something, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iec61131.compiler import check
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile
from iec61131.syntax.tree import PouKind
from tests.conformance import random_run
from tests.conformance.entry import has_configuration, is_sayable, pous
from tests.conformance.inputs import is_readable, sources_of
from tests.conformance.verdict import CaseFailed, Outcome, Status, first_error


@dataclass(frozen=True, slots=True)
class Unit:
    """`needs`: the other files of its corpus to compile with it. `cycles`: of each block, run with random inputs."""

    id: str
    corpus: str
    path: Path
    needs: tuple[Path, ...] = ()
    cycles: int = 0


WHOLE = ".xml"
"""A file of this form may hold a whole project, and its words are not those of a text."""
GRAPHICAL = "(* GRAPHICAL BODY"
"""Stands for a body in a graphical language in structured text that holds the declarations only."""


def run_unit(unit: Unit) -> Outcome:
    own = sources_of(unit.path)
    if any(GRAPHICAL in source.text for source in own):
        return Outcome(Status.MEASURED, "its body is graphical, and only its declarations are here")
    everything = [*own, *_from_elsewhere(unit.needs)]
    alone = _errors(own)
    errors = _errors(everything) if unit.needs else alone
    names = {source.name for source in own}
    if of_own := [error for error in errors if error.span.file.name in names]:
        return Outcome(Status.MEASURED, first_error(of_own))
    if errors:
        return Outcome(Status.MEASURED, f"what it needs: {first_error(errors)}", compiled=True)
    blocks = [pou for pou in pous(own) if pou.kind is not PouKind.PROGRAM and is_sayable(pou)]
    if unit.path.suffix.lower() == WHOLE and has_configuration(own):
        blocks = []  # it runs what the project says
    try:
        for block in blocks:
            random_run.drive(everything, block, unit.cycles)
    except CaseFailed as failed:
        return Outcome(Status.FAILED, failed.reason, compiled=True, alone=not alone)
    ran = bool(blocks) and unit.cycles > 0
    return Outcome(Status.PASSED if ran else Status.MEASURED, compiled=True, alone=not alone)


def _from_elsewhere(needs: Sequence[Path]) -> Iterator[SourceFile]:
    """Files of one name in several folders are not the same."""
    for number, path in enumerate(needs, start=1):
        for source in sources_of(path):
            yield SourceFile(f"{number}/{source.name}", source.text)


def _errors(sources: list[SourceFile]) -> list[Diagnostic]:
    return [finding for finding in check(sources) if finding.is_error]


# ----------------------------------------------------------------------------------------------------- reading a folder


def read_units(folder: Path, cycles: int = 0) -> Iterator[Unit]:
    corpora = sorted(path for path in (folder / "units").glob("*") if path.is_dir())
    declared: dict[Path, Declared] = {}
    for corpus in corpora:
        forms = [corpus, *(other for other in corpora if other != corpus and _library(other) == _library(corpus))]
        for form in forms:
            if form not in declared:
                declared[form] = _declared_where(_files_of(form))
        for path in _files_of(corpus):
            needs = needed_by(path, [declared[form] for form in forms])
            yield Unit(f"{corpus.name}/{path.relative_to(corpus).as_posix()}", corpus.name, path, needs, cycles)


def _library(corpus: Path) -> str:
    return corpus.name.rpartition("-")[0] or corpus.name


@cache
def _files_of(corpus: Path) -> tuple[Path, ...]:
    files = [path for path in sorted(corpus.rglob("*")) if path.is_file() and is_readable(path.name)]
    # X.st is what was made of X: where X itself can be read, that is the unit.
    return tuple(path for path in files if path.suffix != ".st" or path.with_suffix("") not in files)


Declared = dict[str, list[Path]]


def needed_by(path: Path, declared: Sequence[Declared]) -> tuple[Path, ...]:
    """The files that `path` needs, in the order in which they are come upon. What the first of the tables does not have
    is looked for in the next one.
    """
    needed, known = [path], set(_words(path).declared)
    for file in needed:  # grows while it is read
        for name in _words(file).used:
            candidates = next((table[name] for table in declared if name in table), [])
            if name in known or not candidates:
                continue
            chosen = min(candidates, key=lambda other: (_distance(path, other), other))
            if known.isdisjoint(_words(chosen).declared):
                needed.append(chosen)
                known.update(_words(chosen).declared)
    return tuple(needed[1:])


def _declared_where(files: Iterable[Path]) -> Declared:
    found: Declared = {}
    for path in files:
        for name in _words(path).declared:
            found.setdefault(name, []).append(path)
    return found


def _distance(left: Path, right: Path) -> int:
    """Steps from folder to folder."""
    return len(Path(os.path.relpath(right.parent, left.parent)).parts)


# ---------------------------------------------------------------------------------------------------- names in a text


@dataclass(frozen=True, slots=True)
class Words:
    """Names in capitals. `used` also has keywords and local names: they are declared nowhere else."""

    declared: frozenset[str]
    used: tuple[str, ...]


_COMMENT = re.compile(r"\(\*.*?\*\)|/\*.*?\*/|//[^\n]*|'(?:\$.|[^'$\n])*'", re.DOTALL)
_MODIFIERS = r"(?:(?:ABSTRACT|FINAL|PUBLIC|INTERNAL|PRIVATE|PROTECTED)\s+)*"
_POU = re.compile(
    rf"\b(?:FUNCTION|FUNCTION_?BLOCK|CLASS|INTERFACE|PROGRAM)\s+{_MODIFIERS}(\w+)(?!\s+WITH\b)", re.IGNORECASE
)
_TYPES = re.compile(r"\bTYPE\b(.*?)\bEND_TYPE\b", re.DOTALL | re.IGNORECASE)
_INSIDE = re.compile(r"\b(STRUCT|UNION)\b.*?\bEND_\1\b", re.DOTALL | re.IGNORECASE)
_ENUMERATORS = re.compile(r":\s*\(([^()]*)\)")
_LISTS = re.compile(r"\{list_name (\w+)\}")
_GLOBALS = re.compile(r"\bVAR_GLOBAL\b(.*?)\bEND_VAR\b", re.DOTALL | re.IGNORECASE)
_DECLARED = re.compile(r"(\w+(?:\s*,\s*\w+)*)\s*(?:AT\s*%[\w.*]+\s*)?:(?!=)")
_NAME = re.compile(r"[A-Za-z_]\w*")


_IN_XML_DECLARED = re.compile(r"""<(?:\w+:)?(?:pou|dataType)\s[^<>]*?\bname\s*=\s*["'](\w+)["']""")
_IN_XML_USED = re.compile(r"""<(?:\w+:)?(?:derived|block)\s[^<>]*?\b(?:name|typeName)\s*=\s*["'](\w+)["']""")
_PROJECT = re.compile(r"<(?:\w+:)?(?:task|pouInstance)\s")


def _words_of_xml(text: str) -> Words:
    """A file with tasks is a project, and no library for others."""
    declared = (name.upper() for name in _IN_XML_DECLARED.findall(text))
    used = dict.fromkeys(name.upper() for name in _IN_XML_USED.findall(text))
    return Words(frozenset(declared) if not _PROJECT.search(text) else frozenset(), tuple(used))


@cache
def _words(path: Path) -> Words:
    if path.suffix.lower() == WHOLE:
        return _words_of_xml("\n".join(source.text for source in sources_of(path)))
    text = _COMMENT.sub(" ", "\n".join(source.text for source in sources_of(path)))
    types = "\n".join(_INSIDE.sub(" ", body) for body in _TYPES.findall(text))
    declarations = [*_POU.findall(text), *_LISTS.findall(text), *_DECLARED.findall(types), *_ENUMERATORS.findall(types)]
    declarations += [names for body in _GLOBALS.findall(text) for names in _DECLARED.findall(body)]
    declared = frozenset(name.upper() for names in declarations for name in _NAME.findall(names))
    return Words(declared, tuple(dict.fromkeys(name.upper() for name in _NAME.findall(text))))
