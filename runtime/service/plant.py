"""Composition root: from a project folder to everything the processes of a PLC need, or to diagnostics.

This is where the pure compiler, the project file and the file system meet. Compiled programs are cached by the digest
of everything that went into them, and the objects that large ones consist of by theirs (`assembling`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from iec61131 import compiler
from iec61131.compiler import Workshop
from iec61131.diagnostics.catalogue.project import UNREADABLE
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic, near_name
from iec61131.program import CompiledProgram, UnknownPath
from iec61131.source import SourceFile, Span
from runtime.service import artifacts, binding, resources, signals, suite_files
from runtime.service.bound import Bound
from runtime.service.config import load_project
from runtime.service.config.project import ProjectConfig
from runtime.service.config.sources import MAX_FILE_BYTES
from runtime.service.config.suite_names import has_suite, is_suite_name
from runtime.service.config.text_files import decode_source, read_bytes
from runtime.service.exposure import known_names


class CacheUnusable(OSError):
    """Compiled programs can be neither found nor kept where they should be. The text is for people."""


class Plant(Struct, frozen=True):
    """A PLC ready to be started. `warnings` were found on the way; `cached` says whether the machine code came from the
    cache.
    """

    project: ProjectConfig
    program: CompiledProgram
    bound: Bound
    warnings: tuple[Diagnostic, ...]
    cached: bool


def cache_folder() -> Path:
    """Where compiled programs are kept: below XDG_CACHE_HOME."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rung" / "programs"


def objects_folder() -> Path:
    """Where the parts of large programs are kept."""
    return cache_folder().with_name("objects")


def state_folder() -> Path:
    """Where the PLCs of this user keep their files: RUNG_STATE, or below XDG_STATE_HOME."""
    chosen = os.environ.get("RUNG_STATE")
    return (
        Path(chosen) if chosen else Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "rung"
    )


def options_of(project: ProjectConfig) -> compiler.CompileOptions:
    """What the project file says to the compiler."""
    return compiler.CompileOptions(
        name=project.name,
        dialect=project.dialect,
        drawings=project.drawings,
        area_bytes=binding.area_bytes(project),
        heap_bytes=project.heap_bytes,
        resource=project.resource.name if project.resource is not None else None,
        default_task=tuple(
            compiler.DefaultTask(t.name, t.program, t.interval_ns, t.priority, t.span)
            for t in project.tasks
            if t.program is not None
        ),
    )


def check(folder: Path) -> list[Diagnostic]:
    """Everything that can be found without starting anything, in source order, in tests as well. No machine code is
    made.
    """
    try:
        project = load_project(folder)
    except CompileError as error:
        return list(error.diagnostics)
    try:
        names = resources.names_of(project)
        found = _once(check_program(resources.narrowed(project, name)) for name in names or (None,))
    except CompileError as error:
        return list(error.diagnostics)
    if not any(finding.is_error for finding in found):
        found += suite_files.check(folder, project.sources, options_of(project))
    return found


def check_program(project: ProjectConfig) -> list[Diagnostic]:
    """The same without tests, of a project file that is right."""
    try:
        program, warnings = compiler.outline_program(project.sources, options_of(project))
        bound = binding.bind(project, program)
        return [*warnings, *signals.asked_in_vain(project.sources, program, bound)]
    except CompileError as error:
        return list(error.diagnostics)


def check_sources(paths: Sequence[Path]) -> list[Diagnostic]:
    """Findings in loose source files, compiled together. A file of tests is looked at with its project."""
    try:
        if len(paths) == 1 and is_suite_name(paths[0].name) and has_suite(source(paths[0]).text):
            (tests,) = suite_files.find(paths[0])
            project = load_project(tests.folder)
            program = [compiler.parsed(each, options_of(project)) for each in project.sources]
            return suite_files.check_file(program, tests.source, options_of(project))
        return compiler.check([source(path) for path in paths])
    except CompileError as error:
        return list(error.diagnostics)


