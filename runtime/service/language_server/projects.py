"""Open documents and the files on disk beside them, as programs.

A document below a plc.toml that names it belongs to that project: all its sources are one program, each as it is in the
editor, or else on disk. A file of tests is a program of its own, together with these sources. All other open documents
of a folder are one program together. Where plc.toml has an error, the sources that it named last stay.

Nothing is read again while somebody types: disk is looked at when a document is opened, saved or closed, and when the
editor says that files have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from iec61131 import input_forms
from iec61131.compiler import CompileOptions
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.language_service.program import Parses, Program
from iec61131.source import SourceFile
from runtime.service.config import FILE_NAME, read_project
from runtime.service.config.load import MAX_FILE_BYTES
from runtime.service.config.sources import read_sources
from runtime.service.config.suite_names import has_suite, is_suite_name
from runtime.service.config.text_files import decode, read_bytes
from runtime.service.plant import options_of


class Project(Struct, eq=False):
    """A folder with plc.toml (`has_file`), or without one. `tests`: the name of the file of tests that it is for.

    `sources` are the files as last read, by name; `findings` what is wrong with plc.toml and the forms of files.
    """

    folder: Path
    has_file: bool
    options: CompileOptions = field(default_factory=CompileOptions)
    sources: dict[str, SourceFile] = field(default_factory=dict[str, SourceFile])
    findings: list[Diagnostic] = field(default_factory=list[Diagnostic])
    program: Program | None = None
    parses: Parses = field(default_factory=Parses)
    tests: str = ""

    def path_of(self, file: SourceFile) -> Path:
        return self.folder / file.name


class Projects:
    """`documents` are the open ones: path to text. Whoever changes them says so with `changed`."""

    def __init__(self) -> None:
        self.documents: dict[Path, str] = {}
        self._projects: dict[tuple[Path, bool], Project] = {}

    # ---------------------------------------------------------------------------------------------------- documents

    def open(self, path: Path, text: str) -> None:
        self.documents[path] = text
        self.look_at_disk()

    def changed(self, path: Path, text: str) -> None:
        """The text of an open document is another one. Of a project file everything is read anew."""
        self.documents[path] = text
        if path.name == FILE_NAME:
            self.look_at_disk()
            return
        for project in self._projects.values():
            name = _name_in(project, path)
            if name in project.sources:
                self._overlay(project, name, text)
                project.program = None

    def close(self, path: Path) -> None:
        self.documents.pop(path, None)
        self.look_at_disk()

    def look_at_disk(self) -> None:
        """Read everything again that open documents need, and forget the rest. What has not changed stays as it is, so
        that it need not be parsed again.
        """
        wanted: dict[tuple[Path, bool], Project] = {}
        for path in self.documents:
            if path.name == FILE_NAME:
                self._load(wanted, path.parent, has_file=True)
            elif not input_forms.is_source(path.name) or self._load_around(wanted, path) is not None:
                continue
            elif not self._load_tests(wanted, path):
                self._add_loose(wanted, path)
        self._projects = wanted

    # ----------------------------------------------------------------------------------------------------- programs

    def all(self) -> Iterator[Project]:
        yield from self._projects.values()

    def of(self, path: Path) -> tuple[Project, SourceFile] | None:
        """The project that an open document belongs to, and its file there."""
        for project in self._projects.values():
            file = project.sources.get(_name_in(project, path))
            if file is not None:
                return project, file
        return None

    def program(self, project: Project) -> Program:
        if project.program is None:
            files = [project.sources[name] for name in sorted(project.sources)]
            project.program = Program(files, project.options, project.parses, project.sources.get(project.tests))
        return project.program

    # ------------------------------------------------------------------------------------------------------ reading

    def _load_around(self, wanted: dict[tuple[Path, bool], Project], path: Path) -> Project | None:
        """The nearest project above `path` that names it."""
        for folder in path.parents:
            if (folder / FILE_NAME).is_file() or folder / FILE_NAME in self.documents:
                project = self._load(wanted, folder, has_file=True)
                if _name_in(project, path) in project.sources:
                    return project
        return None

    def _load_tests(self, wanted: dict[tuple[Path, bool], Project], path: Path) -> bool:
        """The file of tests at `path` with the sources of its project; False when it is none, or has no project."""
        if not (is_suite_name(path.name) and has_suite(self.documents[path])):
            return False
        folder = next((each for each in path.parents if (each / FILE_NAME).is_file()), None)
        if folder is None:
            return False
        tested = self._load({}, folder, has_file=True)
        name = path.relative_to(folder).as_posix()
        known = self._projects.get((path, False)) or Project(folder, has_file=False, tests=name)
        before = known.options, dict(known.sources)
        if tested.sources:  # otherwise plc.toml has an error, and what was known stays
            known.options, known.sources = (
                tested.options,
                {n: _unless_same(known, f) for n, f in tested.sources.items()},
            )
        self._overlay(known, name, self.documents[path])
        if (known.options, known.sources) != before:
            known.program = None
        wanted[path, False] = known
        return True

    def _load(self, wanted: dict[tuple[Path, bool], Project], folder: Path, *, has_file: bool) -> Project:
        key = folder, has_file
        if key in wanted:
            return wanted[key]
        project = wanted[key] = self._projects.get(key) or Project(folder, has_file)
        before = project.options, dict(project.sources)
        project.findings = []
        try:
            config = read_project(
                self._project_file(folder), lambda entries, found: read_sources(folder, entries, found)
            )
        except CompileError as error:
            project.findings += error.diagnostics
        except OSError:  # it vanished
            project.sources = {}
        else:
            project.options = options_of(config)
            project.sources = {file.name: _unless_same(project, file) for file in config.sources}
        for name in list(project.sources):
            text = self.documents.get(folder / name)
            if text is not None:
                self._overlay(project, name, text)
        if (project.options, project.sources) != before:
            project.program = None
        return project

    def _project_file(self, folder: Path) -> SourceFile:
        text = self.documents.get(folder / FILE_NAME)
        if text is not None:
            return SourceFile(FILE_NAME, text)
        return decode(read_bytes(folder / FILE_NAME, FILE_NAME, MAX_FILE_BYTES), FILE_NAME, mark=False)

    def _add_loose(self, wanted: dict[tuple[Path, bool], Project], path: Path) -> None:
        key = path.parent, False
        if key not in wanted:
            old = self._projects.get(key)
            wanted[key] = Project(path.parent, False)
            if old is not None:
                wanted[key].sources = {n: f for n, f in old.sources.items() if path.parent / n in self.documents}
                wanted[key].parses = old.parses
        self._overlay(wanted[key], path.name, self.documents[path])

    @staticmethod
    def _overlay(project: Project, name: str, text: str) -> None:
        """The file as it is in the editor. One of a tool's form that is damaged stays as it was."""
        known = project.sources.get(name)
        if known is not None and known.shown == text:
            return
        project.findings = [finding for finding in project.findings if finding.span.file.name != name]
        try:
            project.sources[name] = input_forms.read(name, text)
        except CompileError as error:
            project.findings += error.diagnostics
            project.sources.setdefault(name, SourceFile(name, ""))


def _unless_same(project: Project, file: SourceFile) -> SourceFile:
    known = project.sources.get(file.name)
    return known if known is not None and known.shown == file.shown else file


def _name_in(project: Project, path: Path) -> str:
    """What a file is called in a project; of a file elsewhere a name that none has."""
    return path.relative_to(project.folder).as_posix() if path.is_relative_to(project.folder) else ""
