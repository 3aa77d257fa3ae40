"""What a generated body may use: variables, functions, block instances; and the interfaces of generated POUs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.differential.generator.repertoire import BIT_STRINGS, SCALARS, WHOLE, Place, parts_of


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str


@dataclass(frozen=True)
class Interface:
    """A FUNCTION (`result` is its type, or None) or a FUNCTION_BLOCK."""

    name: str
    inputs: tuple[Parameter, ...] = ()
    in_outs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    result: str | None = None


STANDARD_BLOCKS = (
    Interface(
        "TON", (Parameter("IN", "BOOL"), Parameter("PT", "TIME")), (), (Parameter("Q", "BOOL"), Parameter("ET", "TIME"))
    ),
    Interface(
        "TOF", (Parameter("IN", "BOOL"), Parameter("PT", "TIME")), (), (Parameter("Q", "BOOL"), Parameter("ET", "TIME"))
    ),
    Interface(
        "TP", (Parameter("IN", "BOOL"), Parameter("PT", "TIME")), (), (Parameter("Q", "BOOL"), Parameter("ET", "TIME"))
    ),
    Interface(
        "LTON",
        (Parameter("IN", "BOOL"), Parameter("PT", "LTIME")),
        (),
        (Parameter("Q", "BOOL"), Parameter("ET", "LTIME")),
    ),
    Interface(
        "RTC", (Parameter("IN", "BOOL"), Parameter("PDT", "DT")), (), (Parameter("Q", "BOOL"), Parameter("CDT", "DT"))
    ),
    Interface(
        "CTUD_UDINT",
        (*(Parameter(name, "BOOL") for name in ("CU", "CD", "R", "LD")), Parameter("PV", "UDINT")),
        (),
        (Parameter("QU", "BOOL"), Parameter("QD", "BOOL"), Parameter("CV", "UDINT")),
    ),
    Interface("R_TRIG", (Parameter("CLK", "BOOL"),), (), (Parameter("Q", "BOOL"),)),
    Interface("F_TRIG", (Parameter("CLK", "BOOL"),), (), (Parameter("Q", "BOOL"),)),
    Interface("SR", (Parameter("S1", "BOOL"), Parameter("R", "BOOL")), (), (Parameter("Q1", "BOOL"),)),
    Interface("RS", (Parameter("S", "BOOL"), Parameter("R1", "BOOL")), (), (Parameter("Q1", "BOOL"),)),
    Interface(
        "CTU",
        (Parameter("CU", "BOOL"), Parameter("R", "BOOL"), Parameter("PV", "INT")),
        (),
        (Parameter("Q", "BOOL"), Parameter("CV", "INT")),
    ),
    Interface(
        "CTD",
        (Parameter("CD", "BOOL"), Parameter("LD", "BOOL"), Parameter("PV", "INT")),
        (),
        (Parameter("Q", "BOOL"), Parameter("CV", "INT")),
    ),
)


@dataclass(frozen=True)
class Scope:
    """`readable` and `writable` are places, whole variables and their parts. `palette` are the elementary types that
    this program mostly uses, so that its expressions find variables. `bits` are those that are single bits of an
    address. `turns` counts the loops around the
    statement."""

    palette: tuple[str, ...] = SCALARS
    readable: tuple[Place, ...] = ()
    writable: tuple[Place, ...] = ()
    functions: tuple[Interface, ...] = ()
    instances: tuple[tuple[Place, Interface], ...] = ()
    counters: tuple[Parameter, ...] = field(default=())
    bits: tuple[Place, ...] = ()
    turns: int = 0

    @property
    def with_bits(self) -> tuple[Place, ...]:
        """Readable integers and bit strings whose bits have names: a point behind an address would belong to it."""
        return tuple(p for p in self.readable if p.type in (*BIT_STRINGS, *WHOLE) and not p.is_direct)

    def with_bit(self, name: str) -> Scope:
        """A BOOL that is a single bit."""
        return replace(self.with_variable(name, "BOOL"), bits=(*self.bits, Place((name,), "BOOL")))

    def with_variable(self, name: str, type_: str, writable: bool = True) -> Scope:
        places = tuple(parts_of(Place((name,), type_)))
        return replace(
            self, readable=self.readable + places, writable=self.writable + places if writable else self.writable
        )

    def with_members(self, name: str, block: Interface) -> Scope:
        """An instance seen from outside: its outputs can be read, its inputs written, and all of it handed on as an
        in-out."""
        instance = Place((name,), block.name)
        outputs = tuple(instance.then(f".{p.name}", p.type) for p in block.outputs)
        inputs = tuple(instance.then(f".{p.name}", p.type) for p in block.inputs)
        return replace(self, readable=self.readable + outputs, writable=(*self.writable, *inputs, instance))

    def with_instance(self, name: str, block: Interface) -> Scope:
        """An instance that can be called as well."""
        scope = self.with_members(name, block)
        return replace(scope, instances=(*scope.instances, (Place((name,), block.name), block)))

    def in_loop(self, counter_writable: bool) -> Scope:
        """Inside a loop over the first counter."""
        counter, *rest = self.counters
        place = Place((counter.name,), counter.type)
        return replace(
            self,
            counters=tuple(rest),
            readable=(place, *self.readable),
            writable=(place, *self.writable) if counter_writable else self.writable,
            turns=self.turns + 1,
        )
