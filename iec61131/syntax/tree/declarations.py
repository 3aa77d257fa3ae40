"""What a file declares: a `Unit` has declarations, a POU has variable blocks and a body."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from iec61131.source import SourceFile, Span
from iec61131.syntax.tree.charts import Chart
from iec61131.syntax.tree.expressions import Argument, Expression, Initial
from iec61131.syntax.tree.names import Name, Pragma
from iec61131.syntax.tree.statements import Statement
from iec61131.syntax.tree.types import Access, TypeName, TypeSpec, VarBlock


class Unit(Struct, frozen=True):
    """One source file."""

    file: SourceFile
    declarations: tuple[Declaration, ...]
    usings: tuple[Using, ...] = ()


class Using(Struct, frozen=True):
    """`USING a.b;` One node for each of the names in `USING a.b, c;`."""

    names: tuple[Name, ...]
    span: Span


class NamespaceDeclaration(Struct, frozen=True):
    """NAMESPACE a.b .. END_NAMESPACE; its declarations may be namespaces again."""

    names: tuple[Name, ...]
    is_internal: bool
    usings: tuple[Using, ...]
    declarations: tuple[Declaration, ...]
    span: Span
    pragmas: tuple[Pragma, ...] = ()


class PouKind(Enum):
    __hash__ = object.__hash__  # by its name, as enumerations do, is a Python call for every look into a table

    PROGRAM = "PROGRAM"
    FUNCTION = "FUNCTION"
    FUNCTION_BLOCK = "FUNCTION_BLOCK"
    CLASS = "CLASS"
    METHOD = "METHOD"  # and the accessors of a PROPERTY
    ACTION = "ACTION"


class PouDeclaration(Struct, frozen=True):
    """PROGRAM, FUNCTION, FUNCTION_BLOCK or CLASS. `result` is the type after the colon of a FUNCTION, None when it has
    none.

    Methods, properties and actions may stand before or behind the body, or right behind the END of the POU. A body is
    either statements or a `chart`.
    """

    kind: PouKind
    name: Name
    result: TypeSpec | None
    variables: tuple[VarBlock, ...]
    body: tuple[Statement, ...]
    pragmas: tuple[Pragma, ...]
    span: Span
    extends: TypeName | None = None
    implements: tuple[TypeName, ...] = ()
    access: Access | None = None
    modifiers: frozenset[Modifier] = frozenset()
    methods: tuple[MethodDeclaration, ...] = ()
    properties: tuple[PropertyDeclaration, ...] = ()
    actions: tuple[ActionDeclaration, ...] = ()
    chart: Chart | None = None
    usings: tuple[Using, ...] = ()


class Modifier(Enum):
    ABSTRACT = "ABSTRACT"
    FINAL = "FINAL"
    OVERRIDE = "OVERRIDE"


class MethodDeclaration(Struct, frozen=True):
    """METHOD .. END_METHOD. Of an INTERFACE: the body is empty."""

    name: Name
    access: Access | None
    modifiers: frozenset[Modifier]
    result: TypeSpec | None
    variables: tuple[VarBlock, ...]
    body: tuple[Statement, ...]
    pragmas: tuple[Pragma, ...]
    span: Span


class Accessor(Struct, frozen=True):
    """GET .. END_GET or SET .. END_SET."""

    variables: tuple[VarBlock, ...]
    body: tuple[Statement, ...]
    access: Access | None
    span: Span


class PropertyDeclaration(Struct, frozen=True):
    """PROPERTY .. END_PROPERTY. `getter` None: it cannot be read; `setter` None: it cannot be written."""

    name: Name
    access: Access | None
    modifiers: frozenset[Modifier]
    type: TypeSpec
    getter: Accessor | None
    setter: Accessor | None
    pragmas: tuple[Pragma, ...]
    span: Span


class ActionDeclaration(Struct, frozen=True):
    """ACTION name: .. END_ACTION. It has no variables of its own. Its body is either statements or a `chart`."""

    name: Name
    body: tuple[Statement, ...]
    pragmas: tuple[Pragma, ...]
    span: Span
    chart: Chart | None = None


class InterfaceDeclaration(Struct, frozen=True):
    """INTERFACE name EXTENDS one, other .. END_INTERFACE."""

    name: Name
    extends: tuple[TypeName, ...]
    methods: tuple[MethodDeclaration, ...]
    properties: tuple[PropertyDeclaration, ...]
    pragmas: tuple[Pragma, ...]
    span: Span
    access: Access | None = None


class TypeDeclaration(Struct, frozen=True):
    """One name of a TYPE block. `extends` of a STRUCT: `TYPE Name EXTENDS Base : STRUCT`."""

    name: Name
    spec: TypeSpec
    initial: Initial | None
    pragmas: tuple[Pragma, ...]
    span: Span
    extends: TypeName | None = None
    access: Access | None = None


class GlobalDeclaration(Struct, frozen=True):
    """A VAR_GLOBAL block outside any configuration (a file of globals).

    `list_name`: of the list of global variables it belongs to; `qualified_only`: its variables need that name.
    """

    block: VarBlock
    span: Span
    pragmas: tuple[Pragma, ...] = ()
    list_name: Name | None = None
    qualified_only: bool = False


class TaskDeclaration(Struct, frozen=True):
    """TASK name (INTERVAL := .., SINGLE := .., PRIORITY := ..). Settings as written, checked later."""

    name: Name
    settings: tuple[tuple[Name, Expression], ...]
    span: Span


class ProgramInstance(Struct, frozen=True):
    """PROGRAM instance WITH task : type (arguments). `qualifier` are the namespaces before the type."""

    name: Name
    task: Name | None
    type_name: Name
    arguments: tuple[Argument, ...]
    retain: bool
    span: Span
    blocks: tuple[BlockTask, ...] = ()
    qualifier: tuple[Name, ...] = ()


class BlockTask(Struct, frozen=True):
    """`block WITH task` among the arguments of a program instance: that block in it is run by that task."""

    block: Expression
    task: Name
    span: Span


class ResourceDeclaration(Struct, frozen=True):
    """RESOURCE name ON processor. A CONFIGURATION without RESOURCE has one with `name` None."""

    name: Name | None
    processor: Name | None
    variables: tuple[VarBlock, ...]
    tasks: tuple[TaskDeclaration, ...]
    programs: tuple[ProgramInstance, ...]
    span: Span


class ConfigurationDeclaration(Struct, frozen=True):
    name: Name
    variables: tuple[VarBlock, ...]
    resources: tuple[ResourceDeclaration, ...]
    span: Span


class TestPart(Struct, frozen=True):
    """TEST 'name' .. END_TEST, SETUP .. END_SETUP or TEARDOWN .. END_TEARDOWN; `word` is which of them it is."""

    word: str
    name: Name
    variables: tuple[VarBlock, ...]
    body: tuple[Statement, ...]
    span: Span


class Mock(Struct, frozen=True):
    """`MOCK FUNCTION name .. END_MOCK`, the same with FUNCTION_BLOCK, or `MOCK path WITH block;`, without a `kind`.

    `target`: what it stands in for, the names between the points. `replacement`: what stands behind WITH.
    """

    kind: PouKind | None
    target: tuple[Name, ...]
    variables: tuple[VarBlock, ...]
    body: tuple[Statement, ...]
    methods: tuple[MethodDeclaration, ...]
    properties: tuple[PropertyDeclaration, ...]
    actions: tuple[ActionDeclaration, ...]
    replacement: TypeName | None
    span: Span


class TestSuite(Struct, frozen=True):
    """TEST_SUITE 'name' .. END_TEST_SUITE. Two of its parts may have one name, which has had its finding."""

    name: Name
    variables: tuple[VarBlock, ...]
    setup: TestPart | None
    teardown: TestPart | None
    tests: tuple[TestPart, ...]
    mocks: tuple[Mock, ...]
    methods: tuple[MethodDeclaration, ...]
    properties: tuple[PropertyDeclaration, ...]
    actions: tuple[ActionDeclaration, ...]
    span: Span


Declaration = (
    PouDeclaration
    | InterfaceDeclaration
    | TypeDeclaration
    | GlobalDeclaration
    | ConfigurationDeclaration
    | NamespaceDeclaration
    | TestSuite
)
