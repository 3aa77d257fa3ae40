"""Findings about meaning that only repeat a finding about grammar, or one about what this version does not support.

A declaration that could not be read is missing from the tree, and everything that uses it would be reported as unknown;
one that has no meaning in this version is missing from the model. So where something is lost, the meaning is still
checked, but what may be an echo is dropped:

- an error outside the bodies of POUs, or a METHOD, PROPERTY or ACTION that is left out: nothing is said about names
  that are unknown or arguments that do not fit;
- an error in a body: nothing about what a lost statement of that body would have done;
- on the line of such an error nothing more is said at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iec61131.diagnostics.catalogue import calls, configuration, declarations, expressions
from iec61131.diagnostics.catalogue.syntax import NOT_SUPPORTED
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span
from iec61131.syntax import tree

NEEDS_ALL_DECLARATIONS = frozenset(
    code.id
    for code in (
        declarations.UNKNOWN_TYPE,
        declarations.NOT_A_TYPE,
        declarations.UNKNOWN_GLOBAL,
        declarations.UNKNOWN_INITIAL,
        declarations.RECURSIVE_TYPE,  # a reference counts as what it refers to
        declarations.INSTANCE_NOT_ALLOWED,
        declarations.NOT_CONSTANT,
        expressions.UNKNOWN_NAME,
        expressions.TYPE_AS_VALUE,
        expressions.UNKNOWN_MEMBER,
        expressions.PRIVATE_MEMBER,
        expressions.UNKNOWN_ENUMERATOR,
        calls.UNKNOWN_FUNCTION,
        calls.STANDARD_FUNCTION_LIMIT,
        calls.UNKNOWN_PARAMETER,
        calls.ARGUMENT_COUNT,
        calls.MISSING_IN_OUT,
        expressions.GLOBAL_WITHOUT_EXTERNAL,
        configuration.UNKNOWN_PROGRAM,
        configuration.UNKNOWN_TASK,
        configuration.MISSING_INTERVAL,
        configuration.PROGRAM_NEVER_RUNS,
    )
)
"""Findings that a missing declaration can cause."""

NEEDS_WHOLE_BODY = frozenset(code.id for code in (declarations.RESULT_NOT_ASSIGNED, expressions.OUTSIDE_LOOP))
"""Findings that a missing statement can cause."""


def without_echoes(
    syntax: Sequence[Diagnostic], semantic: Iterable[Diagnostic], units: Iterable[tree.Unit]
) -> list[Diagnostic]:
    """`semantic` without what the errors in `syntax`, and the limits in itself, may have caused."""
    semantic = list(semantic)
    limits = [finding for finding in semantic if finding.code is NOT_SUPPORTED]
    errors = [finding.span for finding in (*syntax, *limits) if finding.is_error]
    if not errors:
        return semantic
    pous = [d for unit in units for d in unit.declarations if isinstance(d, tree.PouDeclaration)]
    broken = [pou for pou in pous if any(_is_in_statements(pou, error) for error in errors)]
    is_complete = all(any(_is_in_statements(pou, error) for pou in broken) for error in errors)
    lines = {(error.file, error.line) for error in errors}
    broken_lines = {(finding.span.file, finding.span.line) for finding in syntax if finding.is_error}
    return [
        finding
        for finding in semantic
        if (finding.span.file, finding.span.line) not in (broken_lines if finding.code is NOT_SUPPORTED else lines)
        and (is_complete or finding.code.id not in NEEDS_ALL_DECLARATIONS)
        and not (finding.code.id in NEEDS_WHOLE_BODY and any(_contains(pou.span, finding.span) for pou in broken))
    ]


_Member = tree.MethodDeclaration | tree.ActionDeclaration | tree.Accessor | tree.PropertyDeclaration


def _is_in_statements(pou: tree.PouDeclaration, error: Span) -> bool:
    """Whether only statements are lost with what is wrong at `error`: in the body of the POU or of a method."""
    if not _contains(pou.span, error):
        return False
    innermost = next((member for member in _members(pou) if _contains(member.span, error)), pou)
    return _contains(_body(innermost), error)


def _members(pou: tree.PouDeclaration) -> Iterator[_Member]:
    """What lies in the span of a POU and has a heading and statements of its own, the inner before the outer."""
    yield from pou.methods
    yield from pou.actions
    for declared in pou.properties:
        yield from (accessor for accessor in (declared.getter, declared.setter) if accessor is not None)
        yield declared


def _body(node: tree.PouDeclaration | _Member) -> Span:
    """From the end of the last section, or of the heading, to the end. A PROPERTY has no statements of its own."""
    heading: list[Span] = []
    match node:
        case tree.PouDeclaration() | tree.MethodDeclaration():
            given = (node.result.span,) if node.result is not None else ()
            heading = [node.name.span, *given, *(block.span for block in node.variables)]
            if isinstance(node, tree.PouDeclaration):
                heading += [base.span for base in (node.extends, *node.implements, *node.usings) if base is not None]
        case tree.ActionDeclaration():
            heading = [node.name.span]
        case tree.Accessor():
            heading = [
                Span(node.span.file, node.span.start, node.span.start),
                *(block.span for block in node.variables),
            ]
        case tree.PropertyDeclaration():
            heading = [node.span]
    return Span(node.span.file, max(span.end for span in heading), node.span.end)


def _contains(whole: Span, place: Span) -> bool:
    return whole.file is place.file and whole.start <= place.start <= whole.end
