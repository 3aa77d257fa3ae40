"""The typed model: what the program means, ready to be executed by the interpreter or lowered to machine code.

What a reader of this tree may rely on (checked by `semantics.legality`):

- Every name is an object: a `Variable`, a `Pou`, a `Field`. Every expression has its type.
- **Every conversion is a `Convert` node.** Operands of an operator have one and the same *computation type*: BOOL,
  the bit strings (own width), DINT, UDINT, LINT, ULINT, REAL, LREAL, or LINT-like TIME, DATE .. Integers narrower than
  32 bits were widened to DINT before the operator, and its result is DINT; a store, an argument or a conversion to
  INT is a `Convert(DINT -> INT)` that truncates. Enumerations and subranges appear in expressions as their base type,
  converted like it.
- A string is compared with strings of any length and of its own width; everywhere else a value has the exact type of
  where it goes. What computes a string fills it up with zeros behind the text.
- Integer arithmetic wraps at the width of the computation type; shifts and bitwise operators work in the operand's
  own width.
- Evaluation is left to right, operands before operator, inputs of a call in the order of the arguments as written.
- A place (`Place`) is where a value lives; an expression reads it with `Load`, an assignment writes it. Places that
  index check bounds; a store to a subrange variable goes through `Convert` with kind SUBRANGE, which checks.
- `span` is what a fault at this node points at.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from iec61131.semantics.heap import HeapOperation
from iec61131.semantics.signals import Signal
from iec61131.semantics.types import BlockType, Elementary, EnumType, Field, InterfaceType, PointerType, Type
from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import BinaryOperator, PouKind, UnaryOperator, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.accesses import AccessPath

# A constant value: int for integers, bit strings, TIME and dates (ns) and enumerations; bool; float (a REAL already
# rounded to single); for arrays a tuple of element constants in memory order; for structs and blocks a dict from field
# key to constant, with the fields that keep their default left out; for strings their text, a character for each byte
# or UTF-16 code unit.
Constant = int | bool | float | str | tuple["Constant", ...] | dict[str, "Constant"]


class Storage(Enum):
    """Where a variable lives."""

    FRAME = "frame"  # in the activation of a POU: FUNCTION variables, VAR_TEMP; set anew at each call
    STACK = "stack"  # the same, at `offset` of the activation's part of the memory block, since something refers to it
    INSTANCE = "instance"  # at `offset` of the instance of a FUNCTION_BLOCK or PROGRAM
    MEMORY = "memory"  # at absolute `offset` of the PLC's memory block: VAR_GLOBAL, located variables
    REFERENCE = "reference"  # VAR_IN_OUT: the caller's place


class Variable(Struct, eq=False):
    """A declared variable.

    `offset` counts in bytes from the start of the instance (INSTANCE) or of the memory block (MEMORY, set by `layout`).
    `bit` is the bit number inside the byte at `offset` for a located BOOL, else None. `initial` is a whole constant of
    the type, or None for IN_OUT. `takes`: the word of an input declared ANY_NUM or the like; the body sees `type`.
    """

    name: str
    type: Type
    kind: VarKind
    storage: Storage
    span: Span
    initial: Constant | None = None
    constant: bool = False
    retain: bool = False
    persistent: bool = False
    non_retain: bool = False  # keeps a member out of a retained instance
    offset: int = -1
    bit: int | None = None
    address: str | None = None  # "%IX0.0" as written, for located variables
    edge_of: Variable | None = None  # of a hidden trigger: the R_EDGE/F_EDGE input that it watches; for people
    takes: str = ""

    @property
    def key(self) -> str:
        return self.name.upper()

    @property
    def is_fixed(self) -> bool:
        """Whether it has the value of its declaration for good. An input that is CONSTANT has its caller's value."""
        return self.constant and self.kind not in (VarKind.INPUT, VarKind.IN_OUT)


# -------------------------------------------------------------------------------------------------------------- places


class VariablePlace(Struct, frozen=True, eq=False):
    """A whole variable of any storage. INSTANCE means: of the instance the running POU belongs to."""

    variable: Variable
    span: Span

    @property
    def type(self) -> Type:
        return self.variable.type


class MemoryPlace(Struct, frozen=True, eq=False):
    """A direct address in the text, `%MW4`: `offset` into the memory block, set by `layout` through `variable`."""

    variable: Variable
    span: Span

    @property
    def type(self) -> Type:
        return self.variable.type


class FieldPlace(Struct, frozen=True, eq=False):
    """A field of a struct."""

    base: Place
    field: Field
    span: Span

    @property
    def type(self) -> Type:
        return self.field.type


class InstanceMemberPlace(Struct, frozen=True, eq=False):
    """A member of a block instance seen from outside: `timer.Q`, `motor.speed`."""

    base: Place
    member: Variable
    span: Span

    @property
    def type(self) -> Type:
        return self.member.type


