"""Codes RUNG09xx: faults of a running program. Each matches one `FaultCode` of `iec61131.program`."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_STOPS = (
    " The scan that met the fault publishes nothing, the PLC goes to FAULT, and the outputs take their configured safe"
    " values."
)

DIVIDE_BY_ZERO = Code(
    "RUNG0901",
    "division by zero",
    "an integer was divided by zero",
    "test the divisor first, or compute in REAL, where division by zero gives infinity",
    "The right operand of `/` or `MOD` on integers was zero at run time." + _STOPS,
    "rate := total / count;",
    "IF count <> 0 THEN\n    rate := total / count;\nEND_IF;",
)
INDEX_OUT_OF_BOUNDS = Code(
    "RUNG0902",
    "array index out of bounds",
    "an array was indexed outside its bounds",
    "keep the index within the declared bounds, for example with LIMIT",
    "An index expression had a value outside the bounds that the array was declared with." + _STOPS,
    "VAR a : ARRAY[1..10] OF INT; END_VAR\na[i] := 0;  (* i was 11 *)",
    "a[LIMIT(1, i, 10)] := 0;",
)
LOOP_LIMIT = Code(
    "RUNG0903",
    "loop limit exceeded",
    "the loops of this scan ran more often than the loop limit allows",
    "make sure that the loop ends, or spread its work over several scans",
    "All loops of one scan share a budget of iterations. A loop used it up, so it may never have ended." + _STOPS,
    "WHILE busy DO\n    n := n + 1;  (* busy never changes here *)\nEND_WHILE;",
    "IF busy THEN\n    n := n + 1;  (* once in each scan *)\nEND_IF;",
)
RECURSION_DEPTH = Code(
    "RUNG0904",
    "recursion too deep",
    "calls were nested deeper than the recursion depth allows",
    "make sure that the recursion ends, or write it as a loop",
    "A function called itself, directly or through others, more often than the reserved depth." + _STOPS,
    "FUNCTION f : DINT VAR_INPUT n : DINT; END_VAR\nf := n * f(n - 1);\nEND_FUNCTION",
    "IF n <= 1 THEN f := 1; ELSE f := n * f(n - 1); END_IF;",
)
SUBRANGE = Code(
    "RUNG0905",
    "value outside its subrange",
    "a value outside the declared range was assigned to a subrange variable",
    "limit the value before the assignment",
    "A variable of a subrange type was given a value below its lower or above its upper bound." + _STOPS,
    "VAR level : INT(0..100); END_VAR\nlevel := 150;",
    "level := LIMIT(0, wanted, 100);",
)
NULL_REFERENCE = Code(
    "RUNG0906",
    "null reference",
    "a reference or pointer that points at nothing was used",
    "assign the reference, or test it, before use",
    "A REFERENCE, REF_TO or POINTER variable was dereferenced while it was NULL, led out of the memory of the program,"
    " or to an object that __DELETE had ended." + _STOPS,
    "p^ := 1;  (* p was never assigned *)",
    "p := ADR(x);\np^ := 1;",
)
INPUT_LOST = Code(
    "RUNG0907",
    "input lost",
    'an input whose `on_loss` is "fault" has been bad for longer than its `max_age`',
    "restore the device or its connection, then reset the PLC",
    'The point is configured with `on_loss = "fault"` and had no good value for longer than `max_age`.' + _STOPS,
    'on_loss = "fault"  # and the device was unplugged',
    'on_loss = "hold"   # when the process can go on with the last value',
)
WRONG_DELETE = Code(
    "RUNG0908",
    "delete of no object",
    "__DELETE was given a reference to something that __NEW did not make, or that is deleted already",
    "delete each object once, through a pointer that has the value that __NEW gave",
    "A pointer that __DELETE was given did not point at the start of a living object. It had been set with ADR, moved"
    " by arithmetic, or it was a copy of a pointer through which the object was deleted before." + _STOPS,
    "copy := p;\n__DELETE(p);\n__DELETE(copy);  (* deleted already *)",
    "copy := p;\n__DELETE(p);\ncopy := NULL;",
)
WATCHDOG = Code(
    "RUNG0909",
    "a task took too long",
    "a task ran for longer than its watchdog allows",
    "find out what takes the time, or allow more in plc.toml",
    "The watchdog of a task has a time and a sensitivity. It trips when as many runs in a row as the sensitivity says"
    " took longer than the time, or when one run takes as many times the time, even if it never ends." + _STOPS,
    'watchdog = { time = "1ms", sensitivity = 1 }   # for a task that takes 3 ms',
    'watchdog = { time = "5ms", sensitivity = 2 }',
)
SAFE_MODE = Code(
    "RUNG0910",
    "safe mode",
    "the PLC is in safe mode, because it met more faults in a time than it may",
    "find out why, then reset it: `rung reset NAME`, or a reset by HTTP",
    'With `on_fault = "restart-limited"` a PLC is started again after a fault only so many times in so long. After that'
    " it stands still with its outputs safe. No restart of the service or of the machine lets it run again: a person"
    " has to reset it. `rung fault NAME` has the reports of its last faults.",
    'on_fault = "restart-limited"   # and a device sends what the program divides by: 0',
    'on_fault = "restart-limited"\nrestart = { most = 5, within = "1h" }   # where more faults are to be expected',
)
