"""The untyped tree in forms that a test can compare: a short text, and a walk over all nodes.

`sketch` writes expressions as `(+ a (* b 2))` and everything else as its class and its parts, without places and
without what has its default. Nodes are handed to tests as `Any`: which class a node has is what the tests assert, not
what they rely on.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from msgspec import Struct

from iec61131.source import SourceFile, Span
from iec61131.syntax import tree
from iec61131.syntax.parser import parse


def parsed(text: str) -> tree.Unit:
    """The tree of a text that has no findings."""
    unit, findings = parse(SourceFile("test.st", text))
    assert [str(finding.span) + " " + finding.message for finding in findings] == []
    return unit


def codes_of(text: str) -> list[str]:
    """The codes of the findings in `text`, in source order."""
    return [finding.code.id for finding in parse(SourceFile("test.st", text))[1]]


def in_program(statements: str) -> str:
    return f"PROGRAM Main\n{statements}\nEND_PROGRAM\n"


def declarations_of(text: str) -> tuple[Any, ...]:
    return parsed(text).declarations


def only(text: str) -> Any:
    """The one declaration in `text`."""
    (declaration,) = parsed(text).declarations
    return declaration


def body_of(statements: str) -> tuple[Any, ...]:
    return only(in_program(statements)).body


def expression_of(text: str) -> Any:
    (statement,) = body_of(f"x := {text};")
    assert isinstance(statement, tree.Assign)
    return statement.value


def variable_of(declaration: str) -> Any:
    ((variable,),) = (block.variables for block in only(in_program(f"VAR {declaration} END_VAR")).variables)
    return variable


def sketch(node: object) -> str:
    match node:
        case None:
            return "-"
        case tree.Name() | tree.Pragma():
            return node.text
        case tree.NameExpression():
            return node.name.text
        case tree.NamedType():
            return ".".join(name.text for name in (*node.qualifier, node.name))
        case tree.IntegerLiteral() | tree.RealLiteral():
            return (f"{node.prefix.text}#" if node.prefix else "") + str(node.value)
        case tree.BoolLiteral():
            return str(node.value).upper()
        case tree.StringLiteral():
            return (f"{node.prefix.text}#" if node.prefix else "") + ("W" if node.wide else "") + repr(node.value)
        case tree.DurationLiteral():
            return f"{'LT' if node.long else 'T'}#{node.value_ns}"
        case tree.DateLiteral():
            return f"{node.type_name}#{node.value_ns}"
        case tree.QualifiedEnum():
            return ".".join(name.text for name in (*node.qualifier, node.type_name)) + f"#{node.member.text}"
        case tree.DirectAddress():
            return f"%{node.area}{node.size}{'.'.join(map(str, node.path))}"
        case tree.MemberAccess():
            return f"{sketch(node.base)}.{node.name.text}"
        case tree.BitAccess():
            return f"{sketch(node.base)}.{node.bit}"
        case tree.PartAccess():
            return f"{sketch(node.base)}.%{node.size}{node.index}"
        case tree.Dereference():
            return f"{sketch(node.base)}^"
        case tree.IndexAccess():
            return f"{sketch(node.base)}[{', '.join(map(sketch, node.indices))}]"
        case tree.Unary():
            return f"({node.operator.value} {sketch(node.operand)})"
        case tree.Binary():
            return f"({node.operator.value} {sketch(node.left)} {sketch(node.right)})"
        case tree.Call():
            return f"{sketch(node.callee)}({', '.join(map(sketch, node.arguments))})"
        case tree.Argument():
            name = f"{node.name.text} {'=>' if node.output else ':='} " if node.name else ""
            return ("NOT " if node.negated else "") + name + (sketch(node.value) if node.value else "")
        case Enum():
            return node.name
        case tuple() | frozenset():
            return f"[{', '.join(sorted(map(sketch, node)) if isinstance(node, frozenset) else map(sketch, node))}]"
        case Struct():
            return f"{type(node).__name__}({', '.join(_parts(node))})"
        case _:
            return repr(node)


def _parts(node: Any) -> Iterator[str]:
    required = len(node.__struct_fields__) - len(node.__struct_defaults__)
    defaults = dict(zip(node.__struct_fields__[required:], node.__struct_defaults__, strict=True))
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if name in ("span", "file") or (name in defaults and value == defaults[name]):
            continue
        yield f"{name}={sketch(value)}" if name in defaults else sketch(value)


def children(node: Any) -> Iterator[Any]:
    """The nodes right below `node`; pragmas are left out, because they stand outside what they belong to."""
    for name in node.__struct_fields__:
        if name != "pragmas":
            yield from _nodes(getattr(node, name))


def _nodes(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | frozenset):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, Struct) and not isinstance(value, SourceFile | Span):
        yield value


def check_places(unit: tree.Unit) -> int:
    """Every node lies in the file and inside its parent. Gives the number of levels below a declaration."""
    levels_max = 0
    stack = [(declaration, Span(unit.file, 0, len(unit.file.text)), 1) for declaration in unit.declarations]
    while stack:
        node, outer, level = stack.pop()
        levels_max = max(levels_max, level)
        assert node.span.file is unit.file
        assert outer.start <= node.span.start <= node.span.end <= outer.end, (node, outer)
        stack += [(child, node.span, level + 1) for child in children(node)]
    return levels_max
