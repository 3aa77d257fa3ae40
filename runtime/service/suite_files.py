"""The files of a project that hold tests in the language, and what is wrong with them.

A file of tests is called `test_<name>.st` or `<name>_test.st`, in any letters, and has a TEST_SUITE. It belongs to the
nearest project above it, and is no source of its program, wherever it lies.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from iec61131 import compiler
from iec61131.compiler import CompileOptions, Parsed
from iec61131.diagnostics.catalogue.project import NO_PROJECT_FILE, NO_SOURCES, TOO_LARGE, UNREADABLE
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.semantics.suites import parted
from iec61131.source import SourceFile, Span
from runtime.service.config.load import FILE_NAME
from runtime.service.config.suite_names import has_suite, is_suite_name
from runtime.service.config.text_files import decode_source, read_bytes

MAX_FILE_BYTES = 4 << 20
MAX_FILES = 1000
MAX_VISITED = 20_000
"""Files and folders below one that is searched."""


class SuiteFile(Struct, frozen=True):
    """`source` is called as the project in `folder` would call it."""

    folder: Path
    source: SourceFile

    @property
    def path(self) -> Path:
        return self.folder / self.source.name


def find(path: Path) -> list[SuiteFile]:
    """What `path` means: a file of tests, or all in and below a folder. Raises CompileError when it is neither, or a
    file belongs to no project.
    """
    path = path.parent if path.name == FILE_NAME else path
    if path.is_dir():
        paths = sorted(_below(path))
        if len(paths) > MAX_FILES:
            place = Span(SourceFile(str(path), ""), 0, 0)
            raise CompileError([TOO_LARGE.at(place, what="files of tests", limit=MAX_FILES)])
        found = [_read(each) for each in paths if _folder_of(each) is not None or _has_suite(each)]
        return [each for each in found if has_suite(each.source.text)]
    nowhere = Span(SourceFile(str(path), ""), 0, 0)
    if not path.exists():
        raise CompileError([UNREADABLE.at(nowhere, name=str(path), cause="there is no such file")])
    if not is_suite_name(path.name):
        remedy = "a file of tests is called test_<name>.st or <name>_test.st"
        raise CompileError(
            [NO_SOURCES.at(nowhere, pattern=str(path), cause="its name is none of tests", remedy=remedy)]
        )
    return [_read(path)]


def of_project(folder: Path) -> list[SuiteFile]:
    """Those of the project in `folder` and of no other one below it. Raises CompileError."""
    return [each for each in find(folder) if each.folder == folder]


def _below(folder: Path) -> Iterator[Path]:
    """Files with names of tests, hidden ones left out. Links to folders are not followed."""
    visited = 0
    for here, folders, names in os.walk(folder):
        visited += 1 + len(names)
        if visited > MAX_VISITED:
            place = Span(SourceFile(str(folder), ""), 0, 0)
            raise CompileError([TOO_LARGE.at(place, what="files and folders to look through", limit=MAX_VISITED)])
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here) / name for name in names if is_suite_name(name) and not name.startswith("."))


def _folder_of(path: Path) -> Path | None:
    """That of the nearest project."""
    return next((each for each in path.absolute().parents if (each / FILE_NAME).is_file()), None)


def _has_suite(path: Path) -> bool:
    """Of a file that belongs to no project: without a suite it is nobody's business."""
    try:
        return has_suite(read_bytes(path, path.name, MAX_FILE_BYTES).decode("utf-8", "replace"))
    except (CompileError, FileNotFoundError):
        return False


def _read(path: Path) -> SuiteFile:
    folder = _folder_of(path)
    if folder is None:
        nowhere = Span(SourceFile(str(path), ""), 0, 0)
        raise CompileError([NO_PROJECT_FILE.at(nowhere, name=FILE_NAME, folder=f"{path.parent} or above it")])
    name = path.absolute().relative_to(folder).as_posix()
    try:
        source = decode_source(read_bytes(path, name, MAX_FILE_BYTES), name)
    except FileNotFoundError:  # found a moment ago
        place = Span(SourceFile(name, ""), 0, 0)
        raise CompileError([UNREADABLE.at(place, name=name, cause="it vanished")]) from None
    return SuiteFile(_as_written(path, folder), source)


def _as_written(path: Path, folder: Path) -> Path:
    """The folder in the words in which `path` names it, where it does."""
    return next((each for each in path.parents if each.absolute() == folder), folder)


def parts(tests: Parsed) -> list[Parsed]:
    """The file once for each program that its suites need. What is wrong with its text is said with the first."""
    unit, findings = tests
    made: list[Parsed] = [(part, []) for part in parted(unit)] or [(unit, [])]
    return [(made[0][0], findings), *made[1:]]


def check(folder: Path, sources: Iterable[SourceFile], options: CompileOptions) -> list[Diagnostic]:
    """The findings in the tests of a project, whose `sources` have no errors."""
    try:
        files = of_project(folder)
    except CompileError as error:
        return list(error.diagnostics)
    program = [compiler.parsed(source, options) for source in sources] if files else []
    return [finding for file in files for finding in check_file(program, file.source, options)]


def check_file(program: Sequence[Parsed], tests: SourceFile, options: CompileOptions) -> list[Diagnostic]:
    """Each finding once, whichever of the programs it is found in."""
    found: dict[tuple[str, str, int], Diagnostic] = {}
    for part in parts(compiler.parsed(tests, options)):
        for finding in compiler.check_tests(program, part, options):
            found.setdefault((finding.code.id, finding.span.file.name, finding.span.start), finding)
    return sorted(found.values(), key=lambda each: (each.span.file.name != tests.name, each.span.start))


def quicker(options: CompileOptions) -> CompileOptions:
    """Tests are compiled anew whenever they change: what makes machine code faster takes longer than they do."""
    return replace(options, optimise=1)