class ElementPlace(Struct, frozen=True, eq=False):
    """An array element. One index expression per dimension, each of type DINT, UDINT, LINT or ULINT; out of bounds is a
    fault. Indices are evaluated left to right, all before the first is checked.
    """

    base: Place
    indices: tuple[Expression, ...]
    type: Type
    span: Span


class BitPlace(Struct, frozen=True, eq=False):
    """Part of an integer or bit string place: bit number `bit` as a BOOL, or the bits from there on that a smaller bit
    string has. Those begin at a byte.
    """

    base: Place
    bit: int
    type: Elementary
    span: Span


class TargetPlace(Struct, frozen=True, eq=False):
    """What a reference refers to: `p^`. `pointer` is of an LWORD's storage: bytes from the start of the memory block.
    A target that does not lie wholly behind the header and before the section `heap_table` is a fault, NULL among them;
    so is one that begins in the section `heap` where no live object is.
    """

    pointer: Expression
    type: Type
    span: Span


class ThisPlace(Struct, frozen=True, eq=False):
    """The instance that the running POU belongs to, seen as `type`: its own block or one that this extends."""

    type: BlockType
    span: Span


class ValuePlace(Struct, frozen=True, eq=False):
    """An array or struct that was just computed, to read a part of it, or a reference, to follow it: `f(x).y`."""

    value: Expression
    type: Type
    span: Span


Place = (
    TargetPlace
    | ThisPlace
    | ValuePlace
    | VariablePlace
    | MemoryPlace
    | FieldPlace
    | InstanceMemberPlace
    | ElementPlace
    | BitPlace
)

# --------------------------------------------------------------------------------------------------------- expressions


class ConstantExpression(Struct, frozen=True, eq=False):
    """A constant; aggregates only as the whole right side of an assignment or argument."""

    value: Constant
    type: Type
    span: Span


class Load(Struct, frozen=True, eq=False):
    """The value at a place."""

    place: Place
    span: Span

    @property
    def type(self) -> Type:
        return self.place.type


class AddressOf(Struct, frozen=True, eq=False):
    """A reference to a place: `ADR(x)`. The variable that the place is part of lies in the memory block."""

    place: Place
    type: PointerType | InterfaceType
    span: Span


class SignalOf(Struct, frozen=True, eq=False):
    """What the inputs that fill a place say of it: `QUALITY(x)`, see `semantics.signals`. The place is found, with its
    indices and what references lead to it, and not read. It is no variable of an activation, and no value.
    """

    signal: Signal
    place: Place
    type: EnumType | Elementary
    span: Span


class ConversionKind(Enum):
    """How the bits change. Source and target are the operand's and the node's types, enumerations as their base."""

    RESIZE = "resize"  # integer, bit string, TIME, date to the same set: truncate, or extend by the sign of the source
    TO_BOOL = "to_bool"  # integer, bit string, TIME, date or REAL to BOOL: value <> 0
    FROM_BOOL = "from_bool"  # BOOL to anything: 0 or 1
    INTEGER_TO_REAL = "integer_to_real"  # rounds to nearest even; signedness of the source
    REAL_TO_INTEGER = "real_to_integer"  # half to even, saturates to the target, NaN gives 0
    TRUNCATE_REAL = "truncate_real"  # TRUNC: towards zero, saturates, NaN gives 0
    REAL_TO_REAL = "real_to_real"
    RELABEL = "relabel"  # same bits, another type name (enumeration and its base)
    SUBRANGE = "subrange"  # base to a SubrangeType: fault when outside
    STRING = "string"  # string or character to a string: the text as far as it fits, then zeros; see CHARACTER
    CHARACTER = "character"  # string or character to a character: the first of a text, 0 if none; no byte: '?'


class Convert(Struct, frozen=True, eq=False):
    operand: Expression
    kind: ConversionKind
    type: Type
    span: Span


class UnaryExpression(Struct, frozen=True, eq=False):
    """NEGATE wraps; NOT complements in the operand's own width (BOOL: logical)."""

    operator: UnaryOperator
    operand: Expression
    type: Type
    span: Span


class BinaryExpression(Struct, frozen=True, eq=False):
    """Both operands have the same type, the computation type; `type` is that type, or BOOL for a comparison.

    The two sides of a shift are intrinsics, not operators. Integer `/` truncates towards zero, MOD has the sign of
    the dividend; both fault on zero; the least value divided by -1 wraps. REAL comparisons are IEEE 754: with NaN all
    but `<>` are false. AND_THEN and OR_ELSE evaluate the right side only when needed. POWER is on REAL or LREAL.
    """

    operator: BinaryOperator
    left: Expression
    right: Expression
    type: Type
    span: Span


