"""Types and initial values: `<type><array>..`, `<initialValue><structValue>..`."""

from __future__ import annotations

from collections.abc import Callable

from iec61131.diagnostics.catalogue.plcopen import UNKNOWN_ELEMENT
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.xml_tree import Element, local, walk
from iec61131.syntax.tree import (
    ArrayInitial,
    ArraySpec,
    EnumMember,
    EnumSpec,
    Expression,
    Initial,
    Name,
    NamedType,
    PointerSpec,
    ReferenceSpec,
    StringLiteral,
    StringSpec,
    StructInitial,
    StructSpec,
    SubrangeSpec,
    TypeSpec,
    UnionSpec,
    VarDeclaration,
)

_TEXTS = frozenset({"STRING", "WSTRING", "HMI_STRING"})
"""Types of texts by their names, with the one that Beremiz brings along."""
_LONG_NAMES = {"TIMEOFDAY": "TOD", "DATEANDTIME": "DT"}


class Types:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._texts = _TEXTS | {name for name in map(_text_name, walk(document.root)) if name}

    def spec(self, holder: Element) -> TypeSpec | None:
        """The type in `<type>`, `<baseType>` or `<returnType>`; None after a finding."""
        if len(holder.children) != 1:
            self._document.report(UNKNOWN_ELEMENT.at(self._document.span(holder), element=holder.name, where="a type"))
            return None
        written = holder.children[0]
        name = local(written.name)
        build = _BUILD.get(name)
        if build is not None:
            return build(self, written)
        if written.children or not name.isidentifier():
            self._document.report(UNKNOWN_ELEMENT.at(self._document.span(written), element=name, where="a type"))
            return None
        span = self._document.span(written)
        return NamedType(Name(_LONG_NAMES.get(name.upper(), name), span), span)

    def _inner(self, written: Element) -> TypeSpec | None:
        return next((self.spec(child) for child in written.children if local(child.name) == "baseType"), None)

    def derived(self, written: Element) -> TypeSpec | None:
        name = self._document.name(written)
        if name is None:
            return None
        *qualifier, last = (Name(part, name.span) for part in name.text.split("."))
        return NamedType(last, name.span, tuple(qualifier))

    def string(self, written: Element) -> TypeSpec | None:
        length = self._document.attribute(written, "length")
        return StringSpec(local(written.name).lower() == "wstring", length, self._document.span(written))

    def array(self, written: Element) -> TypeSpec | None:
        ranges = [self._bounds(inner) for inner in written.children if local(inner.name) == "dimension"]
        element = self._inner(written)
        if element is None:
            return None
        return ArraySpec(tuple(ranges), element, self._document.span(written))

    def _bounds(self, written: Element) -> tuple[Expression, Expression] | None:
        """None for `*`, whose bounds are those of the caller."""
        low = self._document.attribute(written, "lower")
        high = self._document.attribute(written, "upper")
        return (low, high) if low is not None and high is not None else None

    def subrange(self, written: Element) -> TypeSpec | None:
        bounds = next((self._bounds(child) for child in written.children if local(child.name) == "range"), None)
        base = self._inner(written)
        span = self._document.span(written)
        if bounds is None or not isinstance(base, NamedType):
            self._document.report(UNKNOWN_ELEMENT.at(span, element=local(written.name), where="a type"))
            return None
        return SubrangeSpec(base.name, *bounds, span)

    def enumeration(self, written: Element) -> TypeSpec | None:
        members: list[EnumMember] = []
        for values in written.children:
            for value in values.children if local(values.name) == "values" else ():
                name = self._document.name(value)
                if name is not None:
                    members.append(EnumMember(name, self._document.attribute(value, "value"), name.span))
        base = self._inner(written)
        base_name = base.name if isinstance(base, NamedType) else None
        return EnumSpec(tuple(members), base_name, self._document.span(written))

    def struct(self, written: Element) -> TypeSpec | None:
        return StructSpec(self.fields(written), self._document.span(written))

    def union(self, written: Element) -> TypeSpec | None:
        return UnionSpec(self.fields(written), self._document.span(written))

    def pointer(self, written: Element) -> TypeSpec | None:
        target = self._inner(written)
        return PointerSpec(target, self._document.span(written)) if target is not None else None

    def reference(self, written: Element) -> TypeSpec | None:
        target = self._inner(written)
        return ReferenceSpec(target, self._document.span(written)) if target is not None else None

    def fields(self, written: Element) -> tuple[VarDeclaration, ...]:
        """The `<variable>` elements inside."""
        found = (self.variable(child) for child in written.children if local(child.name) == "variable")
        return tuple(declaration for declaration in found if declaration is not None)

    def variable(self, written: Element) -> VarDeclaration | None:
        """One declaration; None after a finding."""
        name = self._document.name(written)
        holder = child(written, "type")
        spec = self.spec(holder) if holder is not None else None
        if name is None or spec is None:
            if name is not None and holder is None:
                finding = UNKNOWN_ELEMENT.at(self._document.span(written), element=written.name, where="a variable")
                self._document.report(finding)
            return None
        address = self._document.address(written, "address")
        initial = self._bare_text(written, spec) or self.initial(child(written, "initialValue"))
        return VarDeclaration((name,), address, spec, None, initial, (), name.span)

    # ------------------------------------------------------------------------------------------------ initial values

    def _bare_text(self, written: Element, spec: TypeSpec) -> StringLiteral | None:
        """The value of a text for which no quotes were written, as OpenPLC Editor and Beremiz leave them out. For
        CODESYS it would be the name of a constant.
        """
        name = spec.name.key if isinstance(spec, NamedType) else "STRING" if isinstance(spec, StringSpec) else ""
        holder = child(written, "initialValue")
        value = child(holder, "simpleValue") if holder is not None else None
        if value is None or name not in self._texts or self._document.is_of_codesys:
            return None
        text, span = value.attributes.get("value", "").strip(), self._document.attribute_span(value, "value")
        if not text or span is None or text[0] in "'\"" or "#" in text:
            return None
        is_wide = name == "WSTRING" or (isinstance(spec, StringSpec) and spec.wide)
        return StringLiteral(text, is_wide, span)

    def initial(self, holder: Element | None) -> Initial | None:
        """What `<initialValue>` or `<value>` holds; None for nothing."""
        if holder is None or not holder.children:
            return None
        written = holder.children[0]
        match local(written.name):
            case "simpleValue":
                return self._document.initial(written, "value")
            case "arrayValue":
                values = written.children
                counts = [self._document.attribute(value, "repetitionValue") for value in values]
                items = zip(counts, (self.initial(value) for value in values), strict=True)
                return ArrayInitial(tuple(items), self._document.span(written))
            case "structValue":
                named = ((self._document.name(each, "member"), self.initial(each)) for each in written.children)
                fields = tuple((name, value) for name, value in named if name is not None and value is not None)
                return StructInitial(fields, self._document.span(written))
            case _:
                finding = UNKNOWN_ELEMENT.at(self._document.span(written), element=written.name, where="a value")
                self._document.report(finding)
                return None


_BUILD: dict[str, Callable[[Types, Element], TypeSpec | None]] = {
    "derived": Types.derived,
    "string": Types.string,
    "wstring": Types.string,
    "STRING": Types.string,
    "WSTRING": Types.string,
    "array": Types.array,
    "subrangeSigned": Types.subrange,
    "subrangeUnsigned": Types.subrange,
    "enum": Types.enumeration,
    "struct": Types.struct,
    "union": Types.union,
    "pointer": Types.pointer,
    "reference": Types.reference,
}


def child(element: Element, name: str) -> Element | None:
    """The first element of that name inside."""
    return next((inner for inner in element.children if local(inner.name) == name), None)


def _text_name(written: Element) -> str:
    """The name of a `<dataType>` that is another name for STRING; empty for all else."""
    base = child(written, "baseType") if local(written.name) == "dataType" else None
    is_text = base is not None and any(local(inner.name).upper() == "STRING" for inner in base.children)
    return written.attributes.get("name", "").strip().upper() if is_text else ""
