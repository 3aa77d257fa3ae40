"""STRUCT, UNION and STRUCT OVERLAP as types: their fields, and where each of them lies.

A STRUCT has its fields one behind the other, after those of the STRUCT that it extends. A UNION has all of them at its
start; in a STRUCT OVERLAP each lies where its `AT %B4` says, from the start of the STRUCT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.addresses import locate
from iec61131.diagnostics.catalogue import declarations
from iec61131.semantics.here import Here
from iec61131.semantics.running_values import has_to_run
from iec61131.semantics.scopes import RunningField
from iec61131.semantics.types import Field, StructType, Type, place_fields, round_up
from iec61131.syntax import tree

if TYPE_CHECKING:
    from iec61131.semantics.type_specs import Spec, TypeSpecs


class _Declared(Struct, frozen=True):
    """A field before it has its place. `at` is the byte that its address says."""

    name: tree.Name
    spec: Spec
    declaration: tree.VarDeclaration
    at: int


class StructSpecs(Struct, frozen=True):
    here: Here
    specs: TypeSpecs
    failed: set[str] = field(default_factory=set[str])

    def resolve(self, spec: tree.StructSpec | tree.UnionSpec, name: str, base: StructType | None) -> StructType | None:
        is_overlaid = isinstance(spec, tree.UnionSpec) or spec.is_overlapping
        declared = self._declared(spec, name, base, is_overlaid=is_overlaid)
        if is_overlaid:
            fields, size, align = _overlaid(declared)
        else:
            fields, size, align = _in_order(declared, base)
        written = {name.span: field for field in spec.fields for name in field.names}
        for part in fields.values():
            assert part.span is not None
            self.here.note(part.span, part)
            if not is_overlaid:
                self._note_wishes(part, written[part.span])
        inherited = base.fields if base is not None else {}
        struct = StructType(
            name, {**inherited, **fields}, size, align, is_overlaid or (base is not None and base.is_overlaid)
        )
        if not self.specs.check_size(struct, spec.span):
            return None
        if base is not None:
            self.failed.update(self.here.shared.failed_members.get(base, ()))
        self.here.shared.failed_members[struct] = self.failed
        return struct

    def _declared(
        self, spec: tree.StructSpec | tree.UnionSpec, name: str, base: StructType | None, *, is_overlaid: bool
    ) -> list[_Declared]:
        found: list[_Declared] = []
        seen: dict[str, tree.Name] = {}
        for declaration in spec.fields:
            at = self._byte(declaration.address, can_be_there=isinstance(spec, tree.StructSpec) and is_overlaid)
            called = f"{name}.{declaration.names[0].text}" if declaration.names else name
            known = declaration if is_overlaid else self._known_part(declaration)
            resolved = self.specs.declared(known, called)
            if resolved is not None and is_overlaid and not self._may_share(resolved.type, declaration):
                resolved = None
            for field_name in declaration.names:
                first = seen.setdefault(field_name.key, field_name)
                if first is not field_name or (base is not None and field_name.key in base.fields):
                    finding = declarations.DUPLICATE_NAME.at(field_name.span, name=field_name.text)
                    is_new = first is field_name
                    self.here.findings.add(finding if is_new else finding.also(first.span, "first declared here"))
                elif resolved is None:
                    self.failed.add(field_name.key)
                else:
                    found.append(_Declared(field_name, resolved, declaration, at))
        return found

    def _note_wishes(self, part: Field, written: tree.VarDeclaration) -> None:
        """What is to be done about the field in each variable of the type."""
        if self._known_part(written) is not written:
            wish = RunningField(written.initial, written.binds, written.span, self.here.scope)
            self.here.shared.running_fields[part] = wish
        if written.address is not None and written.address.is_incomplete:
            self.here.shared.open_places[part] = written.address

    def _known_part(self, declaration: tree.VarDeclaration) -> tree.VarDeclaration:
        """The declaration without what is computed when a variable of the type begins to exist."""
        initial = declaration.initial
        if initial is None or not (declaration.binds or has_to_run(self.here.scope, lambda _: False, initial)):
            return declaration
        return replace(declaration, initial=None, binds=False)

    def _byte(self, address: tree.DirectAddress | None, *, can_be_there: bool) -> int:
        if address is None or (address.is_incomplete and not can_be_there):
            return 0
        place = locate("M", address.size, address.path) if can_be_there and not address.area and address.path else None
        if place is None or place.bit is not None:
            self.here.findings.add(declarations.LOCATED_NOT_ALLOWED.at(address.span, where="a STRUCT"))
            return 0
        return place.byte

    def _may_share(self, type_: Type, declaration: tree.VarDeclaration) -> bool:
        """What others write must not be taken for an instance, nor for a reference to one."""
        facts = self.here.shared.facts
        if not facts.holds_block(type_) and not facts.holds_interface(type_):
            return True
        self.here.findings.add(declarations.OVERLAID_TYPE.at(declaration.type.span, type=type_))
        return False


def _in_order(declared: list[_Declared], base: StructType | None) -> tuple[dict[str, Field], int, int]:
    before = [(base.size, base.align)] if base is not None else []
    parts = [(d.spec.type.size, d.spec.type.align) for d in declared]
    offsets, size, align = place_fields([*before, *parts])
    fields = {
        d.name.key: Field(d.name.text, d.spec.type, offset, d.spec.default, d.name.span)
        for d, offset in zip(declared, offsets[len(before) :], strict=True)
    }
    return fields, size, align


def _overlaid(declared: list[_Declared]) -> tuple[dict[str, Field], int, int]:
    """Fields that say an initial value have theirs, the last one wins; where none does, the first has its default."""
    given = [d for d in declared if d.declaration.initial is not None] or declared[:1]
    fields = {
        d.name.key: Field(d.name.text, d.spec.type, d.at, d.spec.default if d in given else None, d.name.span)
        for d in declared
    }
    align = max((d.spec.type.align for d in declared), default=1)
    end = max((d.at + d.spec.type.size for d in declared), default=0)
    return fields, round_up(end, align), align