def source(path: Path) -> SourceFile:
    """The source file at `path`. Raises CompileError."""
    name = str(path)
    try:
        return decode_source(read_bytes(path, name, MAX_FILE_BYTES), name)
    except FileNotFoundError:
        place = Span(SourceFile(name, ""), 0, 0)
        raise CompileError([UNREADABLE.at(place, name=name, cause="there is no such file")]) from None


def why_no_bool(program: CompiledProgram, path: str) -> str | None:
    """Why `path` is no BOOL variable of the program; None when it is one."""
    try:
        type_ = program.find(path).type
    except UnknownPath as error:
        near = near_name(error.part, known_names(program, error))
        return f"'{error.part[:80]}' is not known" + (f"; did you mean '{near}'?" if near else "")
    return None if type_.base == "BOOL" else f"it is {type_.name or type_.kind}; name a BOOL"


def new_workshop() -> Workshop:
    """A compiler that uses what this machine has: its processors, and the objects that are kept here."""
    from runtime.service.assembling import Assembler  # with LLVM, for which who only wants findings need not wait

    return Workshop(Assembler.of_this_machine(objects_folder()))


def build_all(folder: Path, *, cache: Path | None = None) -> list[Plant]:
    """Every PLC of the project in `folder`: one, or one for each RESOURCE. Raises CompileError or CacheUnusable.

    A warning that several of them have is with the first.
    """
    names = resources.names_of(load_project(folder))
    plants, said = [build(folder, name, cache=cache) for name in names or (None,)], list[Diagnostic]()
    for number, each in enumerate(plants):
        new = _once([said, each.warnings])[len(said) :]
        said += new
        plants[number] = replace(each, warnings=tuple(new))
    return plants


def _once(found: Iterable[Iterable[Diagnostic]]) -> list[Diagnostic]:
    """Findings in one program after the other, those in several of them once."""
    seen: dict[tuple[str, str, int, str], Diagnostic] = {}
    for finding in (each for part in found for each in part):
        seen.setdefault((finding.code.id, finding.span.file.name, finding.span.start, finding.message), finding)
    return list(seen.values())


def build(
    folder: Path, resource: str | None = None, *, cache: Path | None = None, workshop: Workshop | None = None
) -> Plant:
    """Read, compile and bind the project in `folder`. Raises CompileError with all findings, or CacheUnusable.

    `resource` is one of several, see `service.resources`; `workshop` may know an earlier version.
    """
    project = resources.narrowed(load_project(folder), resource)
    try:
        program, warnings, cached = _compile(project, cache, workshop or new_workshop())
    except OSError as error:
        text = f"compiled programs cannot be kept in {cache}: {error.strerror or error}"
        raise CacheUnusable(f"{text}; make it writable, or name another place in XDG_CACHE_HOME") from error
    bound = binding.bind(project, program)
    warnings += signals.asked_in_vain(project.sources, program, bound)
    return Plant(project, program, bound, tuple(warnings), cached)


def _compile(
    project: ProjectConfig, cache: Path | None, workshop: Workshop
) -> tuple[CompiledProgram, list[Diagnostic], bool]:
    options = options_of(project)
    if cache is None:
        return *workshop.compile(project.sources, options), False
    stored = cache / f"{compiler.digest(project.sources, options)}.rungc"
    program = _from_cache(stored)
    if program is not None:
        return program, [], True
    program, warnings = workshop.compile(project.sources, options)
    if not warnings:  # a program with warnings is compiled anew, so that they are seen anew
        cache.mkdir(parents=True, exist_ok=True)
        artifacts.write_atomically(stored, program.to_bytes())
    return program, warnings, False


def _from_cache(stored: Path) -> CompiledProgram | None:
    """The program, or None when it is absent or was damaged, in which case it is compiled anew."""
    try:
        return CompiledProgram.from_bytes(stored.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
