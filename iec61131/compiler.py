"""The stages in their order: the only file that knows it.

    check            all findings, no machine code
    parsed, analyse  the same in two steps, with what every name means: for editors, which parse one file anew
    build_model      sources -> typed model and memory layout
    outline_program  sources -> CompiledProgram without its machine code
    compile_program  sources -> CompiledProgram
    Workshop         the same for one version after the other, quicker
    resources_of     the RESOURCEs that are programs of their own
    digest           what a compiled program is known by

Pure: sources are handed in as text, the program is handed out as data. The compiler's own files are read only to make
the digest. The code generator is imported where it is used: who only wants findings need not wait for LLVM.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.declarations import START_FAULT
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.input_forms import parse
from iec61131.program import FORMAT, CompiledProgram, Task
from iec61131.semantics import legality, resources, suites
from iec61131.semantics.alike import FileChanges, file_changes
from iec61131.semantics.asked import asked, copied
from iec61131.semantics.echoes import without_echoes
from iec61131.semantics.layout import MemoryLayout, layout
from iec61131.semantics.model import Model, Pou, Statement, Storage
from iec61131.semantics.options import CompileOptions, DefaultTask
from iec61131.semantics.resolve import Standing, Understood, resolve, understand
from iec61131.semantics.suites import is_of_suite
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree

if TYPE_CHECKING:
    from iec61131 import codegen

__all__ = [
    "Analysis",
    "Assembler",
    "CompileOptions",
    "DefaultTask",
    "Parsed",
    "TestProgram",
    "Workshop",
    "analyse",
    "analyse_tests",
    "build_model",
    "build_understood",
    "check",
    "check_tests",
    "compile_program",
    "compile_tests",
    "digest",
    "hard_at_work",
    "outline_program",
    "parsed",
    "resources_of",
]


def check(sources: Sequence[SourceFile], options: CompileOptions | None = None) -> list[Diagnostic]:
    """All findings in source order."""
    options = options or CompileOptions()
    model, found = _analyse(sources, options)
    if model is None or model.start is None:
        return found
    with hard_at_work():
        fault = _start(model, layout(model, options))[1]
    return [*found, fault] if fault is not None else found


Parsed = tuple[tree.Unit, list[Diagnostic]]
"""A file's tree, and what is wrong with its text."""


class Analysis(Struct, frozen=True):
    """All that is known about sources, sound or not. `findings` in source order."""

    units: tuple[tree.Unit, ...]
    findings: list[Diagnostic]
    understood: Understood


def parsed(file: SourceFile, options: CompileOptions | None = None) -> Parsed:
    with hard_at_work():
        return parse(file, (options or CompileOptions()).drawings)


def resources_of(
    sources: Sequence[SourceFile], options: CompileOptions | None = None
) -> tuple[tree.ResourceDeclaration, ...]:
    """The RESOURCEs of a CONFIGURATION that has several; each is compiled as a program of its own, which
    `CompileOptions.resource` names. Empty for all other sources.
    """
    if sum(len(_RESOURCE.findall(file.text)) for file in sources) < 2:
        return ()
    found = resources.declared(parsed(file, options)[0] for file in sources)
    return found if len(found) > 1 else ()


_RESOURCE = re.compile(r"\bresource\b", re.IGNORECASE)


def analyse(files: Sequence[Parsed], options: CompileOptions | None = None) -> Analysis:
    """The findings of `check` about files that are parsed already, and what every name in them means."""
    units = tuple(unit for unit, _ in files)
    with hard_at_work():
        understood = understand(units, options)
    return Analysis(units, _with_syntax([unit.file for unit in units], files, understood.findings), understood)


def build_model(
    sources: Sequence[SourceFile], options: CompileOptions | None = None
) -> tuple[Model, MemoryLayout, list[Diagnostic]]:
    """The typed model, laid out in memory, and the warnings. Raises CompileError."""
    options = options or CompileOptions()
    model, found = _analyse(sources, options)
    if model is None:
        raise CompileError(found)
    return model, *_placed(model, options, found)


def build_understood(
    sources: Sequence[SourceFile], options: CompileOptions | None = None
) -> tuple[Understood, Model, MemoryLayout]:
    """As `build_model`, for whoever asks what a name means at a place in the model. Raises CompileError."""
    options = options or CompileOptions()
    analysis = analyse([parsed(file, options) for file in sources], options)
    model = analysis.understood.model
    if model is None or any(finding.is_error for finding in analysis.findings):
        raise CompileError(analysis.findings)
    return analysis.understood, model, _placed(model, options, analysis.findings)[0]


