"""What a case runs. A PROGRAM runs as it is; a FUNCTION or FUNCTION_BLOCK gets a PROGRAM around it.

The PROGRAM has a variable for each parameter of a FUNCTION, and `zz_result`; it holds an instance of a FUNCTION_BLOCK,
whose own inputs can be set, and variables for its in-outs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iec61131.input_forms import parse
from iec61131.source import SourceFile
from iec61131.syntax.tree import (
    ConfigurationDeclaration,
    NamedType,
    PouDeclaration,
    PouKind,
    TypeSpec,
    VarDeclaration,
    VarKind,
)

PROGRAM = "zz_run"
INSTANCE = "zz_unit"
RESULT = "zz_result"

_PARAMETERS = (VarKind.INPUT, VarKind.IN_OUT, VarKind.OUTPUT)


@dataclass(frozen=True)
class Entry:
    """`program` is run; `inside` leads from its instance to where the variables are; `sources` come in addition."""

    program: str
    inside: str = ""
    sources: tuple[SourceFile, ...] = ()


def entry_of(sources: Sequence[SourceFile], name: str) -> Entry:
    """How to run the POU `name` of `sources`. A name that is no POU of theirs may be that of a program instance."""
    found = next((pou for pou in pous(sources) if pou.name.text.upper() == name.upper()), None)
    return Entry(name) if found is None or found.kind is PouKind.PROGRAM else around(found)


def pous(sources: Iterable[SourceFile]) -> list[PouDeclaration]:
    units = [parse(source)[0] for source in sources]
    return [d for unit in units for d in unit.declarations if isinstance(d, PouDeclaration)]


def has_configuration(sources: Iterable[SourceFile]) -> bool:
    return any(isinstance(d, ConfigurationDeclaration) for source in sources for d in parse(source)[0].declarations)


def parameters(pou: PouDeclaration, *kinds: VarKind) -> list[tuple[str, VarDeclaration, VarKind]]:
    """Name, declaration and section of each parameter of these kinds, in order."""
    blocks = [block for block in pou.variables if block.kind in kinds]
    return [(name.text, v, block.kind) for block in blocks for v in block.variables for name in v.names]


def around(pou: PouDeclaration) -> Entry:
    """A PROGRAM that runs a FUNCTION or an instance of a FUNCTION_BLOCK."""
    is_block = pou.kind is PouKind.FUNCTION_BLOCK
    given = parameters(pou, VarKind.IN_OUT) if is_block else parameters(pou, *_PARAMETERS)
    lines = [f"{name} : {_declared(v)};" for name, v, _ in given]
    arguments = ", ".join(f"{name} {'=>' if kind is VarKind.OUTPUT else ':='} {name}" for name, _, kind in given)
    if is_block:
        lines.append(f"{INSTANCE} : {pou.name.text};")
        call = f"{INSTANCE}({arguments});"
    elif pou.result is not None:
        lines.append(f"{RESULT} : {_type(pou.result)};")
        call = f"{RESULT} := {pou.name.text}({arguments});"
    else:
        call = f"{pou.name.text}({arguments});"
    variables = "\n".join(f"    {line}" for line in lines)
    text = f"PROGRAM {PROGRAM}\nVAR\n{variables}\nEND_VAR\n{call}\nEND_PROGRAM\n"
    return Entry(PROGRAM, f".{INSTANCE}" if is_block else "", (SourceFile("run.st", text),))


def is_sayable(pou: PouDeclaration) -> bool:
    """Whether the types around it can be written: of XML, those that have a name."""
    types = [v.type for _, v, kind in parameters(pou, *_PARAMETERS) if kind is VarKind.IN_OUT or pou.result is not None]
    return all(_type(type_).strip() for type_ in (*types, *([pou.result] if pou.result is not None else [])))


def _declared(variable: VarDeclaration) -> str:
    """Type and initial value, as written."""
    if variable.initial is None:
        return _type(variable.type)
    return f"{_type(variable.type)} := {variable.initial.span.text}"


def _type(spec: TypeSpec) -> str:
    return spec.name.text if isinstance(spec, NamedType) else spec.span.text
