"""What can touch what: which bytes two accesses may share, and everything that a call may read or write.

Memory is divided into *parts*: a part is what one declaration names, in all its occurrences: a member of a block type
or a field of a struct (of whatever instance), a global, a frame variable. All located variables together are one
part, since they lie over each other; so are all fields of UNIONs, and everything that references lead to. Two scalars
that belong to different parts never share a byte, so parts serve both as LLVM's type-based alias classes (`tags`) and
to decide which variables may be kept in a register for a while (`regions`).

A VAR_IN_OUT belongs to the parts of everything that some call in the program hands to it. Both this and the footprint
of a call are worked out over the whole program, to a fixed point, because functions and blocks may call each other in
a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from msgspec import Struct, field

from iec61131.codegen.uses import Uses
from iec61131.semantics.model import (
    BitPlace,
    ElementPlace,
    FieldPlace,
    InstanceMemberPlace,
    MemoryPlace,
    Model,
    Place,
    Pou,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.types import ArrayType, BlockType, Field, StructType, Type
from iec61131.syntax.tree import VarKind


class Located(Enum):
    """The part that all located variables and direct addresses share."""

    AREAS = "areas"


class Referred(Enum):
    """The part that stands for whatever a reference may lead to: every exposed one."""

    TARGETS = "targets"


class Overlaid(Enum):
    """The part that the fields of all UNIONs and the like share, with all that these consist of."""

    FIELDS = "overlaid fields"


Part = Variable | Field | Located | Referred | Overlaid
Parts = frozenset[Part]
_LOCATED: Parts = frozenset((Located.AREAS,))
_TARGETS: Parts = frozenset((Referred.TARGETS,))
_OVERLAID: Parts = frozenset((Overlaid.FIELDS,))
_ALONE = (_LOCATED, _TARGETS, _OVERLAID)
"""Whatever is inside of these belongs to the same part."""


class Footprint(Struct):
    """What running a body may touch, all its calls included. `loops`: it may charge the loop budget. `faults`: it may
    return a fault.
    """

    read: set[Part] = field(default_factory=set[Part])
    written: set[Part] = field(default_factory=set[Part])
    loops: bool = False
    faults: bool = False

    def include(self, other: Footprint) -> bool:
        """Add `other`; whether that changed anything."""
        before = (len(self.read), len(self.written), self.loops, self.faults)
        self.read |= other.read
        self.written |= other.written
        self.loops |= other.loops
        self.faults |= other.faults
        return before != (len(self.read), len(self.written), self.loops, self.faults)

    def snapshot(self) -> tuple[frozenset[Part], frozenset[Part], bool, bool]:
        return frozenset(self.read), frozenset(self.written), self.loops, self.faults


class Reach:
    def __init__(self, model: Model) -> None:
        self._within: dict[Type, Parts] = {}
        self._exposed: set[Part] = set()
        self._targets: dict[Variable, set[Part]] = {}
        self.uses = {pou: Uses.of(pou.body) for pou in model.pous}
        runs = [Uses.of_run(run) for task in model.tasks for run in task.programs]
        for variable in model.exposed:
            self._exposed |= self.parts_of_variable(variable) | self.within(variable.type)
        self._find_targets([*self.uses.values(), *runs])
        self._footprints = {pou: self._own(uses, pou.recursive) for pou, uses in self.uses.items()}
        self._close()

    def footprint(self, pous: Sequence[Pou]) -> Footprint:
        """Of running any one of `pous`."""
        if len(pous) == 1:
            return self._footprints[pous[0]]
        together = Footprint()
        for pou in pous:
            together.include(self._footprints[pou])
        return together

    @property
    def exposed(self) -> frozenset[Part]:
        """The parts that references may lead to."""
        return frozenset(self._exposed)

    def parts(self, place: Place) -> Parts:
        """The parts that the bytes at `place` may belong to; empty only for a VAR_IN_OUT that nothing is ever handed
        to.
        """
        match place:
            case VariablePlace(variable=variable):
                return self.parts_of_variable(variable)
            case MemoryPlace():
                return _LOCATED
            case TargetPlace():
                return _TARGETS
            case ThisPlace():  # only its members are ever touched
                return frozenset()
            case ValuePlace():  # a copy of its own
                return frozenset()
            case FieldPlace():
                return self._inside(place.base, place.field)
            case InstanceMemberPlace():
                return self._inside(place.base, place.member)
            case ElementPlace() | BitPlace():
                return self.parts(place.base)

    def parts_of_variable(self, variable: Variable) -> Parts:
        if variable.storage is Storage.REFERENCE:
            return frozenset(self._targets.get(variable, ()))
        return (
            _LOCATED if variable.storage is Storage.MEMORY and variable.address is not None else frozenset((variable,))
        )

    def is_certain(self, parts: Parts) -> bool:
        """Whether what lies there was written as what it is: nothing of another type lies over it."""
        return not parts & (_LOCATED | _OVERLAID) and not self.is_exposed(parts)

    def is_exposed(self, parts: Iterable[Part]) -> bool:
        """Whether a reference may lead to one of these parts."""
        return any(part in self._exposed or part is Referred.TARGETS for part in parts)

    def everything_at(self, place: Place) -> Parts:
        """The parts of `place` and of all that an aggregate there consists of."""
        return self.parts(place) | self.within(place.type)

    def within(self, type_: Type) -> Parts:
        """The members and fields that a value of `type_` consists of, at any depth."""
        known = self._within.get(type_)
        if known is None:
            self._within[type_] = frozenset()  # a type cannot contain itself; this only ends a search in a wrong model
            known = self._within[type_] = frozenset(self._find_within(type_))
        return known

    def _find_within(self, type_: Type) -> Iterable[Part]:
        match type_:
            case ArrayType():
                yield from self.within(type_.element)
            case StructType(is_overlaid=True):
                yield Overlaid.FIELDS
            case StructType():
                for part in type_.fields.values():
                    yield part
                    yield from self.within(part.type)
            case BlockType():
                for member in type_.members.values():
                    yield member
                    yield from self.within(member.type)
            case _:
                pass

    def _inside(self, base: Place, part: Part) -> Parts:
        """A located struct's fields can lie over other located variables, so their parts say so, however they are
        reached; so do those of a UNION.
        """
        around = self.parts(base)
        if around in _ALONE:
            return around
        if isinstance(base.type, StructType) and base.type.is_overlaid:
            part = Overlaid.FIELDS
        if Referred.TARGETS in around:
            return frozenset((part, *around))
        return frozenset((part, *(around & _LOCATED), *(around & _OVERLAID)))

    def _find_targets(self, all_uses: Iterable[Uses]) -> None:
        handed = [pair for uses in all_uses for pair in uses.handed]
        changed = True
        while changed:
            changed = False
            for variable, place in handed:
                targets = self._targets.setdefault(variable, set())
                before = len(targets)
                targets |= self.parts(place)
                changed |= len(targets) != before

    def _own(self, uses: Uses, recursive: bool) -> Footprint:
        own = Footprint(loops=uses.deepest > 0, faults=uses.faults or recursive)
        for place in uses.read:
            own.read |= self.everything_at(place)
        for place in uses.written:
            own.written |= self.everything_at(place)
        return own

    def _close(self) -> None:
        """Callees come before callers, so one round suffices unless POUs call each other in a circle."""
        changed = True
        while changed:
            changed = False
            for pou, footprint in self._footprints.items():
                for callee, _ in self.uses[pou].called:
                    footprint.faults |= callee.recursive
                    changed |= callee is not pou and footprint.include(self._footprints[callee])


def in_outs(pou: Pou) -> list[Variable]:
    return pou.of_kind(VarKind.IN_OUT)
