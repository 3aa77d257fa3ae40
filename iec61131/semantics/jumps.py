"""JMP and its labels: within one body, from anywhere inside of the statements that the label stands among."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from iec61131.diagnostics.catalogue import declarations, expressions
from iec61131.semantics import model
from iec61131.semantics.here import Here
from iec61131.syntax import tree


class Jumps:
    def __init__(self, here: Here) -> None:
        self._here = here
        self._around: list[dict[str, model.Label]] = []  # of the statement lists around the place, the innermost last

    @contextmanager
    def inside(self, statements: tuple[tree.Statement, ...]) -> Generator[None]:
        """While `statements` are resolved, the labels among them can be jumped to."""
        labels: dict[str, model.Label] = {}
        for statement in statements:
            if not isinstance(statement, tree.Label):
                continue
            name = statement.name
            before = labels.get(name.key) or self._find(name.key)
            if before is not None:
                finding = declarations.DUPLICATE_NAME.at(name.span, name=name.text)
                self._here.findings.add(finding.also(before.span, "first declared here"))
            labels.setdefault(name.key, model.Label(name.text, name.span))
        self._around.append(labels)
        yield
        self._around.pop()

    def label(self, statement: tree.Label) -> model.Label | None:
        found = self._around[-1].get(statement.name.key)
        return found if found is not None and found.span == statement.name.span else None

    def jump(self, statement: tree.Jump) -> model.Jump | None:
        if self._here.findings.is_strict:
            self._here.findings.add(expressions.EXTENSION.at(statement.span, what="JMP"))
        name = statement.label
        label = self._find(name.key)
        if label is None:
            finding = expressions.UNKNOWN_LABEL.at(name.span, name=name.text)
            known = [label.name for labels in self._around for label in labels.values()]
            self._here.findings.add_near(finding, name.text, known)
            return None
        return model.Jump(label, label.span.start < statement.span.start, statement.span)

    def _find(self, key: str) -> model.Label | None:
        return next((labels[key] for labels in reversed(self._around) if key in labels), None)
