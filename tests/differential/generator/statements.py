"""Statements at random, over a scope. Loops are kept short; now and then one of them never ends, which the loop
budget finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

from iec61131.semantics.types import ELEMENTARY
from tests.differential.generator.choices import Choices
from tests.differential.generator.expressions import Expressions, may_become
from tests.differential.generator.repertoire import (
    AGGREGATES,
    ARRAYS,
    ASSIGNABLE,
    ENUMERATIONS,
    SCALARS,
    TEXTS,
    WHOLE,
    is_wide,
    size_of,
)
from tests.differential.generator.scope import Scope

Lines = list[str]


def trace(choices: Choices) -> str:
    return f"gTrace := gTrace * 31 + {choices.number(1, 999)};"


class Statements:
    """`in_arm`: of a CASE, where a name with a colon is the label of the next arm."""

    def __init__(self, choices: Choices, scope: Scope, in_arm: bool = False) -> None:
        self.choices = choices
        self.scope = scope
        self.in_arm = in_arm
        self.expressions = Expressions(choices, scope)

    def some(self, low: int, high: int, depth: int = 2) -> Lines:
        """Between `low` and `high` statements, `depth` levels of nesting at most."""
        lines: Lines = []
        for _ in range(self.choices.number(low, high)):
            lines += self.one(depth)
        return lines

    def one(self, depth: int) -> Lines:
        forms: list[Callable[[int], Lines]] = [self._assign, self._assign, self._assign]
        forms += [self._assign_bit, self._assign_character, self._copy, self._call_block, self._call_block]
        forms += [self._call_function, self._trace, self._chain, self._set]
        if self.scope.references:
            forms += [self._bind, self._step]
        if self.scope.settings:
            forms += [self._set_property] * 2
        if depth > 0:
            forms += [self._if, self._if, self._case]
            if self.scope.counters:
                forms += [self._for, self._for, self._while, self._repeat]
        if depth > 0 and not self.in_arm:
            forms += [self._skip, self._again] if self.scope.counters else [self._skip]
        if self.scope.labels:
            forms += [self._jump]
        if self.scope.turns:
            forms += [self._leave, self._leave, self._leave]
        return self.choices.pick(forms)(depth)

    def _nested(self, depth: int, scope: Scope | None = None, in_arm: bool = False) -> Lines:
        inner = Statements(self.choices, scope or self.scope, in_arm)
        return [f"    {line}" for line in inner.some(1, 3, depth - 1)]

    # ----------------------------------------------------------------------------------------------------- one line

    def _assign(self, depth: int) -> Lines:
        places = [p for p in self.scope.writable if p.type in ASSIGNABLE]
        if not places:
            return [";"]
        place = self.choices.pick(places)
        return [f"{self.expressions.text(place, 2)} := {self.expressions.assignable(place.type)};"]

    def _trace(self, depth: int) -> Lines:
        return [trace(self.choices)]

    def _assign_bit(self, depth: int) -> Lines:
        places = [p for p in self.scope.with_bits if p in self.scope.writable]
        if not places:
            return self._assign(depth)
        place = self.choices.pick(places)
        bit = self.choices.number(0, ELEMENTARY[place.type].bits - 1)
        return [f"{self.expressions.text(place, 2)}.{bit} := {self.expressions.of('BOOL', 2)};"]

    def _assign_character(self, depth: int) -> Lines:
        texts = [p for p in self.scope.writable if p.type in TEXTS]
        if not texts:
            return self._assign(depth)
        place = self.choices.pick(texts)
        type_ = "WORD" if is_wide(place.type) else "BYTE"
        character = self.expressions.text(place.then(((0, TEXTS[place.type]),), type_), 2)
        return [f"{character} := {self.expressions.of(type_, 2)};"]

    def _copy(self, depth: int) -> Lines:
        places = [p for p in self.scope.writable if p.type in AGGREGATES and self.expressions.has(p.type)]
        if not places:
            return self._assign(depth)
        place = self.choices.pick(places)
        value = self.expressions.listed(place.type) if self.choices.chance(20) else self.expressions.of(place.type, 2)
        return [f"{self.expressions.text(place, 2)} := {value};"]

    def _chain(self, depth: int) -> Lines:
        """`a := b := e`, where what b holds may become what a is."""
        places = [p for p in self.scope.writable if p.type in SCALARS]
        if not places:
            return self._assign(depth)
        inner = self.choices.pick(places)
        outer = self.choices.pick([p for p in places if may_become(inner.type, p.type)])
        value = self.expressions.assignable(inner.type)
        return [f"{self.expressions.text(outer, 1)} := {self.expressions.text(inner, 1)} := {value};"]

    def _set(self, depth: int) -> Lines:
        places = [p for p in self.scope.writable if p.type == "BOOL"]
        if not places:
            return self._assign(depth)
        place = self.expressions.text(self.choices.pick(places), 1)
        return [f"{place} {self.choices.pick(('S=', 'R='))} {self.expressions.of('BOOL')};"]

    def _set_property(self, depth: int) -> Lines:
        place = self.choices.pick(self.scope.settings)
        return [f"{self.expressions.text(place, 1)} := {self.expressions.assignable(place.type)};"]

    # ----------------------------------------------------------------------------------------------------- references

    def _bind(self, depth: int) -> Lines:
        """A reference to something else, seldom to nothing."""
        reference = self.choices.pick(self.scope.references)
        targets = self.expressions.handed(reference.target)
        if not targets or self.choices.chance(3):
            return [reference.clearing]
        return [reference.binding(self.expressions.text(self.choices.pick(targets), 1))]

    def _step(self, depth: int) -> Lines:
        """A pointer into an array: to its first element, then on to another one, which is used."""
        pointers = [r for r in self.scope.references if r.flavour == "POINTER TO" and r.target in SCALARS]
        found = [
            (pointer, array, ARRAYS[array.type][1])
            for pointer in pointers
            for array in self.scope.writable
            if array.type in ARRAYS and ARRAYS[array.type][0] == pointer.target
        ]
        if not found:
            return self._bind(depth)
        pointer, array, bounds = self.choices.pick(found)
        first = ", ".join(str(low) for low, _ in bounds)
        last = prod(high - low + 1 for low, high in bounds) - 1
        start = f"{pointer.name} := ADR({self.expressions.text(array, 1)}[{first}]);"
        if self.choices.chance(50):
            distance = self.choices.number(0, last) * size_of(pointer.target)
            return [start, f"{pointer.name} := {pointer.name} + {distance};"]
        index = f"LIMIT(DINT#0, {self.expressions.of('DINT', 1)}, DINT#{last})"
        return [start, f"{pointer.name}[{index}] := {self.expressions.assignable(pointer.target, 2)};"]

    def _call_block(self, depth: int) -> Lines:
        callable_ = [(place, block) for place, block in self.scope.instances if self.expressions.can_call(block)]
        if not callable_:
            return self._assign(depth)
        place, block = self.choices.pick(callable_)
        return [f"{self.expressions.text(place, 2)}({', '.join(self.expressions.arguments(block, 3, may_omit=True))});"]

    def _call_function(self, depth: int) -> Lines:
        callable_ = [f for f in self.scope.functions if self.expressions.can_call(f)]
        if not callable_:
            return self._assign(depth)
        return [f"{self.expressions.call(self.choices.pick(callable_), 3)};"]

    def _leave(self, depth: int) -> Lines:
        word = self.choices.pick(("EXIT", "CONTINUE", "EXIT", "CONTINUE", "RETURN"))
        return [f"IF {self.expressions.of('BOOL', 2)} THEN", f"    {word};", "END_IF;"]

    # ---------------------------------------------------------------------------------------------------------- jumps

    def _jump(self, depth: int) -> Lines:
        """To one of the labels further down, out of whatever is around the statement."""
        return self._jump_if(self.expressions.of("BOOL", 2), self.choices.pick(self.scope.labels))

    @staticmethod
    def _jump_if(condition: str, label: str) -> Lines:
        return [f"IF {condition} THEN", f"    JMP {label};", "END_IF;"]

    def _skip(self, depth: int) -> Lines:
        """Statements that are left out sometimes, from the first one on or from somewhere inside."""
        label = self.choices.label()
        inside = Statements(self.choices, replace(self.scope, labels=(*self.scope.labels, label))).some(1, 2, depth - 1)
        first = self._jump_if(self.expressions.of("BOOL", 2), label) if self.choices.chance(60) else []
        return [*first, *inside, f"{label}: {trace(self.choices)}"]

    def _again(self, depth: int) -> Lines:
        """A loop that a jump backwards makes, which EXIT and CONTINUE do not know."""
        counter, label = self.scope.counters[0], self.choices.label()
        inside = replace(self.scope.in_loop(counter_writable=self.choices.chance(5)), turns=self.scope.turns)
        condition = f"({counter.name} < {self.choices.number(1, 5)})"
        if self.choices.chance(50):
            condition = f"({condition} AND {self.expressions.of('BOOL', 2)})"
        return [
            f"{counter.name} := 0;",
            f"{label}: {counter.name} := {counter.name} + 1;",
            *Statements(self.choices, inside).some(1, 2, depth - 1),
            *self._jump_if(condition, label),
        ]

    # ------------------------------------------------------------------------------------------------------- branches

    def _if(self, depth: int) -> Lines:
        lines = [f"IF {self.expressions.of('BOOL')} THEN", *self._nested(depth)]
        for _ in range(self.choices.number(0, 2)):
            lines += [f"ELSIF {self.expressions.of('BOOL')} THEN", *self._nested(depth)]
        if self.choices.chance(50):
            lines += ["ELSE", *self._nested(depth)]
        return [*lines, "END_IF;"]

    def _case(self, depth: int) -> Lines:
        if self.choices.chance(20):
            type_ = self.choices.pick(tuple(ENUMERATIONS))
            labels = [f"{type_}#{name}" for name in ENUMERATIONS[type_][: self.choices.number(1, 3)]]
            selector = self.expressions.of(type_)
        else:
            type_, selector = self.expressions.selector()
            labels = self._labels(type_)
        lines = [f"CASE {selector} OF"]
        for label in labels:
            lines += [f"    {label}:", *(f"    {line}" for line in self._nested(depth, in_arm=True))]
        if self.choices.chance(60):
            lines += ["ELSE", *self._nested(depth)]
        return [*lines, "END_CASE;"]

    def _labels(self, type_: str) -> list[str]:
        """Values and ranges in rising order that do not overlap."""
        least, most = ELEMENTARY[type_].minimum, ELEMENTARY[type_].maximum
        cuts = [least, max(least, -3), 0, 1, 2, 5, 10, 100, most - 1, most]
        points = sorted({cut for cut in cuts if least <= cut <= most and self.choices.chance(50)}) or [0]
        labels: list[str] = []
        while points:
            if len(points) > 1 and self.choices.chance(40):
                labels.append(f"{points[0]}..{points[1]}")
                del points[:2]
            elif len(points) > 2 and self.choices.chance(30):
                labels.append(f"{points[0]}, {points[1]}")
                del points[:2]
            else:
                labels.append(str(points.pop(0)))
        return labels

    # ---------------------------------------------------------------------------------------------------------- loops

    def _for(self, depth: int) -> Lines:
        name, type_name = self.scope.counters[0].name, self.scope.counters[0].type
        inside = self.scope.in_loop(counter_writable=self.choices.chance(10))
        shared = [p for p in self.scope.writable if p.type in WHOLE]
        if shared and self.choices.chance(12):
            # Any variable can count: a global, an in-out, an element; somebody else may change it meanwhile.
            place = self.choices.pick(shared)
            name, type_name = self.expressions.text(place, 1), place.type
        type_ = ELEMENTARY[type_name]
        origin = self.choices.pick((0, 1, type_.maximum - 3, type_.minimum + 1, type_.minimum))
        start = min(max(origin + self.choices.number(0, 3), type_.minimum), type_.maximum)
        stop = min(max(start + self.choices.pick((3, 0, 5, -1, -4, 6)), type_.minimum), type_.maximum)
        step = self.choices.pick((1, 1, 2, 3, -1, -2) if type_.is_signed else (1, 1, 2, 3))
        by = "" if step == 1 and self.choices.chance(70) else f" BY {step}"
        unpredictable = self.expressions.unpredictable(type_name, 0)
        if unpredictable is not None and self.choices.chance(10):
            by = f" BY {unpredictable}"
        head = f"FOR {name} := {self._bound(type_name, start)} TO {self._bound(type_name, stop)}{by} DO"
        return [head, *self._nested(depth, inside), "END_FOR;"]

    def _bound(self, type_: str, value: int) -> str:
        """Mostly the value itself, sometimes something about it that is known only at run time."""
        if not self.choices.chance(20):
            return str(value)
        return f"MIN({self.expressions.of(type_, 2)}, {type_}#{value})"

    def _while(self, depth: int) -> Lines:
        counter = self.scope.counters[0]
        inside = self.scope.in_loop(counter_writable=self.choices.chance(5))
        condition = f"({counter.name} < {self.choices.number(1, 6)})"
        if self.choices.chance(50):
            condition = f"({condition} {self.choices.pick(('AND', 'AND_THEN'))} {self.expressions.of('BOOL', 2)})"
        return [
            f"{counter.name} := 0;",
            f"WHILE {condition} DO",
            f"    {counter.name} := {counter.name} + 1;",
            *self._nested(depth, inside),
            "END_WHILE;",
        ]

    def _repeat(self, depth: int) -> Lines:
        counter = self.scope.counters[0]
        inside = self.scope.in_loop(counter_writable=self.choices.chance(5))
        condition = f"({counter.name} >= {self.choices.number(0, 5)})"
        if self.choices.chance(50):
            condition = f"({condition} OR {self.expressions.of('BOOL', 2)})"
        return [
            f"{counter.name} := 0;",
            "REPEAT",
            f"    {counter.name} := {counter.name} + 1;",
            *self._nested(depth, inside),
            f"UNTIL {condition}",
            "END_REPEAT;",
        ]