class IntrinsicCall(Struct, frozen=True, eq=False):
    """A standard function the executors know: a name of `intrinsics.INTRINSICS`, and its operands, of one type."""

    name: str
    arguments: tuple[Expression, ...]
    type: Type
    span: Span


class Dispatch(Struct, frozen=True, eq=False):
    """Which POU a call runs, by the tag that the instance has when its arguments are there: `targets`, complete once
    all bodies are resolved. A tag that is not among them is a fault at the call: it is no such instance.
    """

    name: str
    targets: dict[int, Pou] = field(default_factory=dict["int", "Pou"])


class CallFunction(Struct, frozen=True, eq=False):
    """A call of a user FUNCTION, or of a METHOD or ACTION of `instance`.

    The instance's place is found first. With `dispatch` its tag decides which POU runs; `function` then only says how
    the call looks.
    `inputs` in the order of the function's VAR_INPUT variables, each converted to the parameter's type, defaults
    filled in. They are evaluated in `order` (indices into `inputs` of those written by the caller, as written;
    defaults are constants). `in_outs` in the order of the VAR_IN_OUT variables. `outputs`: VAR_OUTPUT variable and
    the place to store it, after the call, in the order written, with the conversion already in a pair (variable,
    place, conversion kind or None). `type` None: no result.
    """

    function: Pou
    inputs: tuple[Expression, ...]
    order: tuple[int, ...]
    in_outs: tuple[Place, ...]
    outputs: tuple[OutputBinding, ...]
    type: Type | None
    span: Span
    instance: Place | None = None
    dispatch: Dispatch | None = None


class OutputBinding(Struct, frozen=True, eq=False):
    """`output => place`: after the call, `convert(output)` is stored at `place`. `chain` is empty when the types are
    equal. The conversions are applied in order; each is (kind, resulting type). `negated` is `NOT output =>` on a BOOL.
    """

    output: Variable
    place: Place
    chain: tuple[tuple[ConversionKind, Type], ...]
    negated: bool
    span: Span


class HeapCall(Struct, frozen=True, eq=False):
    """An object taken or given back. FREE has no result, hence no `type`. What is taken is filled with zeros."""

    operation: HeapOperation
    operand: Expression
    type: Type | None
    span: Span


class Stepwise(Struct, frozen=True, eq=False):
    """What takes several steps inside of an expression: the statements run, then the value is computed.

    The statements do not leave the expression: there is no EXIT, CONTINUE, RETURN or jump among them.
    """

    statements: tuple[Statement, ...]
    value: Expression
    span: Span

    @property
    def type(self) -> Type | None:
        return self.value.type


Expression = (
    ConstantExpression
    | Load
    | AddressOf
    | SignalOf
    | Convert
    | UnaryExpression
    | BinaryExpression
    | IntrinsicCall
    | CallFunction
    | HeapCall
    | Stepwise
)

# ---------------------------------------------------------------------------------------------------------- statements


class Assign(Struct, frozen=True, eq=False):
    """`value` has exactly the storage type of `place`, and is evaluated before its indices. Structs are copied."""

    place: Place
    value: Expression
    span: Span


class CallBlock(Struct, frozen=True, eq=False):
    """A call of a FUNCTION_BLOCK instance. `block` may be one of its actions instead, which then runs as its body.

    First the instance's place is found, then each input is evaluated and stored in the order written, then the body
    runs with `in_outs` (in declaration order), then the outputs are copied out in the order written. With `dispatch`
    the instance's tag decides whose body runs.
    """

    instance: Place
    block: Pou
    inputs: tuple[tuple[Variable, Expression], ...]
    in_outs: tuple[Place, ...]
    outputs: tuple[OutputBinding, ...]
    span: Span
    dispatch: Dispatch | None = None


class Evaluate(Struct, frozen=True, eq=False):
    """A function call as a statement; its result is dropped."""

    call: CallFunction | IntrinsicCall | HeapCall
    span: Span


