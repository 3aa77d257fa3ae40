"""Objects that programs make and delete while they run: a list of them, and two functions that make it longer and
shorter, with whatever else the generator puts into their bodies.

The list hangs on globals, so that objects live from scan to scan. No REAL is among what they hold: two executors may
give a NaN different bits, and what lies there has no name by which a comparison could pass over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.differential.generator.choices import Choices
from tests.differential.generator.repertoire import WHOLE
from tests.differential.generator.scope import Interface, Parameter, Scope
from tests.differential.generator.sections import Sections
from tests.differential.generator.statements import Lines, Statements, trace

HELD = ("INT", "BOOL", "DINT", "WORD", "TIME", "LINT", "BYTE", "STRING[6]", "Row", "Longs", "Names", "Colour", "Nudge")
"""Types of what an object holds."""

_DECLARATIONS = """
TYPE
    Item : STRUCT
        next : POINTER TO Item;
        value : {held};
        some : POINTER TO {some};
        part : POINTER TO Part;
    END_STRUCT;
END_TYPE

VAR_GLOBAL
    gItems : POINTER TO Item;
    gItemCount : INT;
END_VAR

FUNCTION_BLOCK Part
VAR_OUTPUT
    number : INT := {number};
END_VAR
VAR
    own : POINTER TO DINT;
END_VAR
METHOD FB_Init : BOOL
VAR_INPUT
    bInitRetains, bInCopyCode : BOOL;
    first : INT := 3;
END_VAR
number := number + first;
own := __NEW(DINT);
END_METHOD
METHOD FB_Exit : BOOL
VAR_INPUT
    bInCopyCode : BOOL;
END_VAR
gTrace := gTrace * 31 + INT_TO_UDINT(number);
__DELETE(own);
END_METHOD
METHOD Next : INT
number := number + 1;
Next := number;
END_METHOD
END_FUNCTION_BLOCK

FUNCTION_BLOCK LargePart EXTENDS Part
VAR
    table : Row;
    inside : Part;
END_VAR
METHOD FB_Exit : BOOL
VAR_INPUT
    bInCopyCode : BOOL;
END_VAR
gTrace := gTrace * 31 + INT_TO_UDINT(table[2]);
END_METHOD
METHOD Next : INT
table[2] := table[2] + 1;
Next := SUPER^.Next() + inside.Next();
END_METHOD
END_FUNCTION_BLOCK
"""


class Objects:
    def __init__(self, choices: Choices, shared: Scope) -> None:
        self.choices = choices
        self.shared = shared
        self.sections = Sections(choices)
        self.held, self.some = choices.pick(HELD), choices.pick(HELD)
        self.most = choices.pick((3, 20, 100))
        value = Parameter("value", self.held)
        self.longer = Interface("Longer", (value, Parameter("count", "INT")), result="BOOL")
        self.shorter = Interface("Shorter", result="INT")

    @property
    def functions(self) -> tuple[Interface, ...]:
        return (self.longer, self.shorter)

    def text(self, globals_: Sequence[Parameter]) -> str:
        external = self.sections.section("VAR_EXTERNAL", globals_)
        names = {"held": self.held, "some": self.some, "number": self.choices.number(0, 9)}
        return "".join([_DECLARATIONS.format(**names), self._longer(external), self._shorter(external)])

    def _longer(self, external: str) -> str:
        """A new object in front of the others. `some` may be more than there is room for."""
        block = self.choices.pick(("Part", "LargePart", f"Part({self.choices.number(0, 9)})", "LargePart(first := 4)"))
        filled = [
            "    item^.value := value;",
            f"    item^.some := __NEW({self.some}, {self.choices.pick(('count', 'count * 10', '5'))});",
            f"    item^.part := __NEW({block});",
            *self._inside("item", 1, 3),
            "    item^.next := gItems;",
            "    gItems := item;",
            "    gItemCount := gItemCount + 1;",
        ]
        body = [
            trace(self.choices),
            f"IF gItemCount < {self.most} THEN",
            "    item := __NEW(Item);",
            "END_IF;",
            "IF item <> NULL THEN",
            *filled,
            "    Longer := TRUE;",
            "END_IF;",
        ]
        return self._function(self.longer, "item : POINTER TO Item;", external, body)

    def _shorter(self, external: str) -> str:
        """The last object is looked at once more, and goes. A mistake at random keeps a pointer to it."""
        deleted = ["    __DELETE(item^.part);", "    __DELETE(item^.some);", "    __DELETE(item);"]
        if self.choices.chance(15):
            deleted.append("    Shorter := Shorter + stale^.part^.Next();")
        body = [
            "IF gItems <> NULL THEN",
            "    item := gItems;",
            "    stale := item;",
            "    IF item^.part <> NULL THEN",
            "        Shorter := item^.part^.Next();",
            "    END_IF;",
            *self._inside("item", 0, 2),
            "    gItems := item^.next;",
            "    gItemCount := gItemCount - 1;",
            *deleted,
            "END_IF;",
        ]
        return self._function(self.shorter, "item, stale : POINTER TO Item;", external, body)

    def _inside(self, item: str, low: int, high: int) -> Lines:
        """Statements that see the object."""
        counters = (Parameter("k0", self.choices.pick(WHOLE)),)
        self.counters = counters
        scope = replace(self.shared, counters=counters).with_variable(f"{item}^.value", self.held)
        lines = Statements(self.choices, scope).some(low, high)
        return [f"    {line}" for line in lines]

    def _function(self, interface: Interface, locals_: str, external: str, body: Sequence[str]) -> str:
        return "".join(
            [
                f"\nFUNCTION {interface.name} : {interface.result}\n",
                external,
                self.sections.section("VAR_INPUT", interface.inputs),
                f"VAR\n    {locals_}\nEND_VAR\n",
                self.sections.section("VAR", self.counters),
                *(f"{line}\n" for line in body),
                "END_FUNCTION\n",
            ]
        )
