"""ST programs of a wanted size, made for measuring."""

from __future__ import annotations

ITEMS_PER_ARRAY = 10


def changing(variables: int) -> str:
    """A program `Main` with `variables` REALs that all change in every scan."""
    names = [f"v{number}" for number in range(variables)]
    declared = "\n".join(f"    {name} : REAL;" for name in names)
    body = "\n".join(f"{name} := x + {number}.0;" for number, name in enumerate(names))
    return f"PROGRAM Main\nVAR\n    x : REAL;\n{declared}\nEND_VAR\nx := x + 1.0;\n{body}\nEND_PROGRAM\n"


def idle(inputs: int, outputs: int, variables: int) -> str:
    """A program `Main` that does nothing, with so many points (REAL) and further variables (DINT, in arrays of ten)."""
    points = [f"    i{n} : REAL;" for n in range(inputs)] + [f"    o{n} : REAL;" for n in range(outputs)]
    arrays = [f"    a{n} : ARRAY[0..{ITEMS_PER_ARRAY - 1}] OF DINT;" for n in range(variables // ITEMS_PER_ARRAY)]
    declared = "\n".join([*points, *arrays])
    return f"PROGRAM Main\nVAR\n{declared}\nEND_VAR\n;\nEND_PROGRAM\n"
