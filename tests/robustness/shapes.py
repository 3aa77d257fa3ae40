"""Texts of any size in every shape that somebody might think of: `python -m tests.robustness.shapes` prints a table
of the seconds that a megabyte of each takes, and how many times as long as half a megabyte that is.

A shape is a row of `SHAPES`: what surrounds it and one piece, which is repeated; `{n}` in it is the piece's number.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from iec61131 import compiler
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.formatter import format_text
from iec61131.source import SourceFile

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """`before` and `after` once, `piece` as often as there is room, `closing` as often behind all pieces."""

    before: str
    piece: str
    after: str
    closing: str = ""

    def text(self, characters: int) -> str:
        each = len(self.piece.replace("{n}", "99999")) + len(self.closing.replace("{n}", "99999"))
        count = max(1, (characters - len(self.before) - len(self.after)) // each)
        pieces = "".join(self.piece.replace("{n}", str(number)) for number in range(count))
        closings = "".join(self.closing.replace("{n}", str(number)) for number in reversed(range(count)))
        return f"{self.before}{pieces}{closings}{self.after}"


def program(declarations: str, body: str) -> str:
    """A program in which `|` is where the pieces of a shape stand."""
    return f"PROGRAM Main\nVAR\n{declarations}\nEND_VAR\n{body}\nEND_PROGRAM\n"


def _in(frame: str, piece: str, closing: str = "") -> Shape:
    before, after = frame.split("|")
    return Shape(before, piece, after, closing)


INTS = "a, b, c : INT; t : ARRAY[0..9] OF INT; on : BOOL; s : STRING;"
BALANCED = "(" * 40 + "a" + " + a)" * 40

SHAPES: dict[str, Shape] = {
    # ------------------------------------------------------------------------------------------------- expressions
    "one sum": _in(program(INTS, "a := 1|;"), " + a"),
    "one sum of brackets": _in(program(INTS, "a := 1|;"), f" + {BALANCED}"),
    "one call": _in(program(INTS, "a := MAX(1|);"), ", a"),
    "one call of nobody": _in(program(INTS, "a := F(1|);"), ", a"),
    "chain of assignments": _in(program(INTS, "|1;"), "a := "),
    "chain of members": _in(program(INTS, "a := b|;"), ".c"),
    "open brackets": _in(program(INTS, "a := |"), "("),
    "closing brackets": _in(program(INTS, "a := 1|;"), ")"),
    "brackets": _in(program(INTS, "a := |;"), "(", ")"),
    "signs": _in(program(INTS, "a := |1;"), "-"),
    "large number": _in(program(INTS, "a := 1|;"), "9"),
    "large REAL": _in(program("a : LREAL;", "a := 1.0|;"), "9"),
    "long duration": _in(program("a : TIME;", "a := T#|s;"), "1"),
    "balanced expressions": _in(program(INTS, "|"), f"a := {BALANCED};\n"),
    # -------------------------------------------------------------------------------------------------- statements
    "assignments": _in(program(INTS, "|"), "a := b + t[c] * 2;\n"),
    "assignments of texts": _in(program(INTS, "|"), "s := CONCAT(s, 'abc');\n"),
    "calls": _in(program(f"{INTS} f : TON;", "|"), "f(IN := on, PT := T#1s); on := f.Q;\n"),
    "constant sums": _in(program(INTS, "|"), "a := 1 + 2 * 3;\n"),
    "nested IF": _in(program(INTS, "|"), "IF on THEN ", "END_IF; "),
    "open IF": _in(program(INTS, "|"), "IF on THEN\n"),
    "ELSIF": _in(program(INTS, "IF on THEN a := 1;\n|END_IF;"), "ELSIF a = {n} THEN b := 2;\n"),
    "CASE": _in(program("a, b : DINT;", "CASE a OF\n|END_CASE;"), "{n}: b := 2;\n"),
    "CASE, one arm": _in(program("a, b : DINT;", "CASE a OF\n-1|: b := 1;\nEND_CASE;"), ", {n}"),
    "CASE of ranges": _in(program("a, b : DINT;", "CASE a OF\n-1|: b := 1;\nEND_CASE;"), ", {n}00..{n}99"),
    "CASE of one label": _in(program("a, b : DINT;", "CASE a OF\n|END_CASE;"), "1: b := 2;\n"),
    "CASE of unknown names": _in(program("a, b : DINT;", "CASE a OF\n|END_CASE;"), "n{n}: b := 2;\n"),
    "labels and jumps": _in(program(INTS, "|"), "l{n}: a := 1; JMP l{n};\n"),
    "jumps to nowhere": _in(program(INTS, "|"), "JMP l{n};\n"),
    "empty statements": _in(program(INTS, "|"), ";"),
    # ------------------------------------------------------------------------------------------------ declarations
    "variables": _in(program("|", ""), "v{n} : INT := {n} MOD 100;\n"),
    "variables in one list": _in(program("a|: INT;", ""), ", v{n}"),
    "variables of one name": _in(program("|", ""), "v : INT;\n"),
    "variables of no type": _in(program("|", ""), "v{n} : T{n};\n"),
    "misspelt names": Shape(
        "PROGRAM Main\nVAR\n" + "".join(f"speed{n}_actual : INT;\n" for n in range(5000)) + "END_VAR\n",
        "speed_{n}actual := 1;\n",
        "END_PROGRAM",
    ),
    "instances": _in(program("|", ""), "v{n} : TON := (PT := T#{n}ms);\n"),
    "located variables": _in("VAR_GLOBAL\n|END_VAR\n", "v{n} AT %MW{n} : INT;\n"),
    "global constants": _in("VAR_GLOBAL CONSTANT\nc : INT := 1;\n|END_VAR\n", "c{n} : INT := c + 1;\n"),
    "chain of constants": _in("VAR_GLOBAL CONSTANT\nc_ : INT := 1;\n|c0 : INT := 1;\nEND_VAR\n", "x{n} : INT := c0;\n"),
    "sections": _in("PROGRAM Main\n|END_PROGRAM\n", "VAR v{n} : INT; END_VAR\n"),
    "fields": _in("TYPE T : STRUCT\n|END_STRUCT; END_TYPE\n", "f{n} : REAL;\n"),
    "types": _in("TYPE\n|END_TYPE\n", "T{n} : STRUCT a : INT; b : REAL; END_STRUCT;\n"),
    "enumerators": _in("TYPE T : (a|); END_TYPE\n", ", e{n}"),
    "enumerators with values": _in("TYPE T : DINT (a := -1|); END_TYPE\n", ", e{n} := {n}"),
    "enumerators of one name": _in("TYPE T : (a|); END_TYPE\n", ", a"),
    "initial values": _in(program("a : ARRAY[0..999999] OF DINT := [0|];", ""), ", {n}"),
    "nested initial values": _in(program("a : INT := |1;", ""), "[", "]"),
    "dimensions": _in(program("a : ARRAY[0..0|] OF INT;", ""), ", 0..0"),
    "nested types": _in(program("a : |INT;", ""), "ARRAY[0..1] OF "),
    "FUNCTIONs": Shape("", "FUNCTION f{n} : INT VAR_INPUT x : INT; END_VAR f{n} := x + 1; END_FUNCTION\n", ""),
    "POUs of one name": Shape("", "FUNCTION f : INT\nf := 1;\nEND_FUNCTION\n", ""),
    "METHODs": _in("FUNCTION_BLOCK B\n|END_FUNCTION_BLOCK\n", "METHOD m{n} : INT\nm{n} := 1;\nEND_METHOD\n"),
    "PROPERTYs": _in(
        "FUNCTION_BLOCK B\n|END_FUNCTION_BLOCK\n", "PROPERTY p{n} : INT\nGET\np{n} := 1;\nEND_GET\nEND_PROPERTY\n"
    ),
    "heirs": Shape("FUNCTION_BLOCK B\nEND_FUNCTION_BLOCK\n", "FUNCTION_BLOCK B{n} EXTENDS B\nEND_FUNCTION_BLOCK\n", ""),
    "INTERFACEs": Shape("", "INTERFACE I{n}\nMETHOD m : INT\nEND_METHOD\nEND_INTERFACE\n", ""),
    "ACTIONs": _in("FUNCTION_BLOCK B\n|END_FUNCTION_BLOCK\n", "ACTION m{n}:\n;\nEND_ACTION\n"),
    "NAMESPACEs": Shape("", "NAMESPACE n{n}\nTYPE T : INT; END_TYPE\nEND_NAMESPACE\n", ""),
    "nested NAMESPACEs": Shape("", "NAMESPACE n{n}\n", "", "END_NAMESPACE\n"),
    "steps": _in(
        "PROGRAM Main\nINITIAL_STEP s: END_STEP\n|END_PROGRAM\n",
        "STEP s{n}: END_STEP TRANSITION FROM s TO s{n} := TRUE; END_TRANSITION\n",
    ),
    "TASKs": _in(
        "PROGRAM Main END_PROGRAM\nCONFIGURATION C RESOURCE R ON PC\n|"
        "PROGRAM p : Main; END_RESOURCE END_CONFIGURATION\n",
        "TASK t{n} (INTERVAL := T#10ms);\n",
    ),
    # ------------------------------------------------------------------------------------------- characters, errors
    "one comment": _in("|", "x"),
    "comment": _in("(*|*)", "x"),
    "line comments": _in(program(INTS, "|"), "// x\n"),
    "nested comments": Shape("", "(*", "", "*)"),
    "open comments": Shape("", "(*", ""),
    "one text": _in(program(INTS, "s := '|';"), "x"),
    "text of escapes": _in(program(INTS, "s := '|';"), "$41"),
    "texts that do not end": _in(program(INTS, "|"), "s := 'x\n"),
    "quotes": _in(program(INTS, "|"), "'"),
    "pragmas": _in(program(INTS, "|"), "{x}"),
    "conditions": _in(program(INTS, "|"), "{IF defined (a)} a := 1; {END_IF}\n"),
    "nested conditions": _in(program(INTS, "|"), "{IF defined (a)}\n", "{END_IF}\n"),
    "defined names": _in(program(INTS, "|"), "{define n{n}}\n"),
    "one name": _in(program("|: INT;", ""), "x"),
    "names": _in(program(INTS, "|"), "x{n} "),
    "numbers": _in(program(INTS, "|"), "{n} "),
    "unknown names": _in(program(INTS, "|"), "x{n} := 1;\n"),
    "errors": _in(program(INTS, "|"), "a := ;\n"),
    "errors of types": _in(program(INTS, "|"), "a := on;\n"),
    "warnings": _in(program("i : INT; u : UINT;", "|"), "u := i;\n"),
    "keywords": _in("|", "END_IF THEN CASE VAR PROGRAM TYPE "),
    "ends": _in("|", "END_PROGRAM\n"),
    "strange characters": _in("|", "\\"),
    "zeros": _in("|", "\0"),
    "carriage returns": _in(program(INTS, "|"), "a := b;\r"),
    "empty lines": _in("|", "\n"),
    "letters of no language": _in("|", "é"),
}


def check(text: str) -> None:
    compiler.check([SourceFile("shape.st", text)])


def formatted(text: str) -> None:
    try:
        format_text(text)
    except CompileError:
        return


def seconds(shape: Shape, characters: int, answer: Callable[[str], None] = check) -> float:
    """Processor time for a text of about that size."""
    text = shape.text(characters)
    start = time.process_time()
    answer(text)
    return time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(description="Seconds that a megabyte of each shape takes.")
    parser.add_argument("--only", default="", help="what the names of the shapes begin with")
    parser.add_argument("--characters", type=int, default=MEGABYTE)
    options = parser.parse_args()
    sys.stdout.write(f"{'shape':30} {'check':>7} {'of half':>8} {'format':>7}\n")
    for name, shape in SHAPES.items():
        if not name.startswith(options.only):
            continue
        half, whole = seconds(shape, options.characters // 2), seconds(shape, options.characters)
        layout = seconds(shape, options.characters, formatted)
        sys.stdout.write(f"{name:30} {whole:6.2f}s {whole / max(half, 0.001):7.1f}x {layout:6.2f}s\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
