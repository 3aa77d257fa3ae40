"""Places: variables, fields, elements, bits and addresses, for reading and for writing.

`Places.resolve` finds the place that an expression names. What may be written is decided in `check_writable`, for
every way of writing: an assignment, an output of a call, a VAR_IN_OUT argument, a FOR variable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue import charts, classes, configuration, expressions
from iec61131.diagnostics.diagnostic import Code, Diagnostic
from iec61131.semantics.charts import STEP
from iec61131.semantics.constants import elementary, fold_scalar
from iec61131.semantics.execution_control import ENABLED
from iec61131.semantics.findings import counted, listed
from iec61131.semantics.here import ADDRESS_TYPE, Here, address_text
from iec61131.semantics.model import (
    BinaryExpression,
    BitPlace,
    ConstantExpression,
    ElementPlace,
    Expression,
    FieldPlace,
    InstanceMemberPlace,
    Load,
    MemoryPlace,
    Place,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Literal, Operand, Typed, as_type, literal_node, literal_type
from iec61131.semantics.operators import computation_type
from iec61131.semantics.scopes import FAILED, Failed
from iec61131.semantics.types import (
    BOOL,
    LINT,
    ArrayType,
    BlockType,
    Elementary,
    Field,
    Flavour,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    StructType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, PouKind, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

_OF_ONE_CALL = (Storage.FRAME, Storage.REFERENCE, Storage.STACK)
FROM_OUTSIDE = (VarKind.INPUT, VarKind.OUTPUT)
"""Members of an instance that others than its own body may use."""


class Places:
    def __init__(self, here: Here, expressions_: Expressions) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = expressions_

    def resolve(self, expression: tree.Expression) -> Place | None:
        """The place that `expression` means, or None after a finding. A REFERENCE TO means what it refers to."""
        place = self.named(expression)
        return self.followed(place) if place is not None else None

    def followed(self, place: Place) -> Place | None:
        """What a REFERENCE TO at `place` refers to, else `place` itself; None when the target has an error."""
        type_ = place.type
        if not isinstance(type_, PointerType) or type_.flavour is not Flavour.REFERENCE:
            return place
        return TargetPlace(Load(place, place.span), type_.target, place.span) if type_.target is not None else None

    def named(self, expression: tree.Expression) -> Place | None:
        """The place that `expression` names: of a REFERENCE TO the reference itself."""
        expression = self._here.scope.without_namespace(expression)
        match expression:
            case tree.NameExpression():
                return self._variable(expression)
            case tree.DirectAddress():
                return self._address(expression)
            case tree.MemberAccess():
                return self._member(expression)
            case tree.IndexAccess():
                return self._element(expression)
            case tree.BitAccess():
                return self._bit(expression)
            case tree.PartAccess():
                return self._part(expression)
            case tree.Dereference():
                return self._target(expression)
            case tree.Call():
                return self._result(expression)
            case tree.LinkValue():
                link = self._here.links.get(expression.name.key)
                return VariablePlace(link, expression.span) if link is not None else None
            case _:
                self._findings.add(expressions.NOT_A_VARIABLE.at(expression.span))
                return None

    def find_variable(self, name: tree.Name) -> Variable | Failed | None:
        """The variable called `name` here, with a finding when the dialect wants it declared VAR_EXTERNAL."""
        scope, key = self._here.scope, name.key
        found = scope.find_variable(key)
        if not isinstance(found, Variable):
            return found
        if found.storage in _OF_ONE_CALL and key not in scope.variables:
            self._here.note(name.span, found)
            finding = classes.OUTSIDE_METHOD.at(name.span, name=found.name)
            self._findings.add(finding.also(found.span, "declared here"))
            return FAILED
        if found.storage is Storage.MEMORY and scope.find_own(key) is None:
            self._here.check_name(name)
        if scope.needs_external and not scope.is_own(key):
            self._findings.add(expressions.GLOBAL_WITHOUT_EXTERNAL.at(name.span, name=found.name))
        self._here.note(name.span, found)
        return found

    def find_listed(self, expression: tree.MemberAccess) -> Variable | Failed | None:
        """The variable behind `Limits.high`, where Limits is a list of global variables; FAILED after a finding, None
        when the expression is something else.
        """
        base, name, scope = expression.base, expression.name, self._here.scope
        keys = scope.find_list(base.name.key) if isinstance(base, tree.NameExpression) else None
        if keys is None or not isinstance(base, tree.NameExpression):
            return None
        if self._findings.is_strict:
            self._findings.add(expressions.EXTENSION.at(expression.span, what="the name of a list before a variable"))
        symbol = scope.globals.variable(keys.get(name.key, ""))
        self._here.shared.note_list(base.name, keys)
        if symbol is not None:
            if isinstance(symbol.variable, Variable):
                self._here.note(name.span, symbol.variable)
            return symbol.variable or FAILED
        members = [scope.globals.variable(key) for key in keys.values()]
        known = [member.name.rpartition(".")[2] for member in members if member is not None]
        finding = expressions.NOT_IN_LIST.at(name.span, name=name.text, list=base.name.text)
        self._findings.add_near(finding, name.text, known)
        return FAILED

    # --------------------------------------------------------------------------------------------------------- kinds

    def _variable(self, expression: tree.NameExpression) -> Place | None:
        found = self.find_variable(expression.name)
        if isinstance(found, Variable):
            return VariablePlace(found, expression.span)
        if found is None and expression.name.key == "THIS":
            return self._expressions.members.this(expression.span)
        if found is None and expression.name.key == "SUPER":
            return self._expressions.members.base(expression.span)
        computed = self._computed(expression) if found is None else None
        if computed is not None:
            return computed
        program = self._program(expression) if found is None else None
        if program is not None:
            return program
        if found is None and self._here.scope.find_enumerators(expression.name.key):
            self._findings.add(expressions.NOT_A_VARIABLE.at(expression.span))
        elif found is None:
            self._expressions.unknown_name(expression.name)
        return None

    def _program(self, expression: tree.NameExpression) -> Place | None:
        """The one instance of a PROGRAM, by the name of the PROGRAM."""
        symbol = self._here.scope.globals.find_pou(expression.name.key)
        if self._here.in_test:  # one of several is known by its own name
            named = [v for v in self._here.shared.instances if v.key == expression.name.key]
            if len(named) == 1:
                return VariablePlace(named[0], expression.span)
        if symbol is None or symbol.kind is not PouKind.PROGRAM:
            return None
        instance = self._here.shared.program_instance(symbol.pou)
        if instance is None:
            return None
        if self._findings.is_strict:
            self._findings.add(expressions.EXTENSION.at(expression.span, what="the name of a PROGRAM in another POU"))
        return VariablePlace(instance, expression.span)

    def _target(self, expression: tree.Dereference) -> Place | None:
        """`p^`; also of a REFERENCE TO, as some write it. THIS^ and SUPER^ are the running instance."""
        base = expression.base
        if isinstance(base, tree.NameExpression) and base.name.key in ("THIS", "SUPER"):
            return self._variable(base)
        operand = self._expressions.resolve(base) if isinstance(base, tree.Call) else None
        place = None if isinstance(base, tree.Call) else self.named(base)
        pointer = operand.node if isinstance(operand, Typed) else Load(place, place.span) if place is not None else None
        if pointer is None or pointer.type is None:
            return None
        if not isinstance(pointer.type, PointerType):
            self._findings.add(expressions.NOT_A_REFERENCE.at(expression.span, type=pointer.type))
            return None
        target = pointer.type.target
        return TargetPlace(pointer, target, expression.span) if target is not None else None

    def _result(self, call: tree.Call) -> Place | None:
        """What a call gives: a place where it is a reference to one, else a value whose parts can be read."""
        operand = self._expressions.calls.raw_value(call, None)
        return self._of_value(operand, call.span) if operand is not None else None

    def _computed(self, expression: tree.Expression) -> Place | None:
        """The same for a property, which is a call in disguise; without a finding if it is none."""
        named = self._expressions.members.property(expression)
        node = self._expressions.members.read(named, expression.span) if named is not None else None
        if node is None or node.type is None:
            return None
        return self._of_value(Typed(node, node.type), expression.span)

    def _of_value(self, operand: Operand, span: Span) -> Place | None:
        if isinstance(operand, Typed):
            type_ = operand.type
            if isinstance(type_, PointerType) and type_.flavour is Flavour.REFERENCE:
                return TargetPlace(operand.node, type_.target, span) if type_.target is not None else None
            if isinstance(type_, ArrayType | StructType | StringType | PointerType | InterfaceType):
                return ValuePlace(operand.node, type_, span)
        self._findings.add(expressions.NOT_A_VARIABLE.at(span))
        return None

    def _address(self, address: tree.DirectAddress) -> Place | None:
        channel = self._here.shared.channels.get(address_text(address))
        if channel is not None:
            return VariablePlace(channel, address.span)
        variable = self._here.shared.direct_variable(address)
        if variable is None and address.is_of_channel:
            self._findings.add(configuration.CHANNEL_UNDECLARED.at(address.span, address=address.span.text))
            return None
        if variable is None:
            self._findings.add(configuration.ADDRESS_RANGE.at(address.span, address=address.span.text))
            return None
        return MemoryPlace(variable, address.span)

    def _member(self, expression: tree.MemberAccess) -> Place | None:
        listed_variable = self.find_listed(expression)
        if listed_variable is not None:
            is_sound = isinstance(listed_variable, Variable)
            return VariablePlace(listed_variable, expression.span) if is_sound else None
        computed = self._computed(expression)
        if computed is not None:
            return computed
        base = self.resolve(expression.base)
        if base is None:
            return None
        name, type_ = expression.name, base.type
        match type_:
            case StructType():
                part = type_.fields.get(name.key)
                if part is not None:
                    self._here.note(name.span, part)
                    return FieldPlace(base, part, expression.span)
                names = [field.name for field in type_.fields.values()]
            case BlockType():
                member = type_.members.get(type_.key_of(name.key))
                if member is not None and (member.kind in self._from_outside or self._is_of_family(type_)):
                    self._here.note(name.span, member)
                    return InstanceMemberPlace(base, member, expression.span)
                located = self._located_in(type_, name.key)
                if located is not None:
                    self._here.note(name.span, located)
                    return VariablePlace(located, expression.span)
                outcome = self._here.outcome(base, name.span) if name.key == ENABLED and member is None else None
                if outcome is not None:
                    return VariablePlace(outcome, expression.span)
                if member is not None or self._declared_in(type_, name.key) is not None:
                    self._private_member(type_, name)
                    return None
                names = [m.name for m in type_.members.values() if m.kind in FROM_OUTSIDE] + self._callable(type_)
            case _:
                remedy = _in_place_of_member(type_, name.key)
                self._findings.add(expressions.NO_MEMBERS.at(name.span, name=name.text, type=type_, remedy=remedy))
                return None
        if name.key not in self._here.shared.failed_members.get(type_, ()):
            finding = expressions.UNKNOWN_MEMBER.at(name.span, name=name.text, type=type_, known=listed(names))
            self._findings.add_near(finding, name.text, names)
        return None

    def _callable(self, block: BlockType) -> list[str]:
        """The names of its methods, properties and actions, inherited ones too."""
        symbol = self._here.shared.block_symbols.get(block)
        found: dict[str, str] = {}
        for each in symbol.lineage() if symbol is not None else ():
            for member in (*each.methods.values(), *each.properties.values(), *each.actions.values()):
                found.setdefault(member.declaration.name.key, member.declaration.name.text)
        return list(found.values())

    def _is_of_family(self, block: BlockType) -> bool:
        """Whether the running POU belongs to `block` or extends it: `THIS^.count`, or another instance of its kind."""
        own = self._expressions.members.block
        return own is not None and own.pou.instance is not None and own.pou.instance.is_a(block)

    @property
    def _from_outside(self) -> tuple[VarKind, ...]:
        """The members of an instance that others may read."""
        return FROM_OUTSIDE if self._findings.is_strict else (*FROM_OUTSIDE, VarKind.LOCAL)

    def _declared_in(self, block: BlockType, key: str) -> Variable | None:
        symbol = self._here.shared.block_symbols.get(block)
        found = symbol.scope.find_own(key) if symbol is not None else None
        return found if isinstance(found, Variable) else None

    def _located_in(self, block: BlockType, key: str) -> Variable | None:
        """A variable of a PROGRAM that lies at an address, and so not in the instance."""
        found = self._declared_in(block, key)
        is_seen = found is not None and found.address is not None and found.kind in self._from_outside
        return found if is_seen else None

    def _private_member(self, block: BlockType, name: tree.Name) -> None:
        variable = self._declared_in(block, name.key)
        assert variable is not None
        self._here.note(name.span, variable)
        seen = [m.name for m in block.members.values() if m.kind in FROM_OUTSIDE]
        remedy = f"{block} can be reached through: {listed(seen)}" if seen else "declare it as VAR_OUTPUT to be read"
        finding = expressions.PRIVATE_MEMBER.at(
            name.span, name=variable.name, block=block, section=variable.kind.value, remedy=remedy
        )
        self._findings.add(finding.also(variable.span, "declared here"))

    def _element(self, expression: tree.IndexAccess) -> Place | None:
        base = self.resolve(expression.base)
        indices = [self._expressions.resolve(index) for index in expression.indices]
        if base is None:
            return None
        array = base.type
        if isinstance(array, PointerType):
            return self._counted_from(base, array, indices, expression.span)
        if isinstance(array, StringType) and self._findings.is_strict:
            self._findings.add(expressions.EXTENSION.at(expression.span, what="an index into a string"))
        if not isinstance(array, ArrayType | StringType):
            self._findings.add(expressions.NOT_AN_ARRAY.at(expression.span, type=array))
            return None
        if len(indices) != len(array.ranges):
            finding = expressions.INDEX_COUNT.at(
                expression.span, given=len(indices), wanted=counted(len(array.ranges), "index", "indices"), type=array
            )
            self._findings.add(finding)
            return None
        nodes: list[Expression] = []
        for operand, bounds in zip(indices, array.ranges, strict=True):
            node = self._index(operand, bounds) if operand is not None else None
            if node is None:
                return None
            nodes.append(node)
        return ElementPlace(base, tuple(nodes), array.element, expression.span)

    def _counted_from(
        self, base: Place, pointer: PointerType, indices: list[Operand | None], span: Span
    ) -> Place | None:
        """`p[n]`: the n-th variable from the one that `p` points at, as in an array without bounds."""
        if len(indices) != 1:
            self._findings.add(
                expressions.INDEX_COUNT.at(span, given=len(indices), wanted=counted(1, "index"), type=pointer)
            )
            return None
        index = self._index(indices[0], (LINT.minimum, LINT.maximum)) if indices[0] is not None else None
        if index is None or pointer.target is None:
            return None
        size = ConstantExpression(pointer.target.size, LINT, span)
        distance = BinaryExpression(BinaryOperator.MULTIPLY, as_type(index, LINT), size, LINT, span)
        start = as_type(Load(base, base.span), LINT)
        moved = BinaryExpression(BinaryOperator.ADD, start, distance, LINT, span)
        return TargetPlace(as_type(moved, pointer), pointer.target, span)

    def _index(self, operand: Operand, bounds: tuple[int, int]) -> Expression | None:
        """One index in its computation type; a constant one is checked now."""
        node: Expression
        if isinstance(operand, Literal):
            if operand.is_real:
                self._findings.add(expressions.INDEX_TYPE.at(operand.span, type="a number with a point"))
                return None
            node = literal_node(operand, literal_type(operand, None, None))
        else:
            stored = storage_type(operand.type)
            if not isinstance(stored, Elementary) or stored.kind not in (Kind.SIGNED, Kind.UNSIGNED, Kind.BITS):
                self._findings.add(expressions.INDEX_TYPE.at(operand.span, type=operand.type))
                return None
            node = as_type(operand.node, computation_type(elementary(operand.node.type)))
        if isinstance(node, ConstantExpression):
            value = fold_scalar(node)
            if not bounds[0] <= value <= bounds[1]:
                finding = expressions.INDEX_OUT_OF_RANGE.at(node.span, index=value, low=bounds[0], high=bounds[1])
                self._findings.add(finding)
                return None
        return node

    def _bit(self, expression: tree.BitAccess) -> Place | None:
        base, stored = self._divisible(expression)
        if base is None or stored is None:
            return None
        if expression.bit >= stored.bits:
            finding = expressions.BIT_NUMBER.at(
                expression.span, bit=expression.bit, type=base.type, last=stored.bits - 1
            )
            self._findings.add(finding)
            return None
        if self._findings.is_strict and not expression.span.text.rpartition(".")[2].lstrip().startswith("%"):
            self._findings.add(expressions.EXTENSION.at(expression.span, what="bit access without %X"))
        return _bits_of(base, expression.bit, BOOL, expression.span)

    def _part(self, expression: tree.PartAccess) -> Place | None:
        """`x.%B1`"""
        base, stored = self._divisible(expression)
        if base is None or stored is None:
            return None
        part = ADDRESS_TYPE[expression.size]
        count = stored.bits // part.bits
        if not expression.index < count or count == 1:
            numbers = f"0 to {count - 1}" if count > 1 else "none"
            finding = expressions.PART_NUMBER.at(
                expression.span, type=base.type, size=expression.size, index=expression.index, part=part, known=numbers
            )
            self._findings.add(finding)
            return None
        return _bits_of(base, expression.index * part.bits, part, expression.span)

    def _divisible(self, expression: tree.BitAccess | tree.PartAccess) -> tuple[Place | None, Elementary | None]:
        """The integer or bit string that a bit or part is wanted of, and its type."""
        base = self.resolve(expression.base)
        if base is None:
            return None, None
        stored = base.type  # not of a subrange or an enumeration: a bit could take it out of its values
        if isinstance(stored, Elementary) and (stored.is_integer or stored.kind is Kind.BITS):
            return base, stored
        self._findings.add(expressions.BIT_OF_TYPE.at(expression.span, type=base.type))
        return None, None

    # -------------------------------------------------------------------------------------------------------- writing

    def check_writable(self, place: Place) -> bool:
        """Whether the program may write `place`; notes the write."""
        written = self._here.note_write(place)
        if written is not None:
            self._findings.add(
                self._findings.lenient(expressions.LOOP_VARIABLE_WRITTEN).at(place.span, name=written.name)
            )
        return self._may_write(place, place.span)

    def _may_write(self, place: Place, span: Span) -> bool:
        if self._here.in_test:
            return self._may_test_write(place, span)
        outer: Place | None = place
        inside: Variable | None = None  # the member of an instance that has been passed
        while outer is not None:
            finding: Diagnostic | None = None
            match outer:
                case VariablePlace(variable=variable):
                    finding = self._variable_refusal(variable, span)
                    outer = None
                case MemoryPlace(variable=variable):
                    finding = self._variable_refusal(variable, span)
                    outer = None
                case InstanceMemberPlace(base=base, member=member):
                    code = self._member_refusal(base.type, member, is_instance=inside is not None)
                    if code is not None:
                        finding = code.at(span, name=member.name, block=base.type)
                        finding = finding.also(member.span, "declared here")
                    inside = member
                    # What holds the instance does not matter: its inputs are there to be written.
                    outer = base if isinstance(base, InstanceMemberPlace) else None
                case FieldPlace():
                    finding = self._open_input(outer.field, span)
                    outer = outer.base
                case ElementPlace() | BitPlace():
                    outer = outer.base
                case ThisPlace():
                    outer = None
                case ValuePlace():
                    finding = expressions.NOT_A_VARIABLE.at(span)
                    outer = None
                case TargetPlace():  # who may write there was decided when the reference was made
                    outer = None
            if finding is not None:
                self._findings.add(finding)
                if finding.is_error:
                    return False
        return True

    def _may_test_write(self, place: Place, span: Span) -> bool:
        """A test plays whoever writes a variable in a plant: only a constant is one for tests as well."""
        while not isinstance(place, VariablePlace | MemoryPlace | TargetPlace | ThisPlace | ValuePlace):
            member = place.member if isinstance(place, InstanceMemberPlace) else None
            if member is not None and member.is_fixed:
                self._findings.add(self._constant_refusal(member, span))
                return False
            place = place.base
        if isinstance(place, ValuePlace):
            self._findings.add(expressions.NOT_A_VARIABLE.at(span))
        elif isinstance(place, VariablePlace) and place.variable.is_fixed:
            self._findings.add(self._constant_refusal(place.variable, span))
        else:
            return True
        return False

    def _member_refusal(self, block: Type, member: Variable, *, is_instance: bool) -> Code | None:
        """Why a member of an instance is not written. `is_instance`: something inside the instance that it holds is."""
        if member.kind is VarKind.OUTPUT:
            return expressions.ASSIGN_OUTPUT
        assert isinstance(block, BlockType)
        is_inner = member.kind is VarKind.LOCAL and not is_instance and not self._is_of_family(block)
        return expressions.ASSIGN_INNER if is_inner else None

    def _variable_refusal(self, variable: Variable, span: Span) -> Diagnostic | None:
        is_read_only = variable.kind is VarKind.GLOBAL and variable.key in self._here.scope.read_only
        if variable.constant or is_read_only:
            return self._constant_refusal(variable, span)
        is_inner = variable.address is not None and variable.kind is VarKind.LOCAL
        if is_inner and self._here.scope.find_own(variable.key) is not variable:
            finding = expressions.ASSIGN_INNER.at(span, name=variable.name, block="another PROGRAM")
            return finding.also(variable.span, "declared here")
        if variable in self._here.made.values():
            return expressions.ASSIGN_OUTPUT.at(span, name=ENABLED, block="the block")
        if variable.type is STEP:
            return charts.STEP_WRITTEN.at(span, name=variable.name).also(variable.span, "declared here")
        if variable.address is not None and variable.address[1:2] in "Ii":
            return expressions.ASSIGN_INPUT_ADDRESS.at(span, name=variable.name, address=variable.address)
        open_input = self._open_input(variable, span)
        if open_input is not None:
            return open_input
        if variable.kind is VarKind.INPUT or variable.edge_of is not None:
            code = self._findings.lenient(expressions.ASSIGN_INPUT)
            return code.at(span, name=variable.name).also(variable.span, "declared here")
        return None

    def _open_input(self, part: Variable | Field, span: Span) -> Diagnostic | None:
        """What is declared AT %I*, wherever it gets its place."""
        address = self._here.shared.open_places.get(part)
        if address is None or address.area != "I":
            return None
        return expressions.ASSIGN_INPUT_ADDRESS.at(span, name=part.name, address=address.span.text)

    def _constant_refusal(self, variable: Variable, span: Span) -> Diagnostic:
        return expressions.ASSIGN_CONSTANT.at(span, name=variable.name).also(variable.span, "declared here")


def _bits_of(base: Place, first: int, type_: Elementary, span: Span) -> BitPlace:
    """Bits of `base` from `first` on; a part of a part is one of the whole."""
    if isinstance(base, BitPlace):
        return BitPlace(base.base, base.bit + first, type_, span)
    return BitPlace(base, first, type_, span)


_LENGTHS = frozenset({"LENGTH", "LEN", "SIZE", "COUNT"})


def _in_place_of_member(type_: Type, key: str) -> str:
    """What to do where something has no members."""
    if key in _LENGTHS and isinstance(type_, StringType):
        return "write LEN(..) for the length of a text"
    if key in _LENGTHS and isinstance(type_, ArrayType):
        return "write UPPER_BOUND(.., 1) for the last index of an array"
    return "remove it, or use a variable of a STRUCT or function block"
