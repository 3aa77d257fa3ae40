"""Variables kept in registers, and the ways in which something else can touch them meanwhile.

Each program is a trap: a place with two names, one of which the generator might keep in a register. Both executors
run it, the compiled one at the lowest and at the highest level of optimisation; their memory must be the same after
every scan, and the values must be those that are written down here.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from iec61131.compiler import CompileOptions
from iec61131.program import FaultCode
from iec61131.source import SourceFile
from tests.language.harness import values
from tests.language.harness.executors import Failure, Limits, Memory, Subject

SCANS = 5


@dataclass
class Outcome:
    subject: Subject
    memory: Memory
    failure: Failure | None

    def __getitem__(self, path: str) -> int | float | bool | str:
        return values.read(self.memory, self.subject.program.find(path))


def run(text: str, scans: int = SCANS, limits: Limits | None = None) -> Outcome:
    """The compiled program after `scans` scans, or after the first that ends with a fault."""
    limits = limits or Limits()
    for optimise in (0, 3):
        subject = Subject([SourceFile("trap.st", text)], CompileOptions(optimise=optimise))
        interpreted, compiled = subject.memory(), subject.memory()
        failure = None
        for scan in range(scans):
            failure = subject.scan("compiled", compiled, scan * 10_000_000, limits)
            assert failure == subject.scan("interpreted", interpreted, scan * 10_000_000, limits)
            assert subject.difference(interpreted, compiled) is None
            if failure is not None:
                break
    return Outcome(subject, compiled, failure)


def test_an_in_out_that_is_a_member_of_the_instance_itself():
    outcome = run("""
        FUNCTION_BLOCK Adder
        VAR_INPUT total : DINT; END_VAR
        VAR_IN_OUT other : DINT; END_VAR
        VAR i : INT; END_VAR
        FOR i := 1 TO 3 DO
            total := total + 1;
            other := other * 2;
        END_FOR;
        END_FUNCTION_BLOCK
        PROGRAM Main
        VAR f : Adder; END_VAR
        f(other := f.total);
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert outcome["Main.f.total"] == (((0 + 1) * 2 + 1) * 2 + 1) * 2


def test_two_in_outs_of_one_variable():
    outcome = run("""
        FUNCTION Mix : DINT
        VAR_IN_OUT a, b : DINT; END_VAR
        VAR i : INT; END_VAR
        FOR i := 1 TO 4 DO
            a := a + 1;
            b := b * 2;
        END_FOR;
        Mix := a - b;
        END_FUNCTION
        PROGRAM Main
        VAR v : DINT; difference : DINT := 99; END_VAR
        v := 0;
        difference := Mix(a := v, b := v);
        END_PROGRAM
    """)  # fmt: skip
    assert outcome["Main.difference"] == 0
    assert outcome["Main.v"] == 30


def test_a_global_that_a_function_called_in_the_loop_changes():
    outcome = run("""
        VAR_GLOBAL count, total : DINT; END_VAR
        FUNCTION Bump : DINT
        VAR_EXTERNAL count : DINT; END_VAR
        count := count + 1;
        Bump := count;
        END_FUNCTION
        PROGRAM Main
        VAR_EXTERNAL count, total : DINT; END_VAR
        VAR i : INT; END_VAR
        count := 10;
        total := 0;
        FOR i := 1 TO 5 DO
            total := total + count * Bump();
            count := count + 1;
        END_FOR;
        END_PROGRAM
    """)  # fmt: skip
    assert outcome["count"] == 20
    assert outcome["total"] == sum((10 + 2 * i) * (11 + 2 * i) for i in range(5))


def test_a_global_that_only_an_inner_call_reads():
    outcome = run("""
        VAR_GLOBAL level : DINT; END_VAR
        FUNCTION Deep : DINT
        VAR_EXTERNAL level : DINT; END_VAR
        Deep := level;
        END_FUNCTION
        FUNCTION Outer : DINT
        Outer := Deep() + 1;
        END_FUNCTION
        PROGRAM Main
        VAR_EXTERNAL level : DINT; END_VAR
        VAR i : INT; seen : DINT; END_VAR
        level := 0;
        FOR i := 1 TO 3 DO
            level := level + 10;
            seen := Outer();
        END_FOR;
        END_PROGRAM
    """)  # fmt: skip
    assert outcome["Main.seen"] == 31


