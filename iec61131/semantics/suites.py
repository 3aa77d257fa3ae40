"""Tests as ordinary declarations: what a TEST_SUITE means, said in the tree that the rest of the compiler knows.

A suite becomes a FUNCTION_BLOCK whose methods are its tests, and a global instance of it; so its variables, bodies and
calls are checked like all others. Its name holds a space and quotes, which no name of a program can, and tells its
methods apart from all others (`is_of_suite`): there the functions of tests are known (`assertions.py`), and all of the
program can be written.

What stands in for a part of the program is put into its place before anything is resolved:

    MOCK FUNCTION f, MOCK FUNCTION_BLOCK b   the declaration of f or b with another body, and what it declares besides
    MOCK b WITH c                            the declaration of c under the name b
    MOCK Main.x WITH c                       `x : c` among the variables of Main
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.suites import MOCKED_TWICE, OTHER_INTERFACE, OTHER_KIND, UNKNOWN_TARGET
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

_PREFIX = "TEST_SUITE '"
_PARAMETERS = (VarKind.INPUT, VarKind.OUTPUT, VarKind.IN_OUT)
_BLOCKS = (PouKind.FUNCTION_BLOCK, PouKind.CLASS)


def is_of_suite(pou_name: str) -> bool:
    """Whether a POU, by its full name, is a suite or one of its tests or methods."""
    return pou_name.startswith(_PREFIX)


def block_name(suite: tree.TestSuite) -> str:
    """The FUNCTION_BLOCK that the suite becomes."""
    return f"{_PREFIX}{suite.name.text}'"


def instance_name(suite: tree.TestSuite) -> str:
    """Its instance, a global variable."""
    return f"'{suite.name.text}'"


def part_name(suite: tree.TestSuite, part: tree.TestPart) -> str:
    """The method that a test, SETUP or TEARDOWN becomes, by its full name."""
    return f"{block_name(suite)}.{_method_name(part)}"


def _method_name(part: tree.TestPart) -> str:
    return f"{part.word} '{part.name.text}'" if part.word == "TEST" else part.word


def suites_of(unit: tree.Unit) -> tuple[tree.TestSuite, ...]:
    return tuple(declared for declared in unit.declarations if isinstance(declared, tree.TestSuite))


def parted(unit: tree.Unit) -> list[tree.Unit]:
    """The unit once for all its suites without mocks, and once for each other suite: no two programs that tests need
    are the same where something stands in for something.
    """
    suites = suites_of(unit)
    groups = [[suite for suite in suites if not suite.mocks], *([suite] for suite in suites if suite.mocks)]
    return [_with_suites(unit, group) for group in groups if group]


def _with_suites(unit: tree.Unit, kept: Sequence[tree.TestSuite]) -> tree.Unit:
    rest = tuple(each for each in unit.declarations if not isinstance(each, tree.TestSuite) or each in kept)
    return replace(unit, declarations=rest)


def lowered(units: Iterable[tree.Unit]) -> tuple[list[tree.Unit], list[Diagnostic]]:
    """The units with ordinary declarations in place of suites, and what is wrong with their mocks."""
    work = _Lowering(list(units))
    suites = [suite for unit in work.units for suite in suites_of(unit)]
    for suite in suites:
        for mock in suite.mocks:
            work.mock(mock)
    made = [replace(unit, declarations=tuple(_declarations(unit))) for unit in work.units]
    return made, work.findings


def _declarations(unit: tree.Unit) -> Iterator[tree.Declaration]:
    for declared in unit.declarations:
        if isinstance(declared, tree.TestSuite):
            yield from _block(declared)
        else:
            yield declared


def _block(suite: tree.TestSuite) -> Iterator[tree.Declaration]:
    span, name = suite.span, tree.Name(block_name(suite), suite.name.span)
    parts = [part for part in (suite.setup, suite.teardown, *suite.tests) if part is not None]
    methods = (*map(_method, parts), *suite.methods)
    yield tree.PouDeclaration(
        PouKind.FUNCTION_BLOCK,
        name,
        None,
        suite.variables,
        (),
        (),
        span,
        methods=methods,
        properties=suite.properties,
        actions=suite.actions,
    )
    instance = tree.Name(instance_name(suite), suite.name.span)
    type_ = tree.NamedType(name, suite.name.span)
    declared = tree.VarDeclaration((instance,), None, type_, None, None, (), suite.name.span)
    yield tree.GlobalDeclaration(tree.VarBlock(VarKind.GLOBAL, frozenset(), (declared,), suite.name.span), span)


def _method(part: tree.TestPart) -> tree.MethodDeclaration:
    name = tree.Name(_method_name(part), part.name.span)
    return tree.MethodDeclaration(name, None, frozenset(), None, part.variables, part.body, (), part.span)


# --------------------------------------------------------------------------------------------------------------- mocks


class _Found(Struct, frozen=True):
    """A declaration among those of a unit."""

    unit: int
    place: int


class _Lowering:
    def __init__(self, units: list[tree.Unit]) -> None:
        self.units = units
        self.findings: list[Diagnostic] = []
        self._mocked: dict[str, Span] = {}

    def mock(self, mock: tree.Mock) -> None:
        """Put what `mock` stands for into its place, or find out why not."""
        span = mock.target[0].span.to(mock.target[-1].span)
        key = ".".join(name.key for name in mock.target)
        if key in self._mocked:
            finding = MOCKED_TWICE.at(span, name=_text(mock)).also(self._mocked[key], "the first one")
            self.findings.append(finding)
            return
        self._mocked[key] = span
        found = self._find(mock.target[0].key) if len(mock.target) == 1 else None
        if mock.kind is not None:
            self._other_body(mock, mock.kind, found)
        elif found is not None:
            self._other_block(mock, found)
        else:
            self._other_type(mock)

    def _other_body(self, mock: tree.Mock, kind: PouKind, found: _Found | None) -> None:
        pou = self._at(found) if found is not None else None
        if found is None or pou is None:
            self._unknown(mock, kind.value, [kind])
            return
        if pou.kind is not kind:
            remedy = f"write MOCK {pou.kind.value} {pou.name.text}"
            self._refuse_kind(mock.target[0], pou, kind.value, remedy)
            return
        made = replace(
            pou,
            variables=(*pou.variables, *mock.variables),
            body=mock.body,
            chart=None,
            methods=_overridden(pou.methods, mock.methods),
            properties=_overridden(pou.properties, mock.properties),
            actions=_overridden(pou.actions, mock.actions),
        )
        self._put(found, made)

    def _other_block(self, mock: tree.Mock, found: _Found) -> None:
        """The name of a block means another one. The block itself keeps a name that nobody can write, for the other
        may extend it.
        """
        pou, other = self._at(found), self._replacement(mock)
        if other is None:
            return
        if pou.kind not in _BLOCKS:
            remedy = f"write MOCK {pou.kind.value} {pou.name.text} .. END_MOCK"
            self._refuse_kind(mock.target[0], pou, "FUNCTION_BLOCK", remedy)
            return
        assert mock.replacement is not None
        if not self._has_interface(mock, pou, other):
            return
        hidden = tree.Name(f"{pou.name.text} (replaced)", pou.name.span)
        extends = other.extends
        if extends is not None and extends.name.key == pou.name.key:
            extends = replace(extends, name=hidden)
        self._put(found, replace(other, name=pou.name, extends=extends))
        unit = self.units[found.unit]
        declared = (*unit.declarations, replace(pou, name=hidden))
        self.units[found.unit] = replace(unit, declarations=declared)

    def _other_type(self, mock: tree.Mock) -> None:
        """An instance of a PROGRAM or of a list of global variables is one of another block."""
        other = self._replacement(mock)
        if other is None:
            return
        before = len(self.findings)
        for number, unit in enumerate(self.units):
            for place, declared in enumerate(unit.declarations):
                made = self._with_type(declared, mock, other)
                if made is not None:
                    self._put(_Found(number, place), made)
                    return
        if len(self.findings) == before:
            self._unknown(mock, "instance", _BLOCKS)

    def _with_type(
        self, declared: tree.Declaration, mock: tree.Mock, other: tree.PouDeclaration
    ) -> tree.Declaration | None:
        """`declared` with its variable of another type; None when it has no such variable."""
        *owner, name = [part.key for part in mock.target]
        match declared:
            case tree.PouDeclaration(kind=PouKind.PROGRAM) if owner == [declared.name.key]:
                blocks = [self._retyped(block, name, mock, other) for block in declared.variables]
                made = replace(declared, variables=tuple(blocks))
                return None if _is_same(blocks, declared.variables) else made
            case tree.GlobalDeclaration(list_name=of) if owner in ([], [of.key] if of is not None else []):
                block = self._retyped(declared.block, name, mock, other)
                return None if block is declared.block else replace(declared, block=block)
            case tree.ConfigurationDeclaration() if not owner:
                blocks = [self._retyped(block, name, mock, other) for block in declared.variables]
                made = replace(declared, variables=tuple(blocks))
                return None if _is_same(blocks, declared.variables) else made
            case _:
                return None

    def _retyped(self, block: tree.VarBlock, key: str, mock: tree.Mock, other: tree.PouDeclaration) -> tree.VarBlock:
        assert mock.replacement is not None
        made: list[tree.VarDeclaration] = []
        for declared in block.variables:
            names = [name for name in declared.names if name.key == key]
            was = self._find(declared.type.name.key) if isinstance(declared.type, tree.NamedType) else None
            if names and (was is None or self._has_interface(mock, self._at(was), other)):
                rest = tuple(name for name in declared.names if name.key != key)
                made += [replace(declared, names=rest)] if rest else []
                made.append(replace(declared, names=tuple(names), type=mock.replacement))
            else:
                made.append(declared)
        return block if _is_same(made, block.variables) else replace(block, variables=tuple(made))

    # ------------------------------------------------------------------------------------------------------- looking

    def _find(self, key: str) -> _Found | None:
        for number, unit in enumerate(self.units):
            for place, declared in enumerate(unit.declarations):
                if isinstance(declared, tree.PouDeclaration) and declared.name.key == key:
                    return _Found(number, place)
        return None

    def _at(self, found: _Found) -> tree.PouDeclaration:
        declared = self.units[found.unit].declarations[found.place]
        assert isinstance(declared, tree.PouDeclaration)
        return declared

    def _put(self, found: _Found, made: tree.Declaration) -> None:
        unit = self.units[found.unit]
        declared = list(unit.declarations)
        declared[found.place] = made
        self.units[found.unit] = replace(unit, declarations=tuple(declared))

    def _replacement(self, mock: tree.Mock) -> tree.PouDeclaration | None:
        """What stands behind WITH."""
        assert mock.replacement is not None
        name = mock.replacement.name
        found = self._find(name.key) if not mock.replacement.qualifier else None
        if found is None:
            finding = UNKNOWN_TARGET.at(mock.replacement.span, what="FUNCTION_BLOCK", name=name.text)
            self.findings.append(finding.near(name.text, self._names(_BLOCKS)))
            return None
        pou = self._at(found)
        if pou.kind not in _BLOCKS:
            self._refuse_kind(name, pou, "FUNCTION_BLOCK", "name a FUNCTION_BLOCK behind WITH")
            return None
        return pou

    def _names(self, kinds: Sequence[PouKind]) -> list[str]:
        declared = [each for unit in self.units for each in unit.declarations]
        return [each.name.text for each in declared if isinstance(each, tree.PouDeclaration) and each.kind in kinds]

    # ----------------------------------------------------------------------------------------------------- refusing

    def _unknown(self, mock: tree.Mock, what: str, kinds: Sequence[PouKind]) -> None:
        span = mock.target[0].span.to(mock.target[-1].span)
        finding = UNKNOWN_TARGET.at(span, what=what, name=_text(mock))
        self.findings.append(finding.near(_text(mock), self._names(kinds)))

    def _refuse_kind(self, name: tree.Name, pou: tree.PouDeclaration, wanted: str, remedy: str) -> None:
        finding = OTHER_KIND.at(name.span, name=name.text, found=pou.kind.value, wanted=wanted, remedy=remedy)
        self.findings.append(finding.also(pou.name.span, "declared here"))

    def _has_interface(self, mock: tree.Mock, pou: tree.PouDeclaration, other: tree.PouDeclaration) -> bool:
        """Whether `other` has all inputs and outputs of `pou`, what it inherits from there among them."""
        if other.extends is not None and other.extends.name.key == pou.name.key:
            return True
        has = {name.key: (kind, type_) for kind, name, type_ in _parameters(other)}
        for kind, name, type_ in _parameters(pou):
            theirs = has.get(name.key)
            if theirs is None or theirs[0] is not kind or not _alike(theirs[1], type_):
                found = f"it has no {kind.value} '{name.text} : {' '.join(type_.span.text.split())}'"
                assert mock.replacement is not None
                span, text = mock.replacement.span, other.name.text
                finding = OTHER_INTERFACE.at(span, replacement=text, name=pou.name.text, missing=found)
                self.findings.append(finding.also(name.span, "declared here"))
                return False
        return True


def _is_same(made: Sequence[object], before: Sequence[object]) -> bool:
    return len(made) == len(before) and all(one is another for one, another in zip(made, before, strict=True))


def _text(mock: tree.Mock) -> str:
    return ".".join(name.text for name in mock.target)


def _parameters(pou: tree.PouDeclaration) -> Iterator[tuple[VarKind, tree.Name, tree.TypeSpec]]:
    for block in pou.variables:
        for declared in block.variables if block.kind in _PARAMETERS else ():
            yield from ((block.kind, name, declared.type) for name in declared.names)


Member = TypeVar("Member", tree.MethodDeclaration, tree.PropertyDeclaration, tree.ActionDeclaration)


def _overridden(own: tuple[Member, ...], others: tuple[Member, ...]) -> tuple[Member, ...]:
    """`own`, with `others` in place of those of the same names."""
    keys = {member.name.key for member in others}
    return (*(member for member in own if member.name.key not in keys), *others)


def _alike(one: object, other: object) -> bool:
    """Whether two trees say the same, wherever they stand."""
    if isinstance(one, Span):
        return isinstance(other, Span)
    if isinstance(one, tree.Name):
        return isinstance(other, tree.Name) and one.key == other.key
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        ours, theirs = cast("tuple[object, ...]", one), cast("tuple[object, ...]", other)
        return len(ours) == len(theirs) and all(_alike(a, b) for a, b in zip(ours, theirs, strict=True))
    if not isinstance(one, Struct):
        return one == other
    return all(_alike(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)