def _placed(
    model: Model, options: CompileOptions, found: list[Diagnostic], known: Iterable[Pou] = ()
) -> tuple[MemoryLayout, list[Diagnostic]]:
    """The memory of a program and what was found; `known` were placed before. Raises CompileError."""
    with hard_at_work():
        memory = layout(model, options)
        legality.check(model, frozenset(known))
        initial, fault = _start(model, memory) if model.start is not None else (memory.initial, None)
    if fault is not None:
        raise CompileError([*found, fault])
    return replace(memory, initial=initial), found


START_LOOPS = 1_000_000
"""Turns of loops that a program may take before its first scan: they run in the interpreter."""


def _start(model: Model, memory: MemoryLayout) -> tuple[bytes, Diagnostic | None]:
    """The block after everything that has to run before the first scan, and the fault that ended that."""
    from iec61131.interpreter import Interpreter

    block = bytearray(memory.initial)
    fault = Interpreter(model, memory).start(block, START_LOOPS)
    if fault is None:
        return bytes(block), None
    what = fault.code.name.lower().replace("_", " ")
    return bytes(block), START_FAULT.at(fault.span, fault=what)


Assembler = Callable[[Sequence[str], int], Sequence[bytes]]
"""Makes an object of each module of LLVM IR, at an optimisation level, as `jit.compile_objects` does."""


def compile_program(
    sources: Sequence[SourceFile], options: CompileOptions | None = None, assemble: Assembler | None = None
) -> tuple[CompiledProgram, list[Diagnostic]]:
    """The program for this machine, and the warnings. Raises CompileError.

    Without `assemble`, one module is compiled after the other here. It may do so elsewhere, or find objects again, and
    is part of no digest.
    """
    return Workshop(assemble).compile(sources, options)


class Workshop:
    """Compiles versions of one program, one after the other: what has not changed since the last one is used again.

    What comes out is the same as from `compile_program`. A change of bodies alone costs little more than these bodies;
    after any other change, only modules of LLVM IR that are as they were are spared.
    """

    def __init__(self, assemble: Assembler | None = None) -> None:
        self._assemble = assemble
        self._said: object = None
        self._parsed: list[Parsed] = []
        self._standing: Standing | None = None
        self._generator: codegen.Generator | None = None
        self._objects: dict[str, bytes] = {}
        self._sound: dict[Pou, tuple[Statement, ...]] = {}

    def compile(
        self, sources: Sequence[SourceFile], options: CompileOptions | None = None
    ) -> tuple[CompiledProgram, list[Diagnostic]]:
        """The program for this machine, and the warnings. Raises CompileError; the version after that is understood
        anew.
        """
        from iec61131 import codegen, jit

        options = options or CompileOptions()
        with hard_at_work():
            model, warnings = self._understand(sources, options)
        known = [pou for pou in model.pous if self._sound.get(pou) is pou.body]
        memory, warnings = _placed(model, options, warnings, known)
        self._sound = {pou: pou.body for pou in model.pous}
        with hard_at_work():
            if self._generator is None:
                self._generator = codegen.Generator(optimised=options.optimise > 0)
            lowered = self._generator.lower(model, memory)
        missing = [module for module in lowered.modules if module not in self._objects]
        made = (self._assemble or jit.compile_objects)(missing, options.optimise)
        self._objects |= zip(missing, made, strict=True)
        self._objects = {module: self._objects[module] for module in lowered.modules}
        program = replace(
            _outline(options, model, memory),
            digest=digest(sources, options),
            source_digests={file.name: file.digest for file in sources},
            target=jit.target(),
            objects=tuple(self._objects[module] for module in lowered.modules),
            tasks=_tasks(model, memory, lowered.symbols),
            sites=lowered.sites,
            stack_bytes=lowered.stack_bytes,
        )
        return program, warnings

    def _understand(self, sources: Sequence[SourceFile], options: CompileOptions) -> tuple[Model, list[Diagnostic]]:
        said = _said(options)
        if said != self._said:
            self._said, self._parsed, self._standing, self._objects = said, [], None, {}
        known = {(unit.file.name, unit.file.shown): (unit, findings) for unit, findings in self._parsed}
        parsed = [known.get((file.name, file.shown)) or parse(file, options.drawings) for file in sources]
        if self._standing is None or not self._follow(self._standing, parsed):
            self._standing = Standing([unit for unit, _ in parsed], options)
            self._generator, self._sound = None, {}  # they know POUs that are gone
        self._parsed = parsed
        files = [unit.file for unit, _ in parsed]
        found = _with_syntax(files, parsed, self._standing.findings)
        model = self._standing.model
        if model is None or any(finding.is_error for finding in found):
            self._standing = None
            raise CompileError(found)
        return model, found

    def _follow(self, standing: Standing, parsed: Sequence[Parsed]) -> bool:
        """Whether `standing` could take in what is new in these files."""
        if [unit.file.name for unit, _ in parsed] != [unit.file.name for unit, _ in self._parsed]:
            return False
        changes: list[FileChanges] = []
        for (old, old_findings), (new, new_findings) in zip(self._parsed, parsed, strict=True):
            if old is not new:
                change = file_changes(old, new) if not old_findings and not new_findings else None
                if change is None:
                    return False
                changes.append(change)
        return standing.follow(changes)


