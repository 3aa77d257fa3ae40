"""Tasks and the program instances they run: from CONFIGURATION, or from the options where the sources have none.

`Configurations.resolve` comes before the bodies of the POUs, which may use the instances; `finish` comes after them,
when it is known which programs others call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.diagnostics.catalogue import configuration
from iec61131.program import DEFAULT_INTERVAL_NS
from iec61131.semantics import resources
from iec61131.semantics.block_tasks import BlockTasks
from iec61131.semantics.configured_paths import ConfiguredPaths, names_around
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import (
    ConstantExpression,
    MemoryPlace,
    OutputBinding,
    Place,
    Pou,
    ProgramRun,
    Storage,
    Task,
    Variable,
)
from iec61131.semantics.model import Expression as Node
from iec61131.semantics.options import CompileOptions
from iec61131.semantics.references import full_name
from iec61131.semantics.rules import task_names
from iec61131.semantics.scopes import Globals, PouScope, PouSymbol
from iec61131.semantics.types import BOOL, TIME
from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

PRIORITY_MAX = 65535
TASK_INFO = "__TASKINFO"
TASKS_TOLD_MAX = 64
"""As in stdlib/libraries/TwinCAT_SystemInfoVarList.st."""

SETTINGS = ("INTERVAL", "PRIORITY", "SINGLE")


class _TaskDraft(Struct):
    name: str
    interval_ns: int
    priority: int
    span: Span
    declaration: tree.TaskDeclaration | None = None
    programs: list[ProgramRun] = field(default_factory=list[ProgramRun])
    idle: frozenset[Pou] = frozenset()  # of the programs, what others call and the task does not run
    first: ProgramRun | None = None  # of the library, before all programs, if there are any
    single: tree.Expression | None = None
    event: Place | None = None

    @property
    def runs(self) -> tuple[ProgramRun, ...]:
        own = tuple(run for run in self.programs if run.program not in self.idle)
        return (self.first, *own) if own and self.first is not None else own

    def finished(self) -> Task:
        return Task(self.name, self.interval_ns, self.priority, self.runs, self.span, self.event)


class Configurations:
    """`tasks` are the result, with `Shared.instances`."""

    def __init__(self, shared: Shared, globals_: Globals, options: CompileOptions) -> None:
        self._here = Here(shared, PouScope(globals_))
        self._findings = shared.findings
        self._globals = globals_
        self._options = options
        self._expressions = Expressions(self._here)
        self._drafts: list[_TaskDraft] = []
        self._instances = shared.instances
        self._is_given = True
        self._elsewhere: set[Pou] = set()  # what other resources run
        self.blocks = BlockTasks(shared, globals_)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The most urgent first; equal ones in the order of their declaration."""
        return tuple(draft.finished() for draft in self._in_order() if draft.runs)

    def _in_order(self) -> list[_TaskDraft]:
        return sorted(self._drafts, key=lambda draft: draft.priority)

    def resolve(self, declared: list[tree.ConfigurationDeclaration], files: list[SourceFile]) -> None:
        if declared:
            self._configuration(declared)
        elif self._options.default_task:
            self._default_tasks(files)
        else:
            self._is_given = False
            self._every_program()

    def resolve_events(self, declared: Sequence[tree.ConfigurationDeclaration]) -> None:
        """What starts tasks, when every instance is known."""
        paths = ConfiguredPaths(self._here.shared, self._globals, sees_located=True)
        for draft in self._drafts:
            if draft.single is not None:
                draft.event = self._event(draft.single, paths, names_around(declared))

    def _event(self, single: tree.Expression, paths: ConfiguredPaths, around: AbstractSet[str]) -> Place | None:
        if isinstance(single, tree.DirectAddress):
            variable = self._here.shared.direct_variable(single)
            place = MemoryPlace(variable, single.span) if variable is not None else None
        else:
            place = paths.place(self._here, single, around)
        if place is not None and place.type != BOOL:
            self._findings.add(configuration.EVENT_TYPE.at(single.span, given=place.type))
            return None
        return place

    def move(self, moved: Mapping[Span, Span]) -> None:
        """The places of programs in a new version of the sources."""
        for draft in self._drafts:
            draft.programs = [replace(run, span=moved.get(run.span, run.span)) for run in draft.programs]
            draft.span = moved.get(draft.span, draft.span)

    def finish(self, called: Collection[Pou]) -> None:
        """`called`: everything that some POU calls. Where nothing says what runs, that is every PROGRAM that no other
        one calls.
        """
        if not self._is_given:
            for draft in self._drafts:
                draft.idle = frozenset(run.program for run in draft.programs) & frozenset(called)
        for draft in self._drafts:
            for run in draft.runs:
                for variable in run.program.of_kind(VarKind.IN_OUT):
                    self._findings.add(configuration.PROGRAM_IN_OUT.at(variable.span, name=variable.name))
        if self._is_given:
            self._find_idle_programs(called)
        self._tell_tasks()

    def _tell_tasks(self) -> None:
        """Where the program asks for its tasks as in TwinCAT, each first runs a library program that notes it."""
        library = self._globals.outer
        symbol = library.pous.get(TASK_INFO) if library is not None else None
        tasks = [draft for draft in self._in_order() if draft.runs] if symbol is not None else []
        for number, draft in enumerate(tasks[:TASKS_TOLD_MAX], start=1):
            assert symbol is not None
            names = (draft.name[:63], self._options.name[:63])
            told = (number, len(tasks), draft.interval_ns // 100, draft.priority, *names)
            inputs = tuple(
                (variable, ConstantExpression(value, variable.type, draft.span))
                for variable, value in zip(symbol.pou.of_kind(VarKind.INPUT), told, strict=True)
            )
            if draft.first is None:
                self._run(draft, symbol, f"{symbol.pou.name}{number}", draft.span)
                draft.first = draft.programs.pop()
            draft.first = replace(draft.first, inputs=inputs, span=draft.span)

    # ------------------------------------------------------------------------------------------------- without sources

    def _programs(self) -> list[PouSymbol]:
        return [symbol for symbol in self._globals.pous.values() if symbol.kind is PouKind.PROGRAM]

    def _every_program(self) -> None:
        programs = self._programs()
        if programs:
            draft = _TaskDraft("main", DEFAULT_INTERVAL_NS, 0, programs[0].declaration.name.span)
            self._drafts.append(draft)
            for symbol in programs:
                self._run(draft, symbol, symbol.pou.name, symbol.declaration.name.span)

    def _default_tasks(self, files: list[SourceFile]) -> None:
        """The tasks of the options, each entry one program; entries of one name are one task."""
        by_name: dict[str, _TaskDraft] = {}
        for task in self._options.default_task:
            start = task.span or (Span(files[0], 0, 0) if files else None)
            symbol = self._globals.find_pou(task.program.upper())
            if start is None:
                continue
            if symbol is None or symbol.kind is not PouKind.PROGRAM:
                known = [program.pou.name for program in self._programs()]
                finding = configuration.UNKNOWN_PROGRAM.at(start, name=task.program, task=task.name)
                self._findings.add_near(finding, task.program, known)
                continue
            draft = by_name.get(task.name.upper())
            if draft is None:
                draft = by_name[task.name.upper()] = _TaskDraft(task.name, task.interval_ns, task.priority, start)
                self._drafts.append(draft)
            self._run(draft, symbol, symbol.pou.name, task.span or symbol.declaration.name.span)

    def _find_idle_programs(self, called: Collection[Pou]) -> None:
        if self._findings.has_errors:  # one of them may be why
            return
        running = {run.program for draft in self._drafts for run in draft.runs} | self._elsewhere | set(called)
        for symbol in self._programs():
            if symbol.pou not in running:
                name = symbol.declaration.name
                self._findings.add(configuration.PROGRAM_NEVER_RUNS.at(name.span, name=name.text))

    # -------------------------------------------------------------------------------------------------- from sources

    def _configuration(self, declared: list[tree.ConfigurationDeclaration]) -> None:
        first, *others = declared
        for other in others:
            finding = configuration.SECOND_CONFIGURATION.at(other.name.span, name=other.name.text)
            self._findings.add(finding.also(first.name.span, "the first one"))
        for finding in resources.check(first):
            self._findings.add(finding)
        for resource in resources.chosen(first, self._options.resource):
            self._resource(resource)
        for resource in resources.others(first, self._options.resource):
            found = [self._globals.find_pou(_type_of(instance).key) for instance in resource.programs]
            self._elsewhere |= {symbol.pou for symbol in found if symbol is not None}

    def _resource(self, resource: tree.ResourceDeclaration) -> None:
        for finding in task_names.check(resource):
            self._findings.add(finding)
        by_name: dict[str, _TaskDraft] = {}
        for task in resource.tasks:
            draft = self._task(task)
            self._drafts.append(draft)
            by_name.setdefault(task.name.key, draft)
        for instance in resource.programs:
            self._instance(instance, by_name)

    def _task(self, task: tree.TaskDeclaration) -> _TaskDraft:
        """A task that has an error still takes its programs, so that the errors in them are found."""
        draft = _TaskDraft(task.name.text, DEFAULT_INTERVAL_NS, 0, task.name.span, task)
        self._here.note(task.name.span, task)
        settings: dict[str, tree.Expression] = {}
        for name, expression in task.settings:
            if name.key not in SETTINGS:
                finding = configuration.UNKNOWN_TASK_SETTING.at(name.span, name=name.text, known=", ".join(SETTINGS))
                self._findings.add_near(finding, name.text, SETTINGS)
            elif name.key in settings:
                self._findings.add(configuration.TASK_SETTING_TWICE.at(name.span, name=name.key))
            else:
                settings[name.key] = expression
        single = draft.single = settings.get("SINGLE")
        if "INTERVAL" in settings:
            interval_ns = self._interval(settings["INTERVAL"])
            draft.interval_ns = draft.interval_ns if interval_ns is None else interval_ns
        elif single is not None:
            draft.interval_ns = 0
        elif not any(name.key not in SETTINGS for name, _ in task.settings):
            self._findings.add(configuration.MISSING_INTERVAL.at(task.name.span, name=task.name.text))
        if "PRIORITY" in settings:
            draft.priority = self._priority(settings["PRIORITY"])
        return draft

    def _interval(self, expression: tree.Expression) -> int | None:
        value = self._expressions.constant(expression, TIME)
        if not isinstance(value, int):
            return None
        if value < 0:
            self._findings.add(configuration.TASK_INTERVAL.at(expression.span))
            return None
        return value

    def _priority(self, expression: tree.Expression) -> int:
        value = self._expressions.whole_number(expression)
        if value is None:
            return 0
        if not 0 <= value <= PRIORITY_MAX:
            self._findings.add(configuration.TASK_PRIORITY.at(expression.span, value=value, limit=PRIORITY_MAX))
            return 0
        return value

    def _instance(self, instance: tree.ProgramInstance, tasks: dict[str, _TaskDraft]) -> None:
        name = _type_of(instance)
        self._here.check_name(name)
        symbol = self._globals.find_pou(name.key)
        if symbol is None or symbol.kind is not PouKind.PROGRAM:
            known = [program.pou.name for program in self._programs()]
            finding = configuration.UNKNOWN_PROGRAM.at(name.span, name=name.text, task=instance.name.text)
            self._findings.add_near(finding, name.text, known)
            return
        self._here.note(instance.type_name.span, symbol)
        draft = self._task_of(instance, tasks)
        if draft is not None:
            self._run(draft, symbol, instance.name.text, instance.name.span, instance)
            program = draft.programs[-1].variable
            for wish in instance.blocks:
                own = self._named_task(wish.task, tasks)
                run = self.blocks.run(wish, program)
                if own is not None and run is not None:
                    own.programs.append(run)

    def _task_of(self, instance: tree.ProgramInstance, tasks: dict[str, _TaskDraft]) -> _TaskDraft | None:
        """The task named behind WITH; without one, a task of its own that runs after all others."""
        if instance.task is None:
            last = max((draft.priority for draft in self._drafts), default=-1)
            draft = _TaskDraft(instance.name.text, DEFAULT_INTERVAL_NS, last + 1, instance.span)
            self._drafts.append(draft)
            milliseconds = DEFAULT_INTERVAL_NS // 1_000_000
            finding = configuration.PROGRAM_WITHOUT_TASK.at(
                instance.name.span, name=instance.name.text, milliseconds=milliseconds
            )
            self._findings.add(finding)
            return draft
        return self._named_task(instance.task, tasks)

    def _named_task(self, name: tree.Name, tasks: dict[str, _TaskDraft]) -> _TaskDraft | None:
        draft = tasks.get(name.key)
        if draft is None:
            known = [task.name for task in tasks.values()]
            finding = configuration.UNKNOWN_TASK.at(name.span, name=name.text)
            self._findings.add_near(finding, name.text, known)
        elif draft.declaration is not None:
            self._here.note(name.span, draft.declaration)
        return draft

    # ----------------------------------------------------------------------------------------------------- instances

    def _run(
        self,
        draft: _TaskDraft,
        symbol: PouSymbol,
        name: str,
        span: Span,
        instance: tree.ProgramInstance | None = None,
    ) -> None:
        pou = symbol.pou
        assert pou.instance is not None
        retain = instance is not None and instance.retain
        variable = Variable(name, pou.instance, VarKind.GLOBAL, Storage.MEMORY, span, initial={}, retain=retain)
        inputs, outputs = self._arguments(symbol, instance) if instance is not None else ((), ())
        self._instances.append(variable)
        if instance is not None:
            self._here.note(span, variable)
        draft.programs.append(ProgramRun(variable, pou, inputs, outputs, span))

    def _arguments(
        self, symbol: PouSymbol, instance: tree.ProgramInstance
    ) -> tuple[tuple[tuple[Variable, Node], ...], tuple[OutputBinding, ...]]:
        """`PROGRAM p : Main (in := gIn, out => gOut)`"""
        calls = self._expressions.calls
        if symbol.failed:
            return (), ()
        binding = calls.bind(symbol, instance.arguments, instance.span, is_function=False)
        inputs, outputs = calls.inputs(binding) or (), calls.outputs(binding) or ()
        for pou, span in self._here.calls.items():
            self._findings.add(configuration.CALL_IN_PROGRAM_ARGUMENT.at(span, name=pou.name))
        self._here.calls.clear()
        return inputs, outputs


def _type_of(instance: tree.ProgramInstance) -> tree.Name:
    return full_name(tree.NamedType(instance.type_name, instance.type_name.span, instance.qualifier))
