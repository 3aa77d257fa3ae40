"""Short ways from source text to what the semantic stage makes of it, for its tests."""

from __future__ import annotations

from iec61131 import compiler
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.input_forms import read
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Model, Pou, Statement
from iec61131.semantics.options import CompileOptions, Dialect
from iec61131.source import SourceFile


def findings(text: str, dialect: Dialect = "rung") -> list[Diagnostic]:
    return compiler.check([SourceFile("test.st", text)], CompileOptions(dialect=dialect))


def codes(text: str, dialect: Dialect = "rung") -> list[str]:
    return [finding.code.id for finding in findings(text, dialect)]


def only(text: str, dialect: Dialect = "rung") -> Diagnostic:
    """The one finding about `text`."""
    found = findings(text, dialect)
    assert len(found) == 1, [f"{f.span}: {f.code.id} {f.message}" for f in found]
    return found[0]


def errors_of_form(name: str, text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with the form of a file that an engineering tool wrote."""
    try:
        source = read(name, text)
    except CompileError as error:
        return error.diagnostics
    return tuple(compiler.check([source])) if name.endswith((".xml", ".ld")) else ()


def build(text: str, options: CompileOptions | None = None) -> tuple[Model, MemoryLayout]:
    """The model and its layout. Raises CompileError."""
    model, memory, _ = compiler.build_model([SourceFile("test.st", text)], options)
    return model, memory


def main(variables: str, body: str = "", before: str = "") -> str:
    """A PROGRAM Main with these variables and statements, behind `before`."""
    return f"{before}\nPROGRAM Main\nVAR\n{variables}\nEND_VAR\n{body}\nEND_PROGRAM\n"


def pou(model: Model, name: str) -> Pou:
    return next(p for p in model.pous if p.name == name)


def statements(variables: str, body: str, before: str = "") -> tuple[Statement, ...]:
    """The body of Main, resolved."""
    model, _ = build(main(variables, body, before))
    return pou(model, "Main").body
