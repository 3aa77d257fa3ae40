"""VAR_CONFIG: what a configuration says of single variables in instances: `Main.pump.start AT %IX0.0 : BOOL;`

A variable that is declared `AT %I*` or `AT %Q*` has a place of its own, in its instance or among the globals. Whoever
binds a device to it does so by its path. An address in VAR_CONFIG does the same from within: each activation of a task
begins with a copy of every such input from its address, and ends with a copy of every such output to its address.
Inputs do not change during a scan, and outputs are published at its end, so devices see no difference to variables that
lie at these addresses. Two programs that nobody wrote do the copying, as the first and the last one of each task.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue import configuration, expressions
from iec61131.semantics import limits
from iec61131.semantics.assignments import Assignments
from iec61131.semantics.configured_paths import ConfiguredPaths, declared_at, names_around
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here, Shared, address_text
from iec61131.semantics.model import (
    Assign,
    Load,
    Place,
    Pou,
    ProgramRun,
    Statement,
    Storage,
    Task,
    Variable,
    VariablePlace,
)
from iec61131.semantics.rules import located_type
from iec61131.semantics.scopes import Globals, PouScope
from iec61131.semantics.type_specs import TypeSpecs
from iec61131.semantics.types import BlockType
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind


class _Initial(Struct, frozen=True):
    """An initial value that one instance has for itself."""

    place: Place
    declaration: tree.VarDeclaration


class ConfiguredVariables:
    """`located` are the addresses and the instances of the two programs, as variables that nobody can name."""

    def __init__(self, shared: Shared, globals_: Globals) -> None:
        self._shared = shared
        self._findings = shared.findings
        self._globals = globals_
        self._paths = ConfiguredPaths(shared, globals_)
        self._initials: list[_Initial] = []
        self._inputs: list[Statement] = []
        self._outputs: list[Statement] = []
        self._first: dict[str, Span] = {}
        self._first_runs: tuple[ProgramRun, ...] = ()
        self._last_runs: tuple[ProgramRun, ...] = ()
        self.located: list[Variable] = []

    def resolve(
        self, sections: Iterable[tree.VarBlock], configurations: Iterable[tree.ConfigurationDeclaration]
    ) -> None:
        """What all sections of the program say, when every instance is known."""
        around = names_around(configurations)
        for section in sections:
            for declaration in section.variables:
                self._declaration(declaration, around)
        self._first_runs = self._program("%inputs", self._inputs)
        self._last_runs = self._program("%outputs", self._outputs)

    def _program(self, name: str, statements: list[Statement]) -> tuple[ProgramRun, ...]:
        """One of the two programs that nobody wrote, with its instance; none where it has nothing to do."""
        if not statements:
            return ()
        span, type_ = statements[0].span, BlockType(name)
        pou = Pou(name, PouKind.PROGRAM, span, instance=type_)
        pou.body = tuple(statements)
        instance = Variable(name, type_, VarKind.GLOBAL, Storage.MEMORY, span, initial={})
        self.located.append(instance)
        return (ProgramRun(instance, pou, (), (), span),)

    @property
    def calls(self) -> dict[Pou, dict[Pou, Span]]:
        """The programs that copy, and that they call nothing."""
        return {run.program: {} for run in (*self._first_runs, *self._last_runs)}

    def begin(self, here: Here) -> list[Statement]:
        """What is to be done once, before the first scan."""
        statements: list[Statement] = []
        for each in self._initials:
            initial, span = each.declaration.initial, each.declaration.span
            if initial is not None:
                written = tree.Assign(tree.NameExpression(each.declaration.names[0], span), initial, span)
                statements += Assignments(here, Expressions(here)).begin(each.place, written)
        return statements

    def around(self, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
        """The tasks, with the copying."""
        first, last = self._first_runs, self._last_runs
        return tuple(replace(task, programs=(*first, *task.programs, *last)) for task in tasks)

    # -------------------------------------------------------------------------------------------------- declarations

    def _declaration(self, declaration: tree.VarDeclaration, around: frozenset[str]) -> None:
        written = declaration.place
        if written is None:
            return
        here = Here(self._shared, PouScope(self._globals))
        place = self._paths.place(here, written, around)
        spec = TypeSpecs(here).resolve(declaration.type, declaration.names[0].text)
        if place is None or spec is None:
            return
        text, span = written.span.text, declaration.span
        if spec.type != place.type:
            finding = configuration.CONFIGURED_TYPE.at(
                declaration.type.span, name=text, declared=place.type, given=spec.type
            )
            self._findings.add(finding)
            return
        declared = declared_at(place)
        if isinstance(declared, Variable) and declared.constant:
            self._findings.add(expressions.ASSIGN_CONSTANT.at(span, name=text))
            return
        before = self._first.setdefault("".join(text.upper().split()), span)
        if before is not span:
            finding = configuration.CONFIGURED_TWICE.at(span, name=text)
            self._findings.add(finding.also(before, "first given here"))
            return
        if declaration.initial is not None:
            self._initials.append(_Initial(place, declaration))
        if declaration.address is not None:
            self._locate(place, declaration.address, text)

    def _locate(self, place: Place, address: tree.DirectAddress, text: str) -> None:
        declared = declared_at(place)
        wanted = self._shared.open_places.get(declared) if declared is not None else None
        if wanted is None or wanted.area != address.area or address.is_incomplete:
            found = wanted.span.text if wanted is not None else "no address"
            self._findings.add(
                configuration.CONFIGURED_PLACE.at(
                    address.span, name=text, address=address.span.text, area=address.area, found=found
                )
            )
            return
        if address.area == "M":
            self._findings.add(limits.finding(limits.OPEN_MARKER, address.span))
            return
        findings = list(located_type.check(address, place.type, self._shared.facts, retained=False))
        for finding in findings:
            self._findings.add(finding)
        if any(finding.is_error for finding in findings):
            return
        at = address_text(address)
        located = Variable(at, place.type, VarKind.GLOBAL, Storage.MEMORY, address.span, address=at)
        self.located.append(located)
        image = VariablePlace(located, address.span)
        if address.area == "I":
            self._inputs.append(Assign(place, Load(image, address.span), address.span))
        else:
            self._outputs.append(Assign(image, Load(place, address.span), address.span))
