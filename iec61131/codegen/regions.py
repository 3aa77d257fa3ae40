"""Regions: stretches of a body in which variables live in registers instead of memory.

At the start of a region each chosen scalar is loaded, at its end it is stored back if the region may write it, so
that what lies between does not touch memory. Every way out passes the stores: the normal end, and, for RETURN and
faults, the block that `Body.leave` names while the region lasts.

A variable is eligible when the region touches it only by its own name: nothing else in the region, neither an access
through a VAR_IN_OUT or a path nor a call, may read or write its bytes (`reach` knows), unless all of them only read.
Located variables lie over others and stay in memory.

There are two kinds of region. An outermost loop keeps all its variables, and the loop budget. A whole body keeps
those that it is certain to touch, or all if they are few. Large bodies keep none: they have more variables than the
processor has registers, and one that is loaded, stored and spilled for the sake of a branch not taken costs more than
it saves. (A CASE of 64 arms with variables of their own took six times as long with all of them kept, and LLVM twenty
times as long to compile it.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from iec61131.codegen import llvm, memory, places
from iec61131.codegen.body import Address, Body
from iec61131.codegen.reach import Footprint, Located, Part, Reach, Referred
from iec61131.codegen.types_ir import scalar
from iec61131.codegen.uses import Uses
from iec61131.semantics.model import BitPlace, Jump, Place, Pou, Statement, Storage, Variable, VariablePlace
from iec61131.semantics.types import LINT
from iec61131.semantics.walk import inside

MOST_KEPT = 64
"""A body in which more variables are worth keeping keeps none."""
FEW = 16
"""A body with no more eligible variables keeps all of them: it is small, and likely to be inlined where they are
known.
"""


def around_body(body: Body, pou: Pou, lower: Callable[[], None]) -> None:
    """Run `lower`, which lowers the body of `pou`, with the variables kept that are worth it."""
    reach = body.unit.reach
    chosen = eligible(reach, reach.uses[pou])
    if len(chosen) > FEW:
        certain = Uses.of(pou.body, certain_only=True)
        touched = {_plain_scalar(place) for place in (*certain.read, *certain.written)}
        chosen = {v: is_written for v, is_written in chosen.items() if v in touched}
    jumps = any(isinstance(node, Jump) for node in inside(pou.body))
    if jumps:  # they may leave loops, so that loops have no regions of their own; backwards, they are loops themselves
        _keep_budget(body)
    _in_registers(body, chosen if len(chosen) <= MOST_KEPT else {}, lower)
    body.budget = None


def around_loop(body: Body, loop: Statement, lower: Callable[[], None]) -> None:
    """Run `lower`, which lowers an outermost loop, with its variables and the budget kept."""
    chosen = eligible(body.unit.reach, Uses.of([loop]))
    _keep_budget(body)
    _in_registers(body, {v: is_written for v, is_written in chosen.items() if v not in body.registers}, lower)
    body.budget = None


def _keep_budget(body: Body) -> None:
    body.budget = body.storage(LINT, "budget.kept")
    body.builder.store(body.read_header("loop_budget"), body.budget)


def _in_registers(body: Body, chosen: dict[Variable, bool], lower: Callable[[], None]) -> None:
    homes = {v: places.locate(body, VariablePlace(v, v.span)) for v in chosen}
    for variable, home in homes.items():
        body.registers[variable] = memory.slot(body, variable.type, f"{variable.name}.kept", home.certain)
        memory.move(body, home, body.registers[variable])
    if not homes and body.budget is None:
        lower()
        return

    written = [v for v, is_written in chosen.items() if is_written]
    outside, body.leave = body.leave, body.block("leave.store_back")
    lower()
    if body.is_open:
        _store_back(body, homes, written)
    after = body.builder.block
    body.enter(body.leave)
    _store_back(body, homes, written)
    body.builder.branch(outside)
    body.leave = outside
    for variable in homes:
        del body.registers[variable]
    body.enter(after)


def _store_back(body: Body, homes: dict[Variable, Address], written: Iterable[Variable]) -> None:
    for variable in written:
        memory.move(body, body.registers[variable], homes[variable])
    if body.budget is not None:
        body.write_header("loop_budget", body.builder.load(body.budget, "", typ=llvm.I64))


# ------------------------------------------------------------------------------------------------------------- eligible


def eligible(reach: Reach, uses: Uses) -> dict[Variable, bool]:
    """The variables that a region with these uses may keep in registers, and whether it writes them."""
    own: dict[Variable, bool] = {}
    others = _Others(reach, [reach.footprint([pou]) for pou, _ in uses.called])
    for places_, is_written in ((uses.read, False), (uses.written, True)):
        for place in places_:
            variable = _plain_scalar(place)
            if variable is not None:
                own[variable] = own.get(variable, False) or is_written
            else:
                others.add(place, is_written)
    for _, place in uses.handed:
        others.add(place, True)
    for variable, is_written in own.items():
        others.add_variable(variable, is_written)
    return {v: is_written for v, is_written in own.items() if not others.meet(v, is_written)}


def _plain_scalar(place: Place) -> Variable | None:
    """The variable, if `place` is a scalar named directly, or a bit of one, that has memory to be kept from."""
    if isinstance(place, BitPlace):
        place = place.base
    if not isinstance(place, VariablePlace) or scalar(place.type) is None or place.variable.address is not None:
        return None
    return place.variable if place.variable.storage is not Storage.FRAME else None


class _Others:
    """The accesses to each part, and by which variable when by a plain name."""

    def __init__(self, reach: Reach, calls: list[Footprint]) -> None:
        self._reach, self._calls = reach, calls
        self._by_part: dict[Part, set[tuple[Variable | None, bool]]] = {}

    def add(self, place: Place, is_written: bool) -> None:
        self._add(self._reach.everything_at(place), None, is_written)

    def add_variable(self, variable: Variable, is_written: bool) -> None:
        self._add(self._reach.parts_of_variable(variable), variable, is_written)

    def _add(self, parts: Iterable[Part], by: Variable | None, is_written: bool) -> None:
        for part in parts:
            self._by_part.setdefault(part, set()).add((by, is_written))

    def meet(self, variable: Variable, is_written: bool) -> bool:
        """Whether anything but its own name may touch the variable, and one of the two writes."""
        parts = self._reach.parts_of_variable(variable)
        if not parts or Located.AREAS in parts or Referred.TARGETS in parts:
            return True
        for part in (*parts, *((Referred.TARGETS,) if self._reach.is_exposed(parts) else ())):
            if any(part in call.written or (is_written and part in call.read) for call in self._calls):
                return True
            if any(by is not variable and (is_written or writes) for by, writes in self._by_part.get(part, ())):
                return True
        return False