def _said(options: CompileOptions) -> object:
    """The options, to be compared: a project file that is read again says the same at the same places."""
    tasks = [
        (*task[:4], task.span and (task.span.file.name, task.span.file.digest, task.span.start, task.span.end))
        for task in options.default_task
    ]
    return replace(options, default_task=()), tasks


def outline_program(
    sources: Sequence[SourceFile], options: CompileOptions | None = None
) -> tuple[CompiledProgram, list[Diagnostic]]:
    """The program as others see it, to be looked at and not to be run: without machine code, symbols and digests.

    Raises CompileError.
    """
    options = options or CompileOptions()
    model, memory, warnings = build_model(sources, options)
    return _outline(options, model, memory), warnings


def _outline(options: CompileOptions, model: Model, memory: MemoryLayout) -> CompiledProgram:
    questions = asked(model)
    return CompiledProgram(
        name=options.name,
        digest="",
        target="",
        objects=(),
        initial=memory.initial,
        sections=memory.sections,
        types=memory.types,
        variables=memory.variables,
        retained=memory.retained,
        tasks=_tasks(model, memory, [""] * len(model.tasks)),
        sites={},
        stack_bytes=0,
        source_digests={},
        accesses=memory.accesses,
        asked=questions,
        copied=copied(model) if questions else (),
        task_table=memory.task_table,
        shared=tuple(sorted(variable.name for variable in model.shared if variable.storage is Storage.MEMORY)),
    )


def _tasks(model: Model, memory: MemoryLayout, symbols: Sequence[str]) -> tuple[Task, ...]:
    return tuple(
        Task(task.name, task.interval_ns, task.priority, symbol, event)
        for task, symbol, event in zip(model.tasks, symbols, memory.events, strict=True)
    )


def _analyse(sources: Sequence[SourceFile], options: CompileOptions) -> tuple[Model | None, list[Diagnostic]]:
    """Every finding about grammar and meaning, in source order; the model when none of them is an error."""
    with hard_at_work():
        parsed = [parse(file, options.drawings) for file in sources]
        model, found = resolve([unit for unit, _ in parsed], options)
    findings = _with_syntax([unit.file for unit, _ in parsed], parsed, found)
    return (None if any(finding.is_error for finding in findings) else model), findings


def _with_syntax(sources: Sequence[SourceFile], parsed: Sequence[Parsed], found: list[Diagnostic]) -> list[Diagnostic]:
    """All findings about meaning and those about grammar, without echoes."""
    units = [unit for unit, _ in parsed]
    syntax = [finding for _, findings in parsed for finding in findings]
    return _in_source_order(sources, [*syntax, *without_echoes(syntax, found, units)])


def _in_source_order(sources: Sequence[SourceFile], findings: list[Diagnostic]) -> list[Diagnostic]:
    numbers = {file: number for number, file in enumerate(sources)}
    return sorted(findings, key=lambda d: (numbers.get(d.span.file, len(numbers)), d.span.start, d.span.end))


