"""What a generated body may use: variables, functions, block instances; and the interfaces of generated POUs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.differential.generator.choices import Choices
from tests.differential.generator.references import Reference, chosen, split
from tests.differential.generator.repertoire import BIT_STRINGS, OPEN, SCALARS, WHOLE, Place, parts_of


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

    @property
    def gives(self) -> str | None:
        """The type of the value that a call stands for: of a reference that of what it refers to."""
        referring = split(self.result) if self.result is not None else None
        return referring[1] if referring is not None else self.result

    @property
    def behind(self) -> str:
        """What stands behind a call whose result is followed."""
        referring = split(self.result) if self.result is not None else None
        return "^" if referring is not None and referring[0] in ("POINTER TO", "REF_TO") else ""


@dataclass(frozen=True)
class Property:
    name: str
    type: str
    can_be_set: bool


@dataclass(frozen=True)
class Class:
    """A block with methods and properties, inherited ones too; or an INTERFACE, which is nothing else."""

    block: Interface
    methods: tuple[Interface, ...] = ()
    properties: tuple[Property, ...] = ()
    is_interface: bool = False
    is_abstract: bool = False
    base: Class | None = None

    @property
    def name(self) -> str:
        return self.block.name


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
    address. `turns` counts the loops around the statement; `labels` stand further down around it. `references` may be
    bound anew. `readings` and `settings` are properties: read and assigned like variables, but nothing that an address
    or a part could be taken of. `watched` are variables that inputs may fill, and their parts. `classes` are the
    blocks with methods that the program has, by name."""

    palette: tuple[str, ...] = SCALARS
    readable: tuple[Place, ...] = ()
    writable: tuple[Place, ...] = ()
    functions: tuple[Interface, ...] = ()
    instances: tuple[tuple[Place, Interface], ...] = ()
    counters: tuple[Parameter, ...] = field(default=())
    bits: tuple[Place, ...] = ()
    turns: int = 0
    labels: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    readings: tuple[Place, ...] = ()
    settings: tuple[Place, ...] = ()
    watched: tuple[Place, ...] = ()
    classes: Mapping[str, Class] = field(default_factory=dict[str, "Class"])

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

    def with_reference(self, reference: Reference, is_bindable: bool = True) -> Scope:
        """What it refers to, in all its parts."""
        places = tuple(parts_of(reference.place))
        scope = replace(
            self,
            readable=self.readable + (places if reference.target not in self.classes else ()),
            writable=self.writable + places,
            references=(*self.references, reference) if is_bindable else self.references,
        )
        class_ = self.classes.get(reference.target)
        return scope.with_object("".join(map(str, reference.place.parts)), class_) if class_ is not None else scope

    def with_classes(self, classes: Mapping[str, Class]) -> Scope:
        return replace(self, classes=classes)

    def with_parameter(self, name: str, type_: str, is_instance: bool = True) -> Scope:
        """A variable of any type, references and blocks with methods among them. `is_instance` False: a member of the
        running block, whose references lead to instances that it does not call just so.
        """
        referring = split(type_)
        if referring is None and type_ in self.classes:
            return self.with_object(name, self.classes[type_])
        if type_.startswith(OPEN):
            return self.with_open_array(name, type_)
        if referring is None:
            return self.with_variable(name, type_)
        if not is_instance and referring[1] in self.classes:
            return self
        return self.with_reference(Reference(name, *referring), is_bindable=False)

    def with_open_array(self, name: str, type_: str) -> Scope:
        """An array of any bounds, with its elements at some places that all arrays have."""
        low, high = f"LOWER_BOUND({name}, 1)", f"UPPER_BOUND({name}, 1)"
        places = [Place((name,), type_)]
        for index in (low, high, f"LIMIT({low}, DINT#1, {high})"):
            places += parts_of(Place((f"{name}[{index}]",), type_.removeprefix(OPEN)))
        return replace(self, readable=(*self.readable, *places), writable=(*self.writable, *places))

    def with_own_references(
        self, choices: Choices, prefix: str, targets: tuple[str, ...]
    ) -> tuple[tuple[Parameter, ...], Scope, list[str]]:
        """Up to two references of the POU's own: their declarations, the scope with them, and what binds them."""
        declared: list[Parameter] = []
        binding: list[str] = []
        scope = self
        for number in range(choices.pick((0, 0, 1, 2))):
            reference = chosen(choices, f"{prefix}{number}", targets)
            found = [p for p in self.writable if p not in self.bits and self.stands_for(p.type, reference.target)]
            found = [p for p in found if all(isinstance(part, str) for part in p.parts)]
            if found:
                declared.append(Parameter(reference.name, reference.type))
                binding.append(reference.binding("".join(map(str, choices.pick(found).parts))))
                scope = scope.with_reference(reference)
        return tuple(declared), scope, binding

    def stands_for(self, given: str, wanted: str) -> bool:
        """Whether a variable of one type can be referred to as one of the other."""
        if given == wanted:
            return True
        class_ = self.classes.get(given)
        while class_ is not None and not class_.is_interface:
            if wanted == class_.name or (wanted in self.classes and self.classes[wanted].is_interface):
                return True
            class_ = class_.base
        return False

    def with_object(self, text: str, class_: Class, can_be_called: bool = True) -> Scope:
        """An instance of a block with methods, as `text` names it; `text` "" is the running instance."""
        prefix = f"{text}." if text else ""
        methods = tuple(replace(method, name=f"{prefix}{method.name}") for method in class_.methods)
        properties = tuple((Place((f"{prefix}{p.name}",), p.type), p.can_be_set) for p in class_.properties)
        scope = replace(
            self,
            functions=(*self.functions, *methods),
            readings=(*self.readings, *(place for place, _ in properties)),
            settings=(*self.settings, *(place for place, can_be_set in properties if can_be_set)),
        )
        if text in ("", "THIS^") or class_.is_interface:
            return scope
        return scope.with_instance(text, class_.block) if can_be_called else scope.with_members(text, class_.block)

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
