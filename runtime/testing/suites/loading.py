"""From a file of tests to the tests in it, each with the PLC that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from iec61131 import compiler
from iec61131.compiler import Parsed, TestProgram
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.semantics import suites
from iec61131.semantics.model import Pou, Variable
from iec61131.source import SourceFile
from iec61131.syntax import tree
from runtime.service import binding, plant, suite_files
from runtime.service.config import load_project
from runtime.service.config.project import ProjectConfig
from runtime.service.suite_files import SuiteFile
from runtime.testing.interpreted import InterpretedTasks
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.virtual_plc import VirtualPlc


class Test(Struct, frozen=True):
    """One test. `suite` and `name` as they are written."""

    __test__ = False  # nothing for pytest

    file: SuiteFile
    suite: tree.TestSuite
    part: tree.TestPart

    @property
    def name(self) -> str:
        return self.part.name.text

    @property
    def id(self) -> str:
        """By which pytest knows it, apart from the folder."""
        return f"{self.file.source.name}::{self.suite.name.text}::{self.name}"

    @property
    def shown_id(self) -> str:
        """With the folder as it was named."""
        return f"{self.file.path}::{self.suite.name.text}::{self.name}"

    @property
    def line(self) -> int:
        return self.part.span.line


class Bench(Struct, frozen=True):
    """A PLC with what the tests of some suites are, compiled and loaded; it is restarted for each test."""

    plc: VirtualPlc
    built: TestProgram
    interpreted: InterpretedTasks | None

    def pou(self, suite: tree.TestSuite, part: tree.TestPart) -> Pou:
        name = suites.part_name(suite, part)
        return next(pou for pou in self.built.model.pous if pou.name == name)

    def instance(self, suite: tree.TestSuite) -> Variable:
        name = suites.instance_name(suite)
        return next(variable for variable in self.built.model.memory if variable.name == name)


class TestFile:
    """All tests of one file. The programs that they need are made when the first of them is to run."""

    __test__ = False  # nothing for pytest

    def __init__(self, file: SuiteFile, covered: StatementCoverage | None = None) -> None:
        self.file = file
        self._covered = covered
        self._project: ProjectConfig | None = None
        self._program: list[Parsed] = []
        self._parts: dict[tree.TestSuite, Parsed] = {}
        self._bench: tuple[Parsed, Bench] | None = None

    def tests(self) -> list[Test]:
        """In the order of the text. Raises CompileError when its text, or the project, is wrong."""
        unit, findings = compiler.parsed(self.file.source)
        if any(finding.is_error for finding in findings):
            raise CompileError(findings)
        self._parts = {}
        for part in suite_files.parts((unit, findings)):
            self._parts |= dict.fromkeys(suites.suites_of(part[0]), part)
        return [Test(self.file, suite, part) for suite in suites.suites_of(unit) for part in suite.tests]

    def bench(self, suite: tree.TestSuite) -> Bench:
        """For the tests of `suite`; valid until the next one is asked for. Raises CompileError."""
        part = self._parts[suite]
        if self._bench is None or self._bench[0] is not part:
            self.close()
            self._bench = part, self._made(part)
        return self._bench[1]

    def close(self) -> None:
        if self._bench is not None:
            self._bench[1].plc.close()
            self._bench = None

    def check(self) -> list[Diagnostic]:
        """The findings in the file; where the program has errors, those. Raises CompileError for those of plc.toml."""
        project = self._loaded()
        found = plant.check_program(project)
        if any(finding.is_error for finding in found):
            return found
        return suite_files.check_file(self._program, self.file.source, plant.options_of(project))

    def _loaded(self) -> ProjectConfig:
        if self._project is None:
            self._project = load_project(self.file.folder)
            options = plant.options_of(self._project)
            self._program = [compiler.parsed(source, options) for source in self._project.sources]
        return self._project

    def _made(self, part: Parsed) -> Bench:
        project = self._loaded()
        options = suite_files.quicker(plant.options_of(project))
        built = compiler.compile_tests(self._program, part, options)
        bound = binding.bind(project, built.program)
        with_tests = replace(project, sources=(*project.sources, self.file.source))
        interpreted = None
        if self._covered is not None:
            interpreted = InterpretedTasks(built.program, built.model, built.memory)
            self._covered.note(self.file.folder, interpreted, with_tests.sources)
        made = plant.Plant(project=with_tests, program=built.program, bound=bound, warnings=(), cached=False)
        plc = VirtualPlc(made, interpreted=interpreted)
        plc.cycle()  # numba may have to compile the loop, which shall not count as time of a test
        if interpreted is not None:
            interpreted.forget()
        return Bench(plc, built, interpreted)


def chosen(tests: Sequence[Test], word: str) -> Iterator[Test]:
    """Those whose ids have `word` in them, in any letters; with colons in it, it may begin with the folder as well, as
    the id does that is shown.
    """
    key = word.lower()
    return (test for test in tests if key in (test.shown_id if "::" in key else test.id).lower())


def sources_of(bench: Bench) -> dict[str, SourceFile]:
    return {source.name: source for source in bench.plc.sources}