def test_a_block_that_sees_its_own_instance_as_a_global():
    outcome = run("""
        VAR_GLOBAL shared : Looking; END_VAR
        FUNCTION_BLOCK Looking
        VAR_INPUT step : DINT; END_VAR
        VAR_OUTPUT sum : DINT; END_VAR
        VAR_EXTERNAL shared : Looking; END_VAR
        VAR i, seen : DINT; END_VAR
        FOR i := 1 TO 3 DO
            sum := sum + step;
            seen := shared.sum;
        END_FOR;
        sum := sum + seen;
        END_FUNCTION_BLOCK
        PROGRAM Main
        VAR_EXTERNAL shared : Looking; END_VAR
        shared(step := 5);
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert outcome["shared.sum"] == 30


def test_a_member_of_a_nested_instance_that_its_own_body_changes():
    outcome = run("""
        FUNCTION_BLOCK Inner
        VAR_INPUT value : INT; END_VAR
        value := value + 3;
        END_FUNCTION_BLOCK
        FUNCTION_BLOCK Outer
        VAR_OUTPUT sum : INT; END_VAR
        VAR nested : Inner; i : INT; END_VAR
        FOR i := 1 TO 4 DO
            nested();
            sum := sum + nested.value;
            nested.value := nested.value - 1;
        END_FOR;
        END_FUNCTION_BLOCK
        PROGRAM Main
        VAR f : Outer; END_VAR
        f();
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert outcome["Main.f.sum"] == 3 + 5 + 7 + 9
    assert outcome["Main.f.nested.value"] == 8


def test_located_variables_that_lie_over_each_other():
    outcome = run("""
        PROGRAM Main
        VAR
            word AT %MW2 : WORD;
            low AT %MB4 : BYTE;
            bit AT %MX5.1 : BOOL;
            i : INT;
            seen : INT;
        END_VAR
        word := 0;
        seen := 0;
        FOR i := 1 TO 10 DO
            low := low + 1;
            bit := NOT bit;
            IF word.9 THEN seen := seen + 1; END_IF;
            %MB4 := %MB4 + 1;
        END_FOR;
        END_PROGRAM
    """)  # fmt: skip
    assert outcome["Main.seen"] == 5
    assert outcome["Main.word"] == 20


def test_a_located_bool_over_a_byte_is_true_for_any_content():
    outcome = run("""
        PROGRAM Main
        VAR
            raw AT %MB7 : BYTE := 6;
            seen : BOOL;
        END_VAR
        VAR_TEMP t : INT; END_VAR
        raw := 6;
        seen := %MX7.1 AND %MX7.2 AND NOT %MX7.0;
        END_PROGRAM
    """)  # fmt: skip
    assert outcome["Main.seen"] == 1


def test_elements_and_the_whole_array_by_reference():
    outcome = run("""
        TYPE Row : ARRAY[0..3] OF DINT; END_TYPE
        FUNCTION Spread : DINT
        VAR_IN_OUT whole : Row; part : DINT; END_VAR
        VAR i : INT; END_VAR
        FOR i := 0 TO 3 DO
            whole[i] := whole[i] + part;
            part := part + 1;
        END_FOR;
        Spread := part;
        END_FUNCTION
        PROGRAM Main
        VAR row : Row; result : DINT; END_VAR
        row[2] := 1;
        result := Spread(whole := row, part := row[2]);
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert [outcome[f"Main.row[{i}]"] for i in range(4)] == [1, 2, 8, 7]
    assert outcome["Main.result"] == 8


def test_an_array_assigned_where_the_index_changes_its_source():
    outcome = run("""
        TYPE Pair : ARRAY[0..1] OF DINT; END_TYPE
        VAR_GLOBAL source : Pair := [7, 8]; END_VAR
        FUNCTION Spoil : DINT
        VAR_EXTERNAL source : Pair; END_VAR
        source[0] := source[0] + 100;
        Spoil := 1;
        END_FUNCTION
        PROGRAM Main
        VAR_EXTERNAL source : Pair; END_VAR
        VAR kept : ARRAY[0..2] OF Pair; END_VAR
        kept[Spoil()] := source;
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert (outcome["Main.kept[1][0]"], outcome["source[0]"]) == (7, 107)


def test_an_aggregate_argument_is_a_copy():
    outcome = run("""
        TYPE Pair : STRUCT a, b : DINT; END_STRUCT; END_TYPE
        FUNCTION Change : DINT
        VAR_INPUT value : Pair; END_VAR
        VAR_IN_OUT original : Pair; END_VAR
        original.a := 50;
        value.b := 60;
        Change := value.a + original.b;
        END_FUNCTION
        PROGRAM Main
        VAR p : Pair := (a := 1, b := 2); q : Pair; result : DINT; END_VAR
        result := Change(value := p, original := p);
        q := p;
        p := p;
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert (outcome["Main.result"], outcome["Main.p.a"], outcome["Main.p.b"], outcome["Main.q.a"]) == (3, 50, 2, 50)


def test_a_loop_variable_handed_out_in_the_body():
    outcome = run("""
        FUNCTION Skip : BOOL
        VAR_IN_OUT value : INT; END_VAR
        value := value + 1;
        Skip := TRUE;
        END_FUNCTION
        PROGRAM Main
        VAR i, turns : INT; done : BOOL; END_VAR
        turns := 0;
        FOR i := 1 TO 10 DO
            turns := turns + 1;
            done := Skip(value := i);
        END_FOR;
        END_PROGRAM
    """)  # fmt: skip
    assert (outcome["Main.turns"], outcome["Main.i"]) == (5, 11)


def test_return_in_a_loop_stores_what_was_computed():
    outcome = run("""
        PROGRAM Main
        VAR i, sum : INT; after : BOOL; END_VAR
        sum := 0;
        FOR i := 1 TO 100 DO
            sum := sum + i;
            IF sum > 20 THEN RETURN; END_IF;
        END_FOR;
        after := TRUE;
        END_PROGRAM
    """)  # fmt: skip
    assert (outcome["Main.i"], outcome["Main.sum"], outcome["Main.after"]) == (6, 21, 0)


def test_a_fault_in_a_loop_stores_what_was_computed():
    outcome = run("""
        PROGRAM Main
        VAR i, sum : INT; a : ARRAY[1..5] OF INT; j : INT := 1; END_VAR
        WHILE TRUE DO
            sum := sum + j;
            a[j] := sum;
            j := j + 1;
        END_WHILE;
        END_PROGRAM
    """)  # fmt: skip
    assert outcome.failure is not None
    assert outcome.failure.code is FaultCode.INDEX_OUT_OF_BOUNDS
    assert (outcome["Main.sum"], outcome["Main.j"], outcome["Main.a[5]"]) == (21, 6, 15)


NEST = """
    PROGRAM Main
    VAR i, j, k, done : DINT; END_VAR
    done := 0;
    FOR i := 1 TO 3 DO
        FOR j := 1 TO i DO
            done := done + 1;
        END_FOR;
        IF i = 2 THEN
            FOR k := 10 TO 1 BY -3 DO
                done := done + 10;
                IF done > 1000 THEN EXIT; END_IF;
            END_FOR;
        END_IF;
    END_FOR;
    END_PROGRAM
"""
NEST_CHARGES = 3 + (1 + 2 + 3) + 4


@pytest.mark.parametrize("budget", range(NEST_CHARGES + 3))
def test_a_nest_of_loops_pays_the_same_with_and_without_checks(budget: int):
    """The budget may cover the nest, or run out at any of its loops: the memory is the same as the interpreter's,
    header included.
    """
    outcome = run(NEST, scans=1, limits=Limits(loops=budget))
    assert (outcome.failure is None) == (budget >= NEST_CHARGES)


def test_a_call_that_loops_pays_from_the_same_budget():
    text = """
        FUNCTION Burn : INT
        VAR_INPUT n : INT; END_VAR
        VAR i : INT; END_VAR
        FOR i := 1 TO n DO Burn := Burn + 1; END_FOR;
        END_FUNCTION
        PROGRAM Main
        VAR i, sum : INT; END_VAR
        FOR i := 1 TO 4 DO
            sum := sum + Burn(n := i);
        END_FOR;
        END_PROGRAM
    """
    assert run(text, scans=1, limits=Limits(loops=14)).failure is None
    outcome = run(text, scans=1, limits=Limits(loops=13))
    assert outcome.failure is not None
    assert outcome.failure.code is FaultCode.LOOP_LIMIT
    assert len(outcome.failure.calls) == 2
    assert outcome["Main.sum"] == 6


def test_narrow_variables_wrap_in_registers_as_in_memory():
    outcome = run("""
        PROGRAM Main
        VAR u : USINT := 250; s : SINT := 120; w : WORD := 16#8001; b : BYTE := 16#81; n : UINT := 65530; END_VAR
        VAR i : INT; END_VAR
        FOR i := 1 TO 10 DO
            u := u + 1;
            s := s + 1;
            n := n + 1;
            w := SHL(w, 1) OR SHR(w, 15);
            b := ROL(NOT b, 1) XOR 16#0F;
        END_FOR;
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert (outcome["Main.u"], outcome["Main.s"], outcome["Main.n"]) == (4, -126, 4)
    assert outcome["Main.w"] == (0x8001 << 10 | 0x8001 >> 6) & 0xFFFF


def test_bits_of_a_variable_in_a_register():
    outcome = run("""
        PROGRAM Main
        VAR s : SINT; i : INT; ones : INT; END_VAR
        ones := 0;
        s := 0;
        FOR i := 0 TO 9 DO
            s.7 := NOT s.7;
            s.0 := s < 0;
            IF s.0 THEN ones := ones + 1; END_IF;
        END_FOR;
        s.7 := TRUE;
        END_PROGRAM
    """)  # fmt: skip
    assert (outcome["Main.ones"], outcome["Main.s"]) == (5, -128)


def test_a_body_with_more_variables_than_are_kept():
    """Past the limit a body leaves its variables in memory; the loop in it keeps its own."""
    names = [f"v{i}" for i in range(100)]
    declared = ", ".join(names)
    body = "\n".join(f"{name} := {name} + {i} + sum;" for i, name in enumerate(names))
    outcome = run(f"""
        PROGRAM Main
        VAR {declared}, sum : DINT; i : INT; END_VAR
        {body}
        sum := 0;
        FOR i := 1 TO 4 DO sum := sum + v1; v99 := v99 + 1; END_FOR;
        END_PROGRAM
    """, scans=1)  # fmt: skip
    assert (outcome["Main.sum"], outcome["Main.v99"]) == (4, 103)
