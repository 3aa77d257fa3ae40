"""NAMESPACE and USING: from where which names are seen.

A name is looked up from inside to outside: in its own namespace, in those that USING names there, in the namespace
around it, and so on to the level of the files and the standard library. `Globals` does the looking up; here is what it
needs: a view for each file, namespace and POU.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import namespaces as catalogue
from iec61131.diagnostics.catalogue.declarations import DUPLICATE_NAME
from iec61131.semantics.findings import Findings
from iec61131.semantics.scopes import Globals, enclosing
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import Access, Name


class Namespaces:
    """`globals_` is the view of a file without USING. All views share its tables."""

    def __init__(self, findings: Findings, globals_: Globals) -> None:
        self._findings = findings
        self._globals = globals_
        self._spans: dict[str, Span] = {}

    def note(self, declarations: Iterable[tree.Declaration], title: str = "") -> None:
        """Every namespace there is, so that USING finds those that come later."""
        work = [(declaration, title) for declaration in declarations]
        while work:
            declaration, title = work.pop()
            if isinstance(declaration, tree.NamespaceDeclaration):
                for name in declaration.names:
                    title = f"{title}{name.text}."
                    self._globals.namespaces.setdefault(title.upper(), title)
                    self._spans.setdefault(title.upper(), name.span)
                if declaration.is_internal:
                    self._globals.internal[title.upper()] = enclosing(title.upper())[1]
                work += [(inside, title) for inside in declaration.declarations]

    def of_file(self, usings: Sequence[tree.Using]) -> Globals:
        return self._using(self._globals, usings)

    def inside(self, view: Globals, declaration: tree.NamespaceDeclaration) -> Globals:
        title = view.title + "".join(f"{name.text}." for name in declaration.names)
        return self._using(replace(view, title=self._globals.namespaces[title.upper()]), declaration.usings)

    def of_pou(self, view: Globals, pou: tree.PouDeclaration) -> Globals:
        """The view from a POU; it is declared in `view`."""
        return self._using(view, pou.usings) if pou.usings else view

    def _using(self, view: Globals, usings: Sequence[tree.Using]) -> Globals:
        found = [prefix for using in usings if (prefix := self._used(view, using)) is not None]
        if not found:
            return view
        before = view.usings.get(view.prefix, ())
        return replace(view, usings={**view.usings, view.prefix: tuple(dict.fromkeys((*before, *found)))})

    def _used(self, view: Globals, using: tree.Using) -> str | None:
        key = "".join(f"{name.key}." for name in using.names)
        for prefix in enclosing(view.prefix):
            if prefix + key in self._globals.namespaces:
                return prefix + key
        text = ".".join(name.text for name in using.names)
        known = [title.rstrip(".") for title in self._globals.namespaces.values()]
        self._findings.add_near(catalogue.UNKNOWN_NAMESPACE.at(using.span, name=text), text, known)
        return None

    def note_access(self, view: Globals, names: Iterable[Name], access: Access | None) -> None:
        """Names that are declared INTERNAL are seen in their namespace alone."""
        if access is Access.INTERNAL:
            self._globals.internal.update((view.prefix + name.key, view.prefix) for name in names)

    def find_clashes(self) -> None:
        """What a namespace is called is no name of anything else beside it."""
        known = self._globals
        for prefix, span in self._spans.items():
            key = prefix.rstrip(".")
            symbol = known.types.get(key) or known.pous.get(key) or known.interfaces.get(key)
            other = symbol.declaration.name.span if symbol is not None else None
            if other is None and key in known.variables:
                other = known.variables[key].span
            if other is not None:
                finding = DUPLICATE_NAME.at(other, name=known.namespaces[prefix].rstrip("."))
                self._findings.add(finding.also(span, "a namespace of this name"))
