"""Blocks with methods at random: an interface, up to three levels of blocks that extend each other, and what their
bodies do to each other.

Nothing calls itself without end: a method calls only methods with a lower number, whatever instance it calls them on,
or the same one of its base; accessors call nothing. Recursion that is meant counts a first argument down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.differential.generator.choices import Choices
from tests.differential.generator.expressions import Expressions
from tests.differential.generator.references import bound_result, referring_result
from tests.differential.generator.repertoire import AGGREGATES, SCALARS, TEXTS, WHOLE
from tests.differential.generator.scope import Class, Interface, Parameter, Property, Scope
from tests.differential.generator.sections import Sections
from tests.differential.generator.statements import Lines, Statements, trace

INTERFACE = "I0"
COUNT = Parameter("n", "INT")
"""What a method that calls itself counts down."""
PEERS = (Parameter("peer", "POINTER TO C0"), Parameter("friend", INTERFACE))
"""Inputs of every class: other instances, which its methods call."""
TURNS = Parameter("turns", "INT")
"""An input: how often the body may still run the body of its peer."""


@dataclass(frozen=True)
class Level:
    """A block of the hierarchy: what it declares itself. `written` are the methods and properties with bodies here."""

    class_: Class
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    locals: tuple[Parameter, ...]
    written: frozenset[str]

    @property
    def fields(self) -> tuple[Parameter, ...]:
        return (*self.inputs, *self.outputs, *self.locals)


class Hierarchy:
    """`classes` by name, the interface among them; `text` declares them all."""

    def __init__(self, choices: Choices, types: Sequence[str], shared: Scope) -> None:
        self.choices = choices
        self.sections = Sections(choices)
        self._numbered = 0
        self.types = tuple(type_ for type_ in types if type_ in SCALARS or type_ in AGGREGATES or type_ in TEXTS)
        self.scalars = tuple(type_ for type_ in types if type_ in SCALARS)
        self.values = tuple(type_ for type_ in types if type_ in SCALARS or type_ in TEXTS)
        self.shared = shared
        self.levels = self._levels()
        base = self.levels[0].class_
        promised = replace(base, block=Interface(INTERFACE), is_interface=True, is_abstract=True, base=None)
        promised = replace(promised, methods=promised.methods[:1], properties=promised.properties[:1])
        self.classes = {INTERFACE: promised, **{level.class_.name: level.class_ for level in self.levels}}
        self.shared = shared.with_classes(self.classes)

    def text(self, globals_: Sequence[Parameter]) -> str:
        external = self.sections.section("VAR_EXTERNAL", globals_)
        blocks = [self._block(number, external) for number in range(len(self.levels))]
        return "".join([self._interface(), *blocks])

    # ------------------------------------------------------------------------------------------------------ declaring

    def _levels(self) -> list[Level]:
        levels: list[Level] = []
        for number in range(self.choices.number(1, 3)):
            base = levels[-1].class_ if levels else None
            levels.append(self._level(number, base))
        return levels

    def _level(self, number: int, base: Class | None) -> Level:
        inputs = self.sections.parameters(f"x{number}", 0, 2, self.types)
        outputs = self.sections.parameters(f"out{number}", 0, 2, self.types)
        locals_ = self.sections.parameters(f"v{number}", 1, 3, self.types)
        methods: tuple[Interface, ...] = base.methods if base is not None else ()
        new: tuple[Interface, ...] = () if base is not None and self.choices.chance(50) else self._methods(len(methods))
        properties = base.properties if base is not None else self._properties()
        overridden = [m.name for m in methods if self.choices.chance(50)]
        overridden += [p.name for p in properties if base is None or self.choices.chance(40)]
        is_abstract = base is None and len(new) > 1 and self.choices.chance(30)
        written = {*overridden, *(m.name for m in new)}
        if is_abstract:
            written.discard([*new][-1].name)
        elif base is not None and base.is_abstract:
            written.add(methods[len(base.methods) - 1].name)
        if base is None:
            inputs = (*PEERS, TURNS, *inputs)
        before = base.block if base is not None else Interface("")
        in_outs = before.in_outs
        if base is None and self.choices.chance(20):
            in_outs = (Parameter("io0", self.choices.pick(self.types)),)
        block = Interface(f"C{number}", (*before.inputs, *inputs), in_outs, (*before.outputs, *outputs))
        class_ = Class(block, (*methods, *new), properties, is_abstract=is_abstract, base=base)
        return Level(class_, inputs, outputs, locals_, frozenset(written))

    def _methods(self, first: int) -> tuple[Interface, ...]:
        found: list[Interface] = []
        for number in range(first, first + self.choices.number(1, 2)):
            inputs = self.sections.parameters("a", 0, 2, (*self.types, f"REFERENCE TO {self.choices.pick(self.types)}"))
            if self.choices.chance(25):
                inputs = (COUNT, *inputs)
            in_outs = self.sections.parameters("io", 0, 1, self.types) if self.choices.chance(40) else ()
            outputs = self.sections.parameters("o", 0, 1, self.scalars)
            referring = referring_result(self.choices, self.shared) if self.choices.chance(12) else None
            own = None if self.choices.chance(20) else self.choices.pick((*self.scalars, *self.scalars, *self.types))
            found.append(Interface(f"D{number}", inputs, in_outs, outputs, referring or own))
        return tuple(found)

    def _properties(self) -> tuple[Property, ...]:
        return tuple(
            Property(f"P{number}", self.choices.pick(self.values), self.choices.chance(70))
            for number in range(self.choices.number(0, 2))
        )

    # ----------------------------------------------------------------------------------------------------------- text

    def _interface(self) -> str:
        promised = self.classes[INTERFACE]
        members = [f"{self._heading('METHOD', method)}END_METHOD\n" for method in promised.methods]
        for property_ in promised.properties:
            accessors = "GET\nEND_GET\n" + ("SET\nEND_SET\n" if property_.can_be_set else "")
            members.append(f"PROPERTY {property_.name} : {property_.type}\n{accessors}END_PROPERTY\n")
        return f"\nINTERFACE {INTERFACE}\n{''.join(members)}END_INTERFACE\n"

    def _heading(self, word: str, method: Interface) -> str:
        result = f" : {method.result}" if method.result is not None else ""
        return "".join(
            [
                f"{word} {method.name}{result}\n",
                self.sections.section("VAR_INPUT", method.inputs),
                self.sections.section("VAR_IN_OUT", method.in_outs),
                self.sections.section("VAR_OUTPUT", method.outputs),
            ]
        )

    def _block(self, number: int, external: str) -> str:
        level = self.levels[number]
        class_ = level.class_
        behind = f" EXTENDS {class_.base.name}" if class_.base is not None else f" IMPLEMENTS {INTERFACE}"
        abstract = "ABSTRACT " if class_.is_abstract else ""
        counters = self._counters()
        temporary = "VAR_TEMP" if self.choices.chance(40) else "VAR"
        members = [self._method(number, method) for method in class_.methods if self._is_here(level, method)]
        members += [self._property(number, p) for p in class_.properties if p.name in level.written]
        scope = replace(self._inside(number, len(class_.methods)), counters=counters)
        for parameter in class_.block.in_outs:
            scope = scope.with_parameter(parameter.name, parameter.type)
        action, scope = self._action(number, scope)
        if class_.base is not None and not class_.base.is_abstract:
            scope = scope.with_instance("SUPER^", class_.base.block)
        body = [trace(self.choices), *self._statements(scope, 1, 4), *self._peer_body(class_, scope)]
        return "".join(
            [
                f"\nFUNCTION_BLOCK {abstract}{class_.name}{behind}\n",
                external if class_.base is None else "",
                self.sections.section("VAR_INPUT", level.inputs, initialised=True),
                self.sections.section("VAR_IN_OUT", class_.block.in_outs if class_.base is None else ()),
                self.sections.section("VAR_OUTPUT", level.outputs, initialised=True),
                self.sections.section("VAR", level.locals, initialised=True),
                self.sections.section(temporary, counters),
                *members,
                action,
                *(f"{line}\n" for line in body),
                "END_FUNCTION_BLOCK\n",
            ]
        )

    def _is_here(self, level: Level, method: Interface) -> bool:
        is_new = level.class_.base is None or method not in level.class_.base.methods
        return method.name in level.written or is_new

    def _counters(self, prefix: str = "k") -> tuple[Parameter, ...]:
        self._numbered += 1
        return tuple(Parameter(f"{prefix}{self._numbered}{n}", self.choices.pick(WHOLE)) for n in range(2))

    def _inside(self, number: int, callable_below: int) -> Scope:
        """What a member of this level sees: the fields of all levels, and of the methods those with a lower number."""
        scope = self.shared
        for level in self.levels[: number + 1]:
            for parameter in level.fields:
                scope = scope.with_parameter(parameter.name, parameter.type, is_instance=False)
        class_ = self._below(self.levels[number].class_, callable_below)
        return scope.with_object(self.choices.pick(("", "THIS^")), class_, can_be_called=False)

    @staticmethod
    def _below(class_: Class, number: int) -> Class:
        return replace(class_, methods=tuple(m for m in class_.methods if int(m.name[1:]) < number))

    def _method(self, number: int, method: Interface) -> str:
        level = self.levels[number]
        if method.name not in level.written:
            return f"{self._heading('METHOD ABSTRACT', method)}END_METHOD\n"
        scope = self._inside(number, int(method.name[1:]))
        base = level.class_.base
        if base is not None and method in base.methods and not (base.is_abstract and method is base.methods[-1]):
            scope = replace(scope, functions=(*scope.functions, replace(method, name=f"SUPER^.{method.name}")))
        for parameter in (*method.inputs, *method.in_outs, *method.outputs):
            scope = scope.with_parameter(parameter.name, parameter.type)
        bound = bound_result(self.choices, self.shared, method.name, method.result)
        if method.result is not None and not bound:
            result = Scope().with_variable(method.name, method.result).writable
            scope = replace(scope, writable=(*scope.writable, *result))
        kept = self.sections.parameters("z", 0, 1, self.scalars), self.sections.parameters("s", 0, 1, self.scalars)
        locals_ = self.sections.parameters("w", 0, 2, self.types)
        for parameter in (*kept[0], *kept[1], *locals_):
            scope = scope.with_parameter(parameter.name, parameter.type)
        counters = self._counters("c")
        references, scope, binding = scope.with_own_references(self.choices, "r", self.types)
        scope = replace(scope, counters=counters)
        body = [*binding, *bound, trace(self.choices), *self._statements(scope, 1, 3)]
        if COUNT in method.inputs:
            body = [*body, *self._recursion(method, scope)]
        body += self._peer_calls(int(method.name[1:]), scope)
        override = "OVERRIDE " if base is not None and method in base.methods and self.choices.chance(30) else ""
        return "".join(
            [
                self._heading(f"METHOD {override}".strip(), method),
                self.sections.section("VAR_INST", kept[0], initialised=True),
                self.sections.section("VAR_STAT", kept[1], initialised=True),
                self.sections.section("VAR", (*locals_, *references, *counters), initialised=True),
                *(f"{line}\n" for line in body),
                "END_METHOD\n",
            ]
        )

    def _statements(self, scope: Scope, low: int, high: int) -> Lines:
        return Statements(self.choices, scope).some(low, high, 1)

    def _recursion(self, method: Interface, scope: Scope) -> Lines:
        """The method again, on this instance or another one, with a smaller count."""
        own = replace(scope, functions=())
        where = self.choices.pick(("", "THIS^.", "peer^.") if int(method.name[1:]) < self._known_to_peers else ("",))
        rest = replace(method, inputs=tuple(p for p in method.inputs if p != COUNT))
        if not Expressions(self.choices, own).can_call(rest):
            return []
        arguments = Expressions(self.choices, own).arguments(rest, 1, False)
        guard = f"({COUNT.name} > 0) AND ({COUNT.name} <= {self.choices.pick((2, 3, 120))})"
        if where == "peer^.":
            guard = f"{guard} AND (peer <> NULL)"
        call = f"{where}{method.name}({', '.join([f'{COUNT.name} := {COUNT.name} - 1', *arguments])})"
        return [f"IF {guard} THEN", f"    {call};", "END_IF;"]

    @property
    def _known_to_peers(self) -> int:
        return len(self.levels[0].class_.methods)

    def _peer_calls(self, number: int, scope: Scope) -> Lines:
        """Statements that may call other instances, mostly after a look whether there is one."""
        if number == 0 or not self.choices.chance(50):
            return []
        text, name, nothing = self.choices.pick((("peer^", "C0", "peer <> NULL"), ("friend", INTERFACE, "friend <> 0")))
        scope = scope.with_object(text, self._below(self.classes[name], number), can_be_called=False)
        inside = self._statements(replace(scope, counters=()), 1, 2)
        if self.choices.chance(4):
            return inside
        return [f"IF {nothing} THEN", *(f"    {line}" for line in inside), "END_IF;"]

    def _peer_body(self, class_: Class, scope: Scope) -> Lines:
        """The body of another instance, which may be of any level; or of this one again."""
        base = self.levels[0].class_.block
        own = replace(scope, functions=())
        rest = replace(base, inputs=tuple(p for p in base.inputs if p != TURNS))
        if not self.choices.chance(40) or not Expressions(self.choices, own).can_call(rest):
            return []
        arguments = Expressions(self.choices, own).arguments(rest, 1, True)
        call = f"peer^({', '.join([f'{TURNS.name} := {TURNS.name} - 1', *arguments])})"
        guard = f"({TURNS.name} > 0) AND ({TURNS.name} <= {self.choices.pick((2, 4, 200))}) AND (peer <> NULL)"
        return [f"IF {guard} THEN", f"    {call};", "END_IF;"]

    def _property(self, number: int, property_: Property) -> str:
        scope = replace(self._inside(number, 0), functions=(), readings=(), settings=())
        value = Expressions(self.choices, scope).of(property_.type, 2)
        getter = f"GET\n{trace(self.choices)}\n{property_.name} := {value};\nEND_GET\n"
        setter = ""
        if property_.can_be_set:
            inside = scope.with_variable(property_.name, property_.type)
            body = [trace(self.choices), *self._statements(inside, 1, 2)]
            setter = "SET\n" + "".join(f"{line}\n" for line in body) + "END_SET\n"
        return f"PROPERTY {property_.name} : {property_.type}\n{getter}{setter}END_PROPERTY\n"

    def _action(self, number: int, scope: Scope) -> tuple[str, Scope]:
        """An action that the body may call; it sees what the body sees."""
        if not self.choices.chance(40):
            return "", scope
        action = Interface(f"A{number}")
        body = self._statements(replace(scope, functions=()), 1, 2)
        text = f"ACTION {action.name}:\n" + "".join(f"{line}\n" for line in body) + "END_ACTION\n"
        return text, replace(scope, functions=(*scope.functions, action))
