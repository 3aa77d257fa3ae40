"""What may be kept in registers, what a call touches, and how much stack it takes: the analyses behind the code."""

from __future__ import annotations

import re

from iec61131 import codegen, jit
from iec61131.codegen.reach import Located, Reach
from iec61131.codegen.regions import eligible
from iec61131.semantics.model import Model
from tests.unit.resolved import build, pou

PLANT = """
VAR_GLOBAL shared, private : DINT; END_VAR
FUNCTION Touch : DINT
VAR_IN_OUT target : DINT; END_VAR
VAR_EXTERNAL shared : DINT; END_VAR
target := target + shared;
Touch := target;
END_FUNCTION
FUNCTION_BLOCK Cell
VAR_INPUT on : BOOL; END_VAR
VAR_OUTPUT level : DINT; END_VAR
VAR count : DINT; END_VAR
count := count + 1;
level := Touch(target := count);
END_FUNCTION_BLOCK
PROGRAM Main
VAR
    first, second : Cell;
    kept, handed, read : DINT;
    raw AT %IW0 : INT;
    list : ARRAY[0..3] OF DINT;
END_VAR
VAR_EXTERNAL shared, private : DINT; END_VAR
first(on := TRUE);
kept := Touch(target := handed) + raw + shared + private;
list[read] := first.level;
END_PROGRAM
"""


def kept_in(model: Model, name: str) -> dict[str, bool]:
    reach = Reach(model)
    return {variable.name: written for variable, written in eligible(reach, reach.uses[pou(model, name)]).items()}


def test_what_a_body_may_keep():
    """Not what a call changes (`handed`), nor what lies in an array or another instance, nor what is located. `shared`
    is only read by both sides.
    """
    model, _ = build(PLANT)
    assert kept_in(model, "Main") == {"kept": True, "read": False, "shared": False, "private": False}


def test_a_member_handed_out_is_not_kept_but_its_neighbours_are():
    model, _ = build(PLANT)
    assert kept_in(model, "Cell") == {"level": True}


def test_an_in_out_is_kept_where_nothing_else_names_what_it_refers_to():
    model, _ = build(PLANT)
    assert kept_in(model, "Touch") == {"target": True, "shared": False}
    aliased, _ = build(PLANT.replace("target := handed", "target := shared"))
    assert kept_in(aliased, "Touch") == {}


def test_a_footprint_holds_what_the_calls_of_a_call_touch():
    model, _ = build(PLANT)
    footprint = Reach(model).footprint([pou(model, "Main")])
    read = {part if isinstance(part, Located) else part.name for part in footprint.read}
    written = {part if isinstance(part, Located) else part.name for part in footprint.written}
    assert {"shared", "count", Located.AREAS} <= read
    assert {"count", "level", "handed", "list", "kept"} <= written
    assert "shared" not in written


def test_only_what_can_fault_is_checked_after_its_call():
    """`Main` indexes with `read`; the others cannot fail."""
    model, layout = build(PLANT)
    reach = Reach(model)
    assert [reach.footprint([pou(model, name)]).faults for name in ("Touch", "Cell", "Main")] == [False, False, True]
    ir = codegen.lower(model, layout).modules[0]
    assert ir.count('call preserve_mostcc i32 @"rung.fault"') == 1
    assert ir.count('call preserve_mostcc i32 @"rung.called_from"') == 1


NESTED = """
FUNCTION Inner : DINT
VAR_INPUT n : DINT; END_VAR
VAR buffer : ARRAY[0..999] OF DINT; i : DINT; END_VAR
FOR i := 0 TO 999 DO buffer[i] := i * n; END_FOR;
Inner := buffer[n MOD 1000 + 0 * n];
END_FUNCTION
FUNCTION Recursive : DINT
VAR_INPUT n : DINT; END_VAR
VAR buffer : ARRAY[0..99] OF DINT; END_VAR
buffer[ABS(n) MOD 100] := n;
IF n > 0 THEN Recursive := Recursive(n - 1) + buffer[5]; END_IF;
END_FUNCTION
PROGRAM Main
VAR x : DINT; END_VAR
x := Inner(x) + Recursive(3);
END_PROGRAM
"""


def test_the_stack_bound_covers_the_frames_of_the_machine_code():
    """All frames at once, and the recursive function's a hundred times: more than any run needs."""
    model, layout = build(NESTED)
    lowered = codegen.lower(model, layout)
    for optimise in (0, 3):
        text = jit.assembly(lowered.modules[0], optimise)[1]
        frames = [int(size) for size in re.findall(r"subq\s+\$(\d+), %rsp", text)]
        frames += [8] * len(re.findall(r"pushq", text))
        assert sum(frames) >= 4000
        assert lowered.stack_bytes >= sum(frames)
    assert lowered.stack_bytes >= 100 * 400 + 4000


def nest(depth: int, innermost: str) -> str:
    heads = "".join(f"FOR i{n} := 1 TO 1 DO\n" for n in range(depth))
    return heads + innermost + "\nEND_FOR;" * depth


def nested_program(outer: int, inner: int) -> str:
    variables = ", ".join(f"i{n}" for n in range(max(outer, inner)))
    return f"""
        FUNCTION Inner : INT
        VAR {variables} : INT; END_VAR
        {nest(inner, "Inner := Inner + 1;")}
        END_FUNCTION
        PROGRAM Main
        VAR {variables}, sum : INT; END_VAR
        {nest(outer, "sum := sum + Inner();")}
        END_PROGRAM
    """


def attributes(ir: str, function: str) -> str:
    (line,) = (line for line in ir.splitlines() if line.startswith("define") and f'@"{function}"' in line)
    return line.rpartition(")")[2]


def test_loops_are_not_nested_deeper_than_llvm_can_bear():
    """LLVM needs exponential time for them, and a source text must not be able to hang the compiler."""
    for outer, inner, main_is, inner_is in (
        (4, 4, " nounwind", " nounwind"),
        (5, 4, " nounwind", " noinline nounwind"),
        (9, 1, " noinline nounwind optnone", " noinline nounwind"),
        (60, 60, " noinline nounwind optnone", " noinline nounwind optnone"),
    ):
        model, layout = build(nested_program(outer, inner))
        ir = codegen.lower(model, layout).modules[0]
        assert (attributes(ir, "program.Main"), attributes(ir, "function.Inner")) == (main_is, inner_is)
        jit.load([jit.compile_object(ir)], [])
