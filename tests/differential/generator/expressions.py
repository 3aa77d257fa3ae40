"""Well-typed expressions at random: `Expressions.of(type)` writes one whose static type is the one asked for.

Which types meet by themselves is read from the compiler's own tables: the generator is no oracle for typing, it only
must not write what the compiler rejects. Every operator is in parentheses, so the tree is known without precedence.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from iec61131.semantics.conversions import IMPLICIT, Verdict, common_type, is_convertible
from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.operators import DATE_SUMS
from iec61131.semantics.types import ELEMENTARY, Kind
from tests.differential.generator.choices import Choices
from tests.differential.generator.references import address, split
from tests.differential.generator.repertoire import (
    AGGREGATES,
    ARRAYS,
    BIT_STRINGS,
    CALCULATIONS,
    DATES,
    DURATIONS,
    ENUMERATIONS,
    LIBRARY,
    NUMBERED,
    OPEN,
    REALS,
    SCALARS,
    STRUCTS,
    SUBRANGES,
    TEXTS,
    WHOLE,
    Bounds,
    Place,
    elementary,
    is_wide,
    names_of_kind,
    numbers,
    parts_of,
)
from tests.differential.generator.scope import Interface, Scope
from tests.differential.generator.texts import Texts

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
FAULTY = 4
"""Percent of divisors and indices that nobody guards: enough to meet the faults, few enough to get past them."""


_SIGNALS = {
    "TIME": ("AGE({})",),
    "BOOL": ("(QUALITY({}) < QUALITY_CODE#GOOD)", "(AGE({}) > T#5ms)"),
    "USINT": ("TO_USINT(QUALITY({}))", "TO_USINT(QUALITY_REASON({}))"),
}
"""Questions with an answer of this type."""


class Expressions:
    """Expressions over a scope."""

    def __init__(self, choices: Choices, scope: Scope) -> None:
        self.choices = choices
        self.scope = scope
        self.texts = Texts(self)

    # ------------------------------------------------------------------------------------------------------ any type

    def of(self, type_: str, depth: int = 3) -> str:
        """An expression of exactly the static type `type_`."""
        if type_ in TEXTS:
            return self.texts.of(is_wide(type_), depth)
        if type_ in ENUMERATIONS or type_ in AGGREGATES:
            return self._copy(type_, depth)
        name = elementary(type_).name
        if depth <= 0 or not self.choices.chance(65):
            return self._atom(name, depth)
        return self.choices.pick(self._forms(name))(name, depth - 1)

    def compound(self, type_: str, depth: int) -> str:
        """An expression of an elementary type or a string, mostly with at least one operation."""
        if type_ in TEXTS:
            return self.texts.of(is_wide(type_), depth)
        return self.choices.pick(self._forms(type_))(type_, depth - 1)

    def assignable(self, type_: str, depth: int = 3) -> str:
        """An expression that may be assigned to a place of `type_`: its own type, or one that becomes it by itself."""
        referring = split(type_)
        if referring is not None:
            flavour, target = referring
            return address(flavour, self.text(self.choices.pick(self.handed(target)), depth))
        if type_ in NUMBERED and self.choices.chance(10):
            return self.of(NUMBERED[type_], depth)
        if type_ in SCALARS and self.choices.chance(15):
            return self.of(self.choices.pick(sources(type_)), depth)
        if type_ in ("Percent", "Nudge"):
            low, high = {"Percent": (0, 100), "Nudge": (-5, 5)}[type_]
            base = elementary(type_).name
            return self._unguarded(base, depth, f"LIMIT({base}#{low}, {self.of(base, depth - 1)}, {base}#{high})")
        return self.of(type_, depth)

    def _forms(self, name: str) -> list[Callable[[str, int], str]]:
        kind = ELEMENTARY[name].kind
        general = [self._selection, self._conversion]
        if name in LIBRARY:
            general.append(self._library)
        if any(f.gives == name and self.can_call(f) for f in self.scope.functions):
            general += [self._call] * 4
        if any(p.type == name for p in self.scope.readings):
            general += [self._reading] * 2
        if any(f.result in AGGREGATES and self.can_call(f) for f in self.scope.functions):
            general.append(self._part_of_result)
        if name in _SIGNALS and self.scope.watched and self.choices.chance(60):
            general.append(self._signal)
        if name == "BOOL" and self.scope.references:
            general.append(self._reference_test)
        special = {
            Kind.BOOL: [self._comparison, self._logic, self._not, self._comparison, self._bit, self._test],
            Kind.BITS: [self._logic, self._not, self._shift, self._shift, self._byte_order],
            Kind.SIGNED: [self._sum, self._quotient, self._negation, self._absolute, self._logic],
            Kind.UNSIGNED: [self._sum, self._quotient, self._sum, self._shift],
            Kind.REAL: [
                *(self._sum, self._real_quotient, self._negation, self._absolute),
                *(self._root, self._power, self._calculation),
            ],
            Kind.DURATION: [self._time_sum, self._time_scaled, self._time_now, self._date_sum],
            Kind.DATE: [self._date_sum, self._date_sum],
            Kind.CHARACTER: [self._read],
        }[kind]
        texts = {"BOOL": [self._text_comparison] * 2, "INT": [self._text_number] * 2}.get(name, [self._read])
        return [*special, *general, *(texts if self.choices.chance(50) else [])]

    def some_scalar(self) -> str:
        """An elementary type, mostly one of those that the program uses."""
        return self.choices.pick(SCALARS if self.choices.chance(15) else self.scope.palette)

    def _one_of(self, types: tuple[str, ...]) -> str:
        """One of `types`, of those that the program uses if there are any."""
        used = [type_ for type_ in types if type_ in self.scope.palette]
        return self.choices.pick(used if used and self.choices.chance(85) else types)

    def selector(self) -> tuple[str, str]:
        """A type for CASE, and an expression of it."""
        type_ = self._one_of((*WHOLE, *BIT_STRINGS))
        selector = self.of(type_)
        if "(" not in selector and type_ in (base for base, _, _ in SUBRANGES.values()):
            selector = f"({selector} + {type_}#0)"  # a variable of a subrange would allow fewer labels
        return type_, selector

    # --------------------------------------------------------------------------------------------------------- atoms

    def literal(self, name: str) -> str:
        type_ = ELEMENTARY[name]
        match type_.kind:
            case Kind.BOOL:
                return self.choices.pick(("FALSE", "TRUE"))
            case Kind.REAL:
                return f"{name}#{self.choices.pick(REALS)}"
            case Kind.DURATION:
                return f"{name}#{self.choices.pick(DURATIONS)}"
            case Kind.DATE:
                return f"{name}#{self.choices.pick(DATES[name.removeprefix('L')])}"
            case Kind.CHARACTER:
                quote, digits = ("'", 2) if name == "CHAR" else ('"', 4)
                return f"{name}#{quote}${self.choices.pick(numbers(type_)):0{digits}X}{quote}"
            case Kind.BITS:
                return f"{name}#16#{self.choices.pick(numbers(type_)):X}"
            case Kind.SIGNED | Kind.UNSIGNED:
                return f"{name}#{self.choices.pick(numbers(type_))}"

    def listed(self, type_: str) -> str:
        """`[1, 2(3)]` or `(x := 1)` for a type of AGGREGATES: constants, some left out."""
        if type_ in ARRAYS:
            element, bounds = ARRAYS[type_]
            count = self.choices.number(1, prod(high - low + 1 for low, high in bounds))
            if count > 1 and self.choices.chance(30):
                return f"[{count}({self._listed_part(element)})]"
            return f"[{', '.join(self._listed_part(element) for _ in range(count))}]"
        some = [field for field in STRUCTS[type_] if self.choices.chance(60)]
        if len(some) < 2:  # `(x := 1)` alone would be taken for a comparison
            some = list(STRUCTS[type_][:2])
        return f"({', '.join(f'{name} := {self._listed_part(part)}' for name, part in some)})"

    def _listed_part(self, type_: str) -> str:
        if type_ in AGGREGATES:
            return self.listed(type_)
        if type_ in ENUMERATIONS:
            return f"{type_}#{self.choices.pick(ENUMERATIONS[type_])}"
        if type_ in TEXTS:
            return self.texts.literal(is_wide(type_))
        return str(self.choices.number(0, 5)) if type_ in SUBRANGES else self.literal(type_)

    def _atom(self, name: str, depth: int) -> str:
        found = [p for p in self.scope.readable if p.type in (*SCALARS, *SUBRANGES)]
        found = [p for p in found if elementary(p.type).name == name]
        if found and self.choices.chance(85):
            return self.text(self.choices.pick(found), depth)
        return self.literal(name)

    def _unguarded(self, name: str, depth: int, guarded: str, percent: int = FAULTY) -> str:
        """Instead of `guarded`, now and then, something that only a running program can find wrong: what the compiler
        can work out by itself it would reject."""
        return self.unpredictable(name, depth) or guarded if self.choices.chance(percent) else guarded

    def unpredictable(self, name: str, depth: int) -> str | None:
        """Something with a variable in it; None when there is none of this type."""
        found = [p for p in self.scope.readable if p.type == name]
        if not found:
            return None
        variable = self.text(self.choices.pick(found), depth)
        return variable if self.choices.chance(50) else f"({variable} - {self.of(name, depth)})"

    def _copy(self, type_: str, depth: int) -> str:
        found = [p for p in self.scope.readable if p.type == type_]
        if type_ in ENUMERATIONS and (not found or self.choices.chance(50)):
            return f"{type_}#{self.choices.pick(ENUMERATIONS[type_])}"
        calls = [f for f in self.scope.functions if f.result == type_ and self.can_call(f)]
        if calls and depth > 0 and self.choices.chance(30):
            return self.call(self.choices.pick(calls), depth - 1)
        assert found, f"no variable of {type_}"
        if type_ in AGGREGATES and depth > 0 and self.choices.chance(20):
            first, second = self._copy(type_, depth - 1), self._copy(type_, depth - 1)
            return f"SEL({self.of('BOOL', depth - 1)}, {first}, {second})"
        return self.text(self.choices.pick(found), depth)

    def has(self, type_: str) -> bool:
        """Whether there is something to hand in where `type_` is wanted."""
        referring = split(type_)
        if referring is not None:
            return bool(self.handed(referring[1]))
        return type_ not in AGGREGATES or any(p.type == type_ for p in self.scope.readable)

    def text(self, place: Place, depth: int) -> str:
        """The place with its indices chosen."""
        return "".join(part if isinstance(part, str) else self._indices(part, depth - 1) for part in place.parts)

    def _indices(self, bounds: Bounds, depth: int) -> str:
        return f"[{', '.join(self._index(low, high, depth) for low, high in bounds)}]"

    def _index(self, low: int, high: int, depth: int) -> str:
        if depth <= 0 or not self.choices.chance(50):
            return str(self.choices.number(low, high))
        type_ = self._one_of(("INT", "DINT", "SINT", "LINT") if low < 0 else WHOLE)
        guarded = f"LIMIT({type_}#{low}, {self.of(type_, min(depth, 1))}, {type_}#{high})"
        return self._unguarded(type_, 0, guarded, 4 * FAULTY)

    # ----------------------------------------------------------------------------------------------------- operators

    def _other(self, name: str, depth: int) -> str:
        """A second operand that meets one of type `name` in that type."""
        if self.choices.chance(25):
            meeting = [
                n for n in self.scope.palette if common_type(ELEMENTARY[name], ELEMENTARY[n]) is ELEMENTARY[name]
            ]
            same_kind = [
                n for n in meeting if ELEMENTARY[n].kind is not Kind.BITS or ELEMENTARY[name].kind is Kind.BITS
            ]
            return self.of(self.choices.pick(same_kind or [name]), depth)
        return self.of(name, depth)

    def _sum(self, name: str, depth: int) -> str:
        return f"({self.of(name, depth)} {self.choices.pick('+-*')} {self._other(name, depth)})"

    def _quotient(self, name: str, depth: int) -> str:
        divisor = self._unguarded(name, depth, self._not_zero(name, depth))
        return f"({self.of(name, depth)} {self.choices.pick(('/', 'MOD'))} {divisor})"

    def _not_zero(self, name: str, depth: int) -> str:
        literal = f"{name}#{self.choices.pick([n for n in numbers(ELEMENTARY[name]) if n != 0])}"
        if not self.choices.chance(40):
            return literal
        return f"MAX({self.of(name, depth)}, {name}#1)"

    def _real_quotient(self, name: str, depth: int) -> str:
        return f"({self.of(name, depth)} / {self._other(name, depth)})"

    def _negation(self, name: str, depth: int) -> str:
        return f"(-{self.of(name, depth)})"

    def _absolute(self, name: str, depth: int) -> str:
        return f"ABS({self.of(name, depth)})"

    def _root(self, name: str, depth: int) -> str:
        return f"SQRT({self.of(name, depth)})"

    def _power(self, name: str, depth: int) -> str:
        return f"({self.of(name, depth)} ** {self.of(name, depth)})"

    def _calculation(self, name: str, depth: int) -> str:
        function = self.choices.pick(CALCULATIONS)
        operands = (self.of(name, depth) for _ in INTRINSICS[function].parameters)
        return f"{function}({', '.join(operands)})"

    def _test(self, name: str, depth: int) -> str:
        if self.choices.chance(30):
            return f"IS_VALID({self.of(self.choices.pick(names_of_kind(Kind.REAL)), depth)})"
        type_ = self.some_scalar()
        operands = (self.of(type_, depth) for _ in range(self.choices.number(2, 4)))
        return f"{self.choices.pick(('GT', 'GE', 'EQ', 'LE', 'LT'))}({', '.join(operands)})"

    def _byte_order(self, name: str, depth: int) -> str:
        way, end = self.choices.pick(("TO", "FROM")), self.choices.pick(("BIG", "BIG", "LITTLE"))
        return f"{way}_{end}_ENDIAN({self.of(name, depth)})"

    def _library(self, name: str, depth: int) -> str:
        """A standard function that is written in the language."""
        function, parameters = self.choices.pick(LIBRARY[name])
        return f"{function}({', '.join(self.of(parameter, depth) for parameter in parameters)})"

    def _logic(self, name: str, depth: int) -> str:
        if self.choices.chance(20):
            operands = (self.of(name, depth) for _ in range(self.choices.number(2, 3)))
            return f"{self.choices.pick(('AND', 'OR', 'XOR'))}({', '.join(operands)})"
        names = ("AND", "OR", "XOR", "AND_THEN", "OR_ELSE") if name == "BOOL" else ("AND", "OR", "XOR")
        return f"({self.of(name, depth)} {self.choices.pick(names)} {self.of(name, depth)})"

    def _not(self, name: str, depth: int) -> str:
        return f"(NOT {self.of(name, depth)})"

    def _shift(self, name: str, depth: int) -> str:
        if ELEMENTARY[name].kind is not Kind.BITS:
            return self._sum(name, depth)
        count = self.of("INT", depth) if self.choices.chance(40) else str(self.choices.number(0, 65))
        return f"{self.choices.pick(('SHL', 'SHR', 'ROL', 'ROR'))}({self.of(name, depth)}, {count})"

    def _comparison(self, name: str, depth: int) -> str:
        if self.choices.chance(15):
            enumeration = self.choices.pick(tuple(ENUMERATIONS))
            return f"({self.of(enumeration, depth)} {self.choices.pick(COMPARISONS)} {self.of(enumeration, depth)})"
        type_ = self.some_scalar()
        return f"({self.of(type_, depth)} {self.choices.pick(COMPARISONS)} {self._other(type_, depth)})"

    def _bit(self, name: str, depth: int) -> str:
        found = self.scope.with_bits
        if not found:
            return self._comparison(name, depth)
        place = self.choices.pick(found)
        return f"{self.text(place, depth)}.{self.choices.number(0, ELEMENTARY[place.type].bits - 1)}"

    # ---------------------------------------------------------------------------------------------------------- texts

    def _text_comparison(self, name: str, depth: int) -> str:
        return self.texts.comparison(depth)

    def _text_number(self, name: str, depth: int) -> str:
        return self.texts.number(depth)

    def _read(self, name: str, depth: int) -> str:
        character = self.texts.character(name, depth) if name in ("BYTE", "WORD") else None
        return character or self.texts.read(name, depth)

    # ------------------------------------------------------------------------------------------------------ durations

    def _time_sum(self, name: str, depth: int) -> str:
        return f"({self.of(name, depth)} {self.choices.pick('+-')} {self.of(name, depth)})"

    def _time_scaled(self, name: str, depth: int) -> str:
        number = self.some_scalar()
        if ELEMENTARY[number].kind not in (Kind.SIGNED, Kind.UNSIGNED, Kind.REAL):
            number = self.choices.pick((*WHOLE, *names_of_kind(Kind.REAL)))
        if self.choices.chance(50):
            return f"({self.of(name, depth)} * {self.of(number, depth)})"
        is_real = ELEMENTARY[number].kind is Kind.REAL
        if is_real:
            return f"({self.of(name, depth)} / {self.of(number, depth)})"
        divisor = self._unguarded(number, depth, self._not_zero(number, depth))
        return f"({self.of(name, depth)} / {divisor})"

    def _time_now(self, name: str, depth: int) -> str:
        return "TIME()" if name == "TIME" else self._time_sum(name, depth)

    def _date_sum(self, name: str, depth: int) -> str:
        """A row of the language's own table; a DATE is in none of them as a result."""
        rows = [operands for operands, result in DATE_SUMS.items() if result.name == name]
        if not rows:
            return self._conversion(name, depth)
        operator, left, right = self.choices.pick(rows)
        return f"({self.of(left.name, depth)} {operator.value} {self.of(right.name, depth)})"

    # --------------------------------------------------------------------------------------------- functions and calls

    def _selection(self, name: str, depth: int) -> str:
        def operand() -> str:
            return self.of(name, depth)

        match self.choices.pick(("MIN", "MAX", "LIMIT", "SEL", "MUX")):
            case "MUX":
                operands = ", ".join(operand() for _ in range(self.choices.number(2, 4)))
                return f"MUX({self.of(self._one_of((*WHOLE, *BIT_STRINGS)), depth)}, {operands})"
            case "LIMIT":
                return f"LIMIT({operand()}, {operand()}, {operand()})"
            case "SEL":
                return f"SEL({self.of('BOOL', depth)}, {operand()}, {operand()})"
            case function:
                return f"{function}({', '.join(operand() for _ in range(self.choices.number(2, 3)))})"

    def _conversion(self, name: str, depth: int) -> str:
        source = self.some_scalar()
        if source == name or not is_convertible(ELEMENTARY[source], ELEMENTARY[name]):
            return self.of(name, depth)
        if ELEMENTARY[source].kind is Kind.REAL and name in WHOLE and self.choices.chance(50):
            family = self.choices.pick((f"{source}_TRUNC", "ROUND", "FLOOR", "CEIL"))
            return f"{family}_{name}({self.of(source, depth)})"
        prefix = "" if self.choices.chance(20) else f"{source}_"
        return f"{prefix}TO_{name}({self.of(source, depth)})"

    def _call(self, name: str, depth: int) -> str:
        callee = self.choices.pick([f for f in self.scope.functions if f.gives == name and self.can_call(f)])
        return f"{self.call(callee, depth)}{callee.behind}"

    def _reading(self, name: str, depth: int) -> str:
        """A property, which is a call that does not look like one."""
        return self.text(self.choices.pick([p for p in self.scope.readings if p.type == name]), depth)

    def _part_of_result(self, name: str, depth: int) -> str:
        """`f(x).y` or `f(x)[i]`."""
        found = [
            (callee, place)
            for callee in self.scope.functions
            if callee.result in AGGREGATES and self.can_call(callee)
            for place in parts_of(Place(("",), callee.result))
            if place.type == name
        ]
        if not found:
            return self._atom(name, depth)
        callee, place = self.choices.pick(found)
        return self.call(callee, depth) + self.text(place, depth)

    def _reference_test(self, name: str, depth: int) -> str:
        """Whether a reference refers to something, or where."""
        reference = self.choices.pick(self.scope.references)
        targets = self.handed(reference.target)
        if reference.flavour != "POINTER TO" or not targets or self.choices.chance(50):
            return reference.is_bound
        return (
            f"({reference.name} {self.choices.pick(('=', '<>'))} ADR({self.text(self.choices.pick(targets), depth)}))"
        )

    def _signal(self, name: str, depth: int) -> str:
        """What the inputs say that fill a variable."""
        place = self.text(self.choices.pick(self.scope.watched), depth)
        return self.choices.pick(_SIGNALS[name]).format(place)

    def can_call(self, callee: Interface) -> bool:
        """Whether there is a variable for each in-out, and a value for each input."""
        return all(self.in_out(io.type) for io in callee.in_outs) and all(self.has(p.type) for p in callee.inputs)

    def handed(self, type_: str) -> list[Place]:
        """What can be handed out as an in-out, or referred to; not a single bit."""
        found = [p for p in self.scope.writable if self.scope.stands_for(p.type, type_)]
        return [p for p in found if not (type_ == "BOOL" and p in self.scope.bits)]

    def in_out(self, type_: str) -> list[Place]:
        """The same for an in-out alone: for a string also a longer one, for an array of any bounds all of its elements'
        type."""
        if type_.startswith(OPEN):
            element = type_.removeprefix(OPEN)
            rows = [name for name, (of, bounds) in ARRAYS.items() if of == element and len(bounds) == 1]
            return [p for p in self.scope.writable if p.type == type_ or p.type in rows]
        if type_ not in TEXTS:
            return self.handed(type_)
        alike = [p for p in self.scope.writable if p.type in TEXTS and is_wide(p.type) is is_wide(type_)]
        return [p for p in alike if TEXTS[p.type] >= TEXTS[type_]]

    def call(self, callee: Interface, depth: int) -> str:
        return f"{callee.name}({', '.join(self.arguments(callee, depth, may_omit=False))})"

    def arguments(self, callee: Interface, depth: int, may_omit: bool) -> list[str]:
        """Named arguments in any order: all in-outs, inputs (some left out if `may_omit`), some outputs; now and then
        EN and ENO, which decide and tell whether the call is made."""
        written = [
            f"{p.name} := {self.assignable(p.type, depth)}"
            for p in callee.inputs
            if self.has(p.type) and not (may_omit and split(p.type) is None and self.choices.chance(20))
        ]
        if self.choices.chance(50):
            self.choices.random.shuffle(written)
        for parameter in callee.in_outs:
            place = self.choices.pick(self.in_out(parameter.type))
            written.append(f"{parameter.name} := {self.text(place, depth)}")
        for parameter in callee.outputs:
            places = [p for p in self.scope.writable if may_become(parameter.type, p.type)]
            if places and self.choices.chance(40):
                negated = parameter.type == "BOOL" and self.choices.chance(20)
                written.append(f"{'NOT ' * negated}{parameter.name} => {self.text(self.choices.pick(places), depth)}")
        if self.choices.chance(6):
            written.insert(0, f"EN := {self.of('BOOL', min(depth, 1))}")
        done = [p for p in self.scope.writable if p.type == "BOOL"] if self.choices.chance(5) else []
        return [*written, f"ENO => {self.text(self.choices.pick(done), 1)}"] if done else written


def sources(type_: str) -> list[str]:
    """The elementary types that become `type_` by themselves, itself first."""
    others = [n for n in SCALARS if n != type_ and IMPLICIT[ELEMENTARY[n], ELEMENTARY[type_]] is not Verdict.EXPLICIT]
    return [type_, *others]


def may_become(source: str, target: str) -> bool:
    if source == target:
        return True
    if source in TEXTS and target in TEXTS:
        return is_wide(source) is is_wide(target)
    return source in ELEMENTARY and target in ELEMENTARY and source in sources(target)
