"""The library around a program: what it names of the standard blocks and functions and of the vendors' libraries, and
what these name in turn.

All of it is declared in a scope of its own, in which names are looked up last: what the program declares itself wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from iec61131.semantics import any_inputs
from iec61131.semantics.items import Items
from iec61131.semantics.scopes import Globals, PouSymbol, TypeSymbol
from iec61131.source import SourceFile
from iec61131.stdlib import FUNCTIONS, TYPE_BEHIND, TYPES, standard_source, vendors, words_of
from iec61131.syntax import tree
from iec61131.syntax.parser import parse

AddPou = Callable[[tree.PouDeclaration], PouSymbol]


class Library:
    """`items` has what the program declares, and takes what the library does; `files` takes the sources of that.
    `add_pou` makes a symbol in the library of a POU.
    """

    def __init__(self, program: Globals, items: Items, files: list[SourceFile], add_pou: AddPou) -> None:
        assert program.outer is not None
        self._program = program
        self._globals = program.outer
        self._items = items.inside(self._globals)
        self._files = files
        self._add_pou = add_pou

    def collect(self, types: Iterable[str], *, with_vendors: bool) -> None:
        """`types`: keys of the types that declarations of the program name, with what stands before a point there.

        What stands there and is nothing else is a library, and may then stand before other names, too.
        """
        types = set(types)
        before_point = {key.partition(".")[0] for key in types if "." in key}
        words = words_of(file.shown for file in self._files)
        keys = {key.rpartition(".")[2] for key in types}  # Tc2_Standard.TON is the standard's
        work = sorted((keys - vendors.index().keys()) | (words & (FUNCTIONS.keys() | TYPES.keys())))
        work += [TYPE_BEHIND[function] for function in sorted(words & TYPE_BEHIND.keys())]
        if with_vendors:
            work += sorted(vendors.meant_by(words, keys))
            work += [any_inputs.TYPE] if keys & any_inputs.ANY_TYPES else []
            before_point |= vendors.NAMES & words
        parts_of_namespaces = {part for prefix in self._program.namespaces for part in prefix.split(".")}
        self._program.libraries.update(before_point - parts_of_namespaces)
        seen: set[str] = set()
        while work:
            key = work.pop()
            declared = vendors.index().get(key)
            key = declared.key if declared is not None else key
            source = vendors.source_of(declared.library) if declared is not None else standard_source(key)
            if source is None or key in seen:
                continue
            seen.add(key)
            declaration = _declarations(source)[key]
            if not self._is_known(key, declaration):
                work += self._add(declaration, source)

    def _is_known(self, key: str, declaration: tree.Declaration) -> bool:
        """Whether the program declares something that its name means in place of this."""
        known = self._program
        if key in TYPES:  # a function gives it, whatever its name means in the program
            return False
        if isinstance(declaration, tree.GlobalDeclaration):
            is_variable = known.find_variable(key) is not None or known.find_list(key) is not None
            return is_variable or self._items.has_enumerator(key)
        return known.find_type(key) is not None or known.find_interface(key) is not None

    def _add(self, declaration: tree.Declaration, source: SourceFile) -> list[str]:
        """What else may be needed then."""
        if source not in self._files:
            self._files.append(source)
        match declaration:
            case tree.PouDeclaration():
                symbol = self._globals.pous[declaration.name.key] = self._add_pou(declaration)
                self._items.all.append(symbol)
            case tree.TypeDeclaration():
                self._items.add_type(TypeSymbol(declaration, self._globals))
            case tree.GlobalDeclaration():
                self._items.add_globals(
                    declaration.block, self._globals, declaration.list_name, declaration.qualified_only
                )
            case _:
                raise AssertionError("a library has no such declaration")
        words = words_of([declaration.span.text])
        standard = {word for word in words if standard_source(word) is not None}
        return sorted(standard | (words & vendors.index().keys()))


@cache
def _declarations(source: SourceFile) -> dict[str, tree.Declaration]:
    """By the key of each name that is declared, but enumerators; a list of global variables also by its own."""
    unit, unsound = parse(source)
    assert not unsound, unsound
    found: dict[str, tree.Declaration] = {}
    for declaration in unit.declarations:
        match declaration:
            case tree.PouDeclaration() | tree.TypeDeclaration():
                found[declaration.name.key] = declaration
            case tree.GlobalDeclaration():
                names = [name for variable in declaration.block.variables for name in variable.names]
                names += [declaration.list_name] if declaration.list_name is not None else []
                found.update((name.key, declaration) for name in names)
            case _:
                raise AssertionError("a library has no such declaration")
    return found
