"""Whole programs at random: functions, function blocks, a PROGRAM, and the cycles to run them through.

A later POU may call every earlier one. A function may also call itself, with a smaller first argument most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from iec61131.semantics.types import ELEMENTARY
from tests.differential.generator.charts import FLAGS, Charts
from tests.differential.generator.choices import Choices
from tests.differential.generator.classes import INTERFACE, PEERS, Hierarchy
from tests.differential.generator.cycles import Cycle, random_cycles
from tests.differential.generator.expressions import Expressions
from tests.differential.generator.objects import Objects
from tests.differential.generator.references import FLAVOURS, bound_result, referring_result
from tests.differential.generator.repertoire import (
    AGGREGATES,
    ARRAYS,
    BIT_STRINGS,
    DECLARABLE,
    ENUMERATIONS,
    OPEN,
    SCALARS,
    TEXTS,
    WHOLE,
    declarations_for,
)
from tests.differential.generator.scope import STANDARD_BLOCKS, Interface, Parameter, Scope
from tests.differential.generator.sections import Sections
from tests.differential.generator.statements import Statements, trace


@dataclass(frozen=True)
class GeneratedProgram:
    seed: int
    text: str
    cycles: tuple[Cycle, ...]
    loops: int
    depth: int
    optimise: int

    def __str__(self) -> str:
        limits = f"seed {self.seed}; limits: loops {self.loops}, depth {self.depth}; optimise {self.optimise}"
        return "\n".join([self.text, limits, *map(str, self.cycles)])


def program(seed: int) -> GeneratedProgram:
    """Program number `seed`, the same for ever as long as the generator stays the same."""
    return _Programs(seed).program()


OPEN_ARRAYS = tuple(f"{OPEN}{element}" for element in ("INT", "INT", "BYTE", "LINT", "BOOL", "Point"))

TRACE = Parameter("gTrace", "UDINT")
"""A global that every now and then takes in the number of the place that runs: it tells the order of what happened."""

CONFIGURATION = """
CONFIGURATION Site
RESOURCE Cpu ON PLC
    TASK slow (INTERVAL := T#20ms, PRIORITY := 2);
    TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
    PROGRAM Second WITH slow : Plant;
    PROGRAM Main WITH fast : Plant;
END_RESOURCE
END_CONFIGURATION
"""
"""Two instances of one program, one after the other in each scan."""


class _Programs:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.choices = choices = Choices(seed)
        self.sections = Sections(choices)
        self.functions: tuple[Interface, ...] = ()
        self.blocks: tuple[Interface, ...] = STANDARD_BLOCKS  # the newest first: it calls the others
        palette = ("BOOL", choices.pick(WHOLE), choices.pick(SCALARS), choices.pick(SCALARS))
        self.scalars = (*palette, choices.pick(SCALARS))
        self.types = (*palette, *palette, *(choices.pick(DECLARABLE) for _ in range(4)))
        if choices.chance(40):
            texts = [choices.pick(tuple(TEXTS)) for _ in range(2)]
            self.scalars, self.types = (*texts, *self.scalars), (*texts, *self.types)
        self.handed_on = tuple(t for t in self.types if t in SCALARS or t in AGGREGATES or t in TEXTS)
        self.handed_in = (*self.types, *(f"{choices.pick(FLAVOURS)} {choices.pick(self.handed_on)}" for _ in range(2)))
        self.shared = Scope(palette=palette)

    def program(self) -> GeneratedProgram:
        return self._battery() if self.choices.chance(25) else self._plant()

    def _battery(self) -> GeneratedProgram:
        """Nothing but expressions, over inputs of every elementary type."""
        inputs = [Parameter(f"in{number}", type_) for number, type_ in enumerate((*SCALARS, *TEXTS))]
        results = [Parameter(f"r{number}", self.choices.pick((*SCALARS, *TEXTS))) for number in range(25)]
        scope = Scope()
        for parameter in inputs:
            scope = scope.with_variable(parameter.name, parameter.type)
        scope = replace(scope, watched=scope.readable)
        expressions = Expressions(self.choices, scope)
        body = [f"{p.name} := {expressions.compound(p.type, self.choices.number(1, 3))};" for p in results]
        declarations = self.sections.section("VAR", [*inputs, *results], initialised=True)
        text = "\n".join(["PROGRAM Main", declarations + body[0], *body[1:], "END_PROGRAM", ""])
        return self._finished(declarations_for(text) + text, inputs, [f"Main.{p.name}" for p in inputs])

    def _finished(self, text: str, inputs: Sequence[Parameter], watched: Sequence[str]) -> GeneratedProgram:
        pick = self.choices.pick
        cycles = random_cycles(inputs, watched, self.choices.random)
        return GeneratedProgram(
            self.seed, text, cycles, pick((1000, 1000, 60)), pick((100, 3)), pick((3, 3, 3, 2, 1, 0))
        )

    def _plant(self) -> GeneratedProgram:
        """POUs that call each other."""
        globals_: tuple[Parameter, ...] = (TRACE, *self.sections.parameters("g", 1, 4, self.types))
        for parameter in globals_[1:]:
            self.shared = self.shared.with_variable(parameter.name, parameter.type)
        # The interfaces first: what is written before a block may still see a global instance of it.
        interfaces = self._block_interfaces()
        shared_instances = [i for i in interfaces if not i.in_outs and self.choices.chance(30)]
        for interface in shared_instances:
            name = f"g{interface.name}"
            globals_ = (*globals_, Parameter(name, interface.name))
            self.shared = self.shared.with_members(name, interface)
        located = self._located()
        self.shared = replace(self.shared, watched=self.shared.readable)
        watched = ["".join(map(str, place.parts)) for place in self.shared.readable if len(place.parts) == 1]
        pous = [self._function(globals_) for _ in range(self.choices.number(1, 2))]
        if self.choices.chance(60):
            pous.append(self._classes(globals_))
        if self.choices.chance(40):
            objects = Objects(self.choices, replace(self.shared, functions=self.functions))
            pous.append(objects.text(globals_))
            self.functions = (*self.functions, *objects.functions, *objects.functions)
        pous += [self._block(interface, globals_) for interface in interfaces]
        pous += [self._function(globals_) for _ in range(self.choices.number(0, 2))]
        for interface in shared_instances:
            self.shared = self.shared.with_instance(f"g{interface.name}", interface)
        inputs = self.sections.parameters("in", 2, 5, self.scalars)
        configured = self.choices.chance(20)
        pous.append(self._main("Plant" if configured else "Main", inputs, globals_))
        if configured:
            pous.append(CONFIGURATION)
        text = self.sections.section("VAR_GLOBAL", globals_, initialised=True) + located + "".join(pous)
        return self._finished(declarations_for(text) + text, inputs, watched)

    def _classes(self, globals_: Sequence[Parameter]) -> str:
        """Blocks with methods, for all POUs that follow."""
        hierarchy = Hierarchy(self.choices, self.types, replace(self.shared, functions=self.functions))
        self.shared = self.shared.with_classes(hierarchy.classes)
        known = [class_ for class_ in hierarchy.classes.values() if not class_.is_abstract]
        self.blocks = (*(class_.block for class_ in known for _ in range(3)), *self.blocks)
        targets = [f"{self.choices.pick(FLAVOURS)} C0", INTERFACE]
        self.handed_in = (*self.handed_in, *targets)
        return hierarchy.text(globals_)

    # ---------------------------------------------------------------------------------------------------------- POUs

    def _function(self, globals_: Sequence[Parameter]) -> str:
        name = f"F{len(self.functions)}"
        recursive = self.choices.chance(20)
        inputs = self.sections.parameters("x", 0, 3, self.handed_in)
        if recursive:
            inputs = (Parameter("n", self.choices.pick(WHOLE)), *inputs)
        interface = Interface(
            name,
            inputs,
            self._in_outs(self.blocks),
            self.sections.parameters("out", 0, 2, self.scalars),
            self._result(),
        )
        locals_ = self.sections.parameters("v", 0, 3, self.types)
        scope = self._body_scope(interface, locals_, ())
        references, scope, binding = scope.with_own_references(self.choices, "r", self._targets())
        locals_ = (*locals_, *references)
        bound = bound_result(self.choices, self.shared, name, interface.result)
        if interface.result is not None and not bound:
            scope = replace(scope, writable=(*scope.writable, *Scope().with_variable(name, interface.result).writable))
        body = [trace(self.choices), *Statements(self.choices, scope).some(1, 5)]
        if recursive:
            body = [*self._recursion(interface, scope), *body]
        body = [*binding, *bound, *body]
        self.functions = (*self.functions, interface)
        result = f" : {interface.result}" if interface.result is not None else ""
        return self._pou("FUNCTION", name + result, interface, locals_, (), globals_, scope, body)

    def _result(self) -> str | None:
        """Mostly a type that expressions ask for."""
        palette = self.scalars[:-1]
        types = (*palette, *palette, *palette, *palette, *ENUMERATIONS, *AGGREGATES, *TEXTS)
        referring = referring_result(self.choices, self.shared) if self.choices.chance(12) else None
        return referring or (None if self.choices.chance(10) else self.choices.pick(types))

    def _recursion(self, interface: Interface, scope: Scope) -> list[str]:
        """A call of the function itself for a smaller `n`; without the guard's upper bound the depth limit would
        often be met."""
        own = replace(scope, functions=())
        arguments = Expressions(self.choices, own).arguments(replace(interface, inputs=interface.inputs[1:]), 1, False)
        most = self.choices.pick((3, 3, 5, 120))
        call = f"{interface.name}({', '.join(['n := n - 1', *arguments])})"
        return [f"IF (n > 0) AND (n <= {most}) THEN", f"    {call};", "END_IF;"]

    def _block_interfaces(self) -> list[Interface]:
        found: list[Interface] = []
        for number in range(self.choices.number(0, 2)):
            inputs = self.sections.parameters("x", 0, 3, self.types)
            in_outs = self._in_outs((*STANDARD_BLOCKS, *found))
            found = [
                *found,
                Interface(f"B{number}", inputs, in_outs, self.sections.parameters("out", 1, 3, self.types)),
            ]
        return found

    def _block(self, interface: Interface, globals_: Sequence[Parameter]) -> str:
        locals_ = self.sections.parameters("v", 1, 3, self.types)
        instances = self._instances()
        scope = self._body_scope(interface, locals_, instances)
        if self.choices.chance(20):
            for flag in FLAGS:
                scope = scope.with_variable(flag.name, flag.type)
            body = Charts(self.choices, scope).body()
            self.blocks = (interface, *self.blocks)
            own = (*locals_, *FLAGS)
            return self._pou("FUNCTION_BLOCK", interface.name, interface, own, instances, globals_, scope, body)
        references, scope, binding = scope.with_own_references(self.choices, "r", self._targets())
        locals_ = (*locals_, *references)
        binding = [*self._peers(instances, scope), *binding]
        body = [*binding, trace(self.choices), *Statements(self.choices, scope).some(1, 6)]
        self.blocks = (interface, *self.blocks)
        return self._pou("FUNCTION_BLOCK", interface.name, interface, locals_, instances, globals_, scope, body)

    def _main(self, name: str, inputs: Sequence[Parameter], globals_: Sequence[Parameter]) -> str:
        locals_ = (*inputs, *self.sections.parameters("v", 2, 6, DECLARABLE))
        instances = self._instances()
        interface = Interface(name)
        scope = self._body_scope(interface, locals_, instances)
        references, scope, binding = scope.with_own_references(self.choices, "r", (*self._targets(), *self._targets()))
        locals_ = (*locals_, *references)
        body = [*self._peers(instances, scope), *binding, *Statements(self.choices, scope).some(1, 10)]
        return self._pou("PROGRAM", name, interface, locals_, instances, globals_, scope, body)

    def _targets(self) -> tuple[str, ...]:
        """What own references refer to: blocks with methods, where there are some, as often as all else."""
        classes = tuple(self.shared.classes)
        return (*self.handed_on, *(classes[n % len(classes)] for n in range(len(self.handed_on)) if classes))

    def _peers(self, instances: Sequence[tuple[str, Interface, int]], scope: Scope) -> list[str]:
        """Blocks with methods get to know each other."""
        lines: list[str] = []
        expressions = Expressions(self.choices, scope)
        for name, block, count in instances:
            if block.name in self.shared.classes:
                text = name if count == 1 else f"{name}[{self.choices.number(1, count)}]"
                lines += [f"{text}.{p.name} := {expressions.assignable(p.type, 0)};" for p in PEERS]
        return lines

    def _body_scope(
        self, interface: Interface, locals_: Sequence[Parameter], instances: Sequence[tuple[str, Interface, int]]
    ) -> Scope:
        counters = tuple(Parameter(f"k{n}", self.choices.pick(WHOLE)) for n in range(2))
        scope = replace(self.shared, functions=self.functions, counters=counters)
        blocks = {block.name: block for block in self.blocks}
        for parameter in (*interface.inputs, *interface.in_outs, *interface.outputs, *locals_):
            if parameter.type in blocks and parameter.type not in scope.classes:
                scope = scope.with_instance(parameter.name, blocks[parameter.type])
            else:
                scope = scope.with_parameter(parameter.name, parameter.type)
        for name, block, count in instances:
            for number in range(1, count + 1):
                text = name if count == 1 else f"{name}[{number}]"
                class_ = scope.classes.get(block.name)
                scope = scope.with_object(text, class_) if class_ is not None else scope.with_instance(text, block)
        return scope

    def _in_outs(self, blocks: Sequence[Interface]) -> tuple[Parameter, ...]:
        if self.choices.chance(15):
            return (Parameter("io0", self.choices.pick([b.name for b in blocks])),)
        if self.choices.chance(15):
            return (
                Parameter("io0", self.choices.pick(OPEN_ARRAYS)),
                *self.sections.parameters("io1", 0, 1, self.handed_on),
            )
        return self.sections.parameters("io", 0, 2, self.handed_on)

    def _located(self) -> str:
        """Globals that lie over each other in a few bytes of the markers, and direct addresses of the same bytes. No
        REAL is among them: two executors may give a NaN different bits, and these would show."""
        if not self.choices.chance(40):
            return ""
        lines = []
        for number in range(self.choices.number(1, 4)):
            type_ = self.choices.pick((*WHOLE, *BIT_STRINGS, "BOOL", "Row", "Bytes"))
            lines.append(f"    m{number} AT {self._address(type_)} : {type_};\n")
            self._share(f"m{number}", type_)
        for type_ in ("BOOL", *BIT_STRINGS):
            if self.choices.chance(40):
                self._share(self._address(type_), type_)
        return f"VAR_GLOBAL\n{''.join(lines)}END_VAR\n"

    def _share(self, name: str, type_: str) -> None:
        self.shared = self.shared.with_bit(name) if type_ == "BOOL" else self.shared.with_variable(name, type_)

    def _address(self, type_: str) -> str:
        if type_ == "BOOL":
            return f"%MX{self.choices.number(0, 9)}.{self.choices.number(0, 7)}"
        element = ARRAYS[type_][0] if type_ in ARRAYS else type_
        size = ELEMENTARY[element].size
        return f"%M{'BWDL'[(1, 2, 4, 8).index(size)]}{self.choices.number(0, max(8 // size - 1, 0))}"

    def _instances(self) -> list[tuple[str, Interface, int]]:
        numbers_ = range(self.choices.number(0, 3))
        return [(f"fb{n}", self.choices.pick(self.blocks), 2 if self.choices.chance(20) else 1) for n in numbers_]

    # -------------------------------------------------------------------------------------------------- declarations

    def _pou(
        self,
        keyword: str,
        head: str,
        interface: Interface,
        locals_: Sequence[Parameter],
        instances: Sequence[tuple[str, Interface, int]],
        globals_: Sequence[Parameter],
        scope: Scope,
        body: list[str],
    ) -> str:
        arrays = [
            f"    {name} : {block.name if count == 1 else f'ARRAY[1..{count}] OF {block.name}'};\n"
            for name, block, count in instances
        ]
        return "".join(
            [
                f"\n{keyword} {head}\n",
                self.sections.section("VAR_EXTERNAL", globals_),
                self.sections.section("VAR_INPUT", interface.inputs, initialised=True),
                self.sections.section("VAR_IN_OUT", interface.in_outs),
                self.sections.section("VAR_OUTPUT", interface.outputs, initialised=True),
                self.sections.section("VAR", locals_, initialised=True),
                self.sections.section(
                    "VAR_TEMP" if keyword != "FUNCTION" and self.choices.chance(30) else "VAR", scope.counters
                ),
                "VAR\n" + "".join(arrays) + "END_VAR\n" if arrays else "",
                *(f"{line}\n" for line in body),
                f"END_{keyword}\n",
            ]
        )