class If(Struct, frozen=True, eq=False):
    branches: tuple[tuple[Expression, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    span: Span


class Case(Struct, frozen=True, eq=False):
    """`selector` has an integer computation type (DINT, UDINT, LINT, ULINT or a bit string's own width). Each arm:
    inclusive (low, high) constants; the first arm that matches runs.
    """

    selector: Expression
    arms: tuple[tuple[tuple[tuple[int, int], ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    span: Span


class For(Struct, eq=False):
    """Start, end and step are evaluated once, in this order, each already of the storage type of `place`, then start is
    stored.

    With n the number of steps from start that stay within end, computed without overflow (n = 0 when step is 0 is not
    possible: a constant step of 0 is a compile error, a variable one that is 0 is a LOOP_LIMIT fault):

    - `counted` (`countable`: the body assigns the variable nowhere, nor hands it out by reference, and it is not shared
      memory; `counting` looks at the whole program for whoever else may):
      the budget is charged n at once, the body runs n times, the variable is advanced by step after each, wrapping at
      its type.
    - otherwise each turn tests the variable as it is then (step > 0: variable <= end), charges 1, runs the body, and
      advances the variable; when that overflows the type, the loop ends after the wrap.
    CONTINUE advances; EXIT does not.
    """

    place: Place
    start: Expression
    end: Expression
    step: Expression
    countable: bool
    body: tuple[Statement, ...]
    span: Span
    counted: bool = False


class While(Struct, frozen=True, eq=False):
    """Charges 1 before each turn of the body, after the condition was true."""

    condition: Expression
    body: tuple[Statement, ...]
    span: Span


class Repeat(Struct, frozen=True, eq=False):
    """Charges 1 before each turn of the body. CONTINUE goes to the condition."""

    body: tuple[Statement, ...]
    until: Expression
    span: Span


class Exit(Struct, frozen=True, eq=False):
    span: Span


class Continue(Struct, frozen=True, eq=False):
    span: Span


class Return(Struct, frozen=True, eq=False):
    span: Span


class Label(Struct, frozen=True, eq=False):
    """A place between two statements where a Jump goes to."""

    name: str
    span: Span


class Jump(Struct, frozen=True, eq=False):
    """Goes on behind `label`, which is one of the statements of a body around the jump: it leaves blocks, and enters
    none. Backwards it charges 1 to the loop budget first.
    """

    label: Label
    is_backward: bool
    span: Span


Statement = Assign | CallBlock | Evaluate | If | Case | For | While | Repeat | Exit | Continue | Return | Label | Jump

# -------------------------------------------------------------------------------------------------------------- whole


class Pou(Struct, eq=False):
    """A PROGRAM, FUNCTION, FUNCTION_BLOCK, METHOD or ACTION with its typed body.

    A METHOD (or accessor, or ACTION) is called like a FUNCTION, on an `instance` of the block that declares it.

    `variables` in declaration order, all kinds. `result` is the variable named like the FUNCTION, whose `instance` is
    None. `recursive` is set for a POU that can reach itself; each entry to one counts against the depth budget.
    Variables of the storages FRAME and STACK are set to their `initial` at every call, before inputs are stored.
    """

    name: str
    kind: PouKind
    span: Span
    variables: tuple[Variable, ...] = ()
    result: Variable | None = None
    instance: BlockType | None = None
    body: tuple[Statement, ...] = ()
    recursive: bool = False
    stack_bytes: int = 0  # of the variables with the storage STACK

    def __repr__(self) -> str:
        return f"Pou({self.name!r})"

    @property
    def key(self) -> str:
        return self.name.upper()

    @property
    def is_block(self) -> bool:
        """Whether it is called by its instance alone, which holds its inputs and outputs."""
        return self.kind in (PouKind.PROGRAM, PouKind.FUNCTION_BLOCK)

    def of_kind(self, kind: VarKind) -> list[Variable]:
        return [v for v in self.variables if v.kind is kind]


class ProgramRun(Struct, frozen=True, eq=False):
    """A PROGRAM instance: a MEMORY variable of block type, called by its task. `inputs` are stored before each run and
    `outputs` after it, for `PROGRAM p WITH t : Main (in := x, out => y)`."""

    variable: Variable
    program: Pou
    inputs: tuple[tuple[Variable, Expression], ...]
    outputs: tuple[OutputBinding, ...]
    span: Span


class Task(Struct, frozen=True, eq=False):
    """`priority` 0 is the most urgent. Runs its programs in order. `event` and `interval_ns` as in `program.Task`; the
    place is known beforehand.
    """

    name: str
    interval_ns: int
    priority: int
    programs: tuple[ProgramRun, ...]
    span: Span
    event: Place | None = None


class Model(Struct, frozen=True, eq=False):
    """A whole program. `pous` has callees before callers (recursive groups together). `memory` lists every MEMORY
    variable, located ones last; `layout` has given each its offset."""

    name: str
    files: tuple[SourceFile, ...]
    types: tuple[Type, ...]  # every named type and block, dependencies first
    pous: tuple[Pou, ...]
    memory: tuple[Variable, ...]
    tasks: tuple[Task, ...]
    exposed: frozenset[Variable] = frozenset()  # those that a reference may lead to, with all that they consist of
    stack_bytes: int = 0  # the part of the memory block for variables with the storage STACK
    start: Pou | None = None  # run once on the fresh memory block, before the first scan
    has_heap: bool = False  # whether it has any HeapCall, and so the sections for them
    accesses: tuple[AccessPath, ...] = ()
    shared: frozenset[Variable] = frozenset()  # globals of a resource that the others of its configuration have as well
    keeps_shared: bool = True  # whether it is the one that keeps what is retained of them
