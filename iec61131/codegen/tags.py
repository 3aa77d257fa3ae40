"""Tags on loads and stores that tell LLVM which of them cannot meet: one alias class (TBAA) for each part of `reach`,
one for each header field.

An access that may belong to several parts has the tag at the root, which meets everything. Copies of whole aggregates
carry none, with the same effect.
"""

from __future__ import annotations

from iec61131.codegen import llvm
from iec61131.codegen.llvm import Metadata, Module
from iec61131.codegen.reach import Located, Overlaid, Part, Parts, Referred


class Tags:
    def __init__(self, module: Module) -> None:
        self._module = module
        self._root = module.add_metadata(["memory of a PLC"])
        self._any_node = self._node("anything", self._root)
        self._any = self._access(self._any_node)
        self._by_part: dict[Part, Metadata] = {}
        self._by_name: dict[str, Metadata] = {}

    def of(self, parts: Parts) -> Metadata:
        """The tag of an access to `parts`."""
        if len(parts) != 1 or Referred.TARGETS in parts:
            return self._any
        (part,) = parts
        tag = self._by_part.get(part)
        if tag is None:
            name = part.value if isinstance(part, Located | Referred | Overlaid) else part.name
            # The number keeps two parts of one name apart; LLVM tells nodes apart by their text.
            node = self._node(f"{name} #{len(self._by_part)}", self._any_node)
            tag = self._by_part[part] = self._access(node)
        return tag

    def header(self, field: str) -> Metadata:
        """The tag of an access to a field of the header."""
        return self._apart(f"header.{field}")

    @property
    def heap_table(self) -> Metadata:
        """The tag of an access to what no place of a program can be."""
        return self._apart("heap table")

    @property
    def signals(self) -> Metadata:
        """The tag of an access to the table of signals, where nothing of a program is."""
        return self._apart("signals")

    def _apart(self, name: str) -> Metadata:
        """A class that meets no other."""
        tag = self._by_name.get(name)
        if tag is None:
            tag = self._by_name[name] = self._access(self._node(name, self._root))
        return tag

    def _node(self, name: str, parent: Metadata) -> Metadata:
        return self._module.add_metadata([name, parent, llvm.constant(llvm.I64, 0)])

    def _access(self, node: Metadata) -> Metadata:
        return self._module.add_metadata([node, node, llvm.constant(llvm.I64, 0)])