@contextmanager
def hard_at_work() -> Generator[None]:
    """Room for trees as deep as the parser lets them be: 200 levels, with several calls to a level.

    The garbage collector is off meanwhile: trees of a million nodes that all stay alive are gone through again and
    again for nothing, a third of the time of the whole compilation. A call from Python to Python takes no native
    stack (since 3.11), so the limit can be raised without risk.
    """
    before = sys.getrecursionlimit()
    collects = gc.isenabled()
    gc.disable()
    sys.setrecursionlimit(max(before, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
        if collects:
            gc.enable()


# ---------------------------------------------------------------------------------------------------------------- tests


class TestProgram(Struct, frozen=True):
    """A program with a file of tests: what the tasks run is compiled, what the suites say is in `model`."""

    __test__ = False  # nothing for pytest

    program: CompiledProgram
    model: Model
    memory: MemoryLayout
    warnings: list[Diagnostic]


def analyse_tests(program: Sequence[Parsed], tests: Parsed, options: CompileOptions) -> Analysis:
    """As `analyse`, of a program with all of a file of tests at once, its mocks in their places: of several that stand
    in for one thing, the first. The findings are those in the file, each suite with its own mocks.
    """
    files = [*program, tests]
    found: dict[tuple[str, Span], Diagnostic] = {}
    for part in suites.parted(tests[0]) or [tests[0]]:
        for finding in check_tests(program, (part, tests[1]), options):
            if finding.span.file is tests[0].file:
                found.setdefault((finding.code.id, finding.span), finding)
    with hard_at_work():
        units, _ = suites.lowered([unit for unit, _ in files])
        understood = understand(units, replace(options, dialect="rung"))
    return Analysis(
        tuple(unit for unit, _ in files), _in_source_order([tests[0].file], list(found.values())), understood
    )


def check_tests(program: Sequence[Parsed], tests: Parsed, options: CompileOptions) -> list[Diagnostic]:
    """The findings in a file of tests, and in the program the errors that only its mocks bring about."""
    return _test_analysis(program, tests, options)[1]


def compile_tests(
    program: Sequence[Parsed], tests: Parsed, options: CompileOptions, assemble: Assembler | None = None
) -> TestProgram:
    """The sources of a program, which is sound, together with a file of tests. Raises CompileError."""
    from iec61131 import codegen, jit

    model, found = _test_analysis(program, tests, options)
    if model is None:
        raise CompileError(found)
    of_suites = [pou for pou in model.pous if is_of_suite(pou.name)]
    memory, warnings = _placed(model, options, found, of_suites)  # what only they hold is known to no executor but one
    run_by_tasks = replace(model, pous=tuple(pou for pou in model.pous if pou not in of_suites))
    with hard_at_work():
        lowered = codegen.Generator(optimised=options.optimise > 0).lower(run_by_tasks, memory)
    made = replace(
        _outline(options, model, memory),
        target=jit.target(),
        objects=tuple((assemble or jit.compile_objects)(lowered.modules, options.optimise)),
        tasks=_tasks(model, memory, lowered.symbols),
        sites=lowered.sites,
        stack_bytes=lowered.stack_bytes,
    )
    return TestProgram(made, model, memory, warnings)


def _test_analysis(
    program: Sequence[Parsed], tests: Parsed, options: CompileOptions
) -> tuple[Model | None, list[Diagnostic]]:
    """A test may use all of the language, whatever the program keeps to."""
    files = [*program, tests]
    with hard_at_work():
        units, mocking = suites.lowered([unit for unit, _ in files])
        model, found = resolve(units, replace(options, dialect="rung"))
    test_file = tests[0].file
    mocks = [mock for suite in suites.suites_of(tests[0]) for mock in suite.mocks if mock.replacement is not None]
    found = [
        finding if finding.span.file is test_file else _blamed_on(mocks, finding)
        for finding in found
        if finding.is_error or finding.span.file is test_file
    ]
    findings = _with_syntax([unit.file for unit in units], files, [*mocking, *found])
    return (None if any(finding.is_error for finding in findings) else model), findings


def _blamed_on(mocks: Sequence[tree.Mock], finding: Diagnostic) -> Diagnostic:
    """An error in a program that has none without its tests."""
    return finding.also(mocks[0].span, "what stands in here does not fit") if mocks else finding


# --------------------------------------------------------------------------------------------------------------- digest


def digest(sources: Sequence[SourceFile], options: CompileOptions | None = None) -> str:
    """SHA-256 of everything that the program depends on: sources, options, this compiler, the processor."""
    from hashlib import sha256

    from iec61131 import jit

    options = options or CompileOptions()
    tasks = [tuple(task)[:4] for task in options.default_task]
    parts = [str(FORMAT), _compiler_digest(), jit.target(), options.name, options.dialect, str(options.optimise)]
    parts += [options.drawings, options.resource or ""]
    parts += [repr(sorted(options.area_bytes.items())), repr(tasks), str(options.heap_bytes)]
    parts += [text for file in sources for text in (file.name, file.shown)]
    total = sha256()
    for part in parts:
        encoded = part.encode(errors="surrogatepass")
        total.update(len(encoded).to_bytes(8, "little") + encoded)
    return total.hexdigest()


@cache
def _compiler_digest() -> str:
    """Of the compiler's own sources and the standard blocks."""
    from hashlib import sha256

    total = sha256()
    for file in _files_below(Path(__file__).parent):
        total.update(file.read_bytes())
    return total.hexdigest()


def _files_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            found += _files_below(entry)
        elif entry.name.endswith((".py", ".st")):
            found.append(entry)
    return found
