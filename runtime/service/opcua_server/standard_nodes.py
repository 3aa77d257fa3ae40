"""The nodes of the standard address space (OPC UA part 5), which all servers of a process have in common.

They are six thousand, 40 MB and a second of work, and nearly all of them are the same everywhere. So they are made once
and stay as they are. A server that wants to change one, or might, gets a copy of its own: the first time that it asks
for it by `Nodes`. Whoever only reads asks `Seen`, which copies nothing.
"""

# asyncua builds its names at run time and types few of them.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

from functools import cache
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData, NodeManagementService
from asyncua.server.standard_address_space.standard_address_space import fill_address_space

Common = dict[ua.NodeId, NodeData]


@cache
def common() -> Common:
    """The standard nodes. Nobody changes them."""
    space = AddressSpace()
    fill_address_space(NodeManagementService(space))
    return space._nodes  # noqa: SLF001 - asyncua has no other name for all of them


class Nodes(Common):
    """Of one server, with copies of the standard nodes that it has asked for. Whoever goes through all of them meets
    only these: asyncua does so to find free numbers in a namespace, and to delete nodes, which nobody does here.
    """

    def __init__(self, shared: Common) -> None:
        super().__init__()
        self.shared = shared

    def __missing__(self, nodeid: ua.NodeId) -> NodeData:
        copy = self[nodeid] = _copy_of(self.shared[nodeid])
        return copy

    def __contains__(self, nodeid: object) -> bool:
        return super().__contains__(nodeid) or nodeid in self.shared

    def get(self, nodeid: ua.NodeId, default: Any = None) -> Any:
        return self[nodeid] if nodeid in self else default  # noqa: SIM401 - which is what this is

    def seen(self, nodeid: ua.NodeId) -> NodeData | None:
        """The node, only to be looked at."""
        return super().get(nodeid) or self.shared.get(nodeid)


class Seen(AddressSpace):
    """The address space of a server for whoever only reads, such as those who browse."""

    def __init__(self, nodes: Nodes) -> None:
        super().__init__()
        self._own = nodes

    def __getitem__(self, nodeid: ua.NodeId) -> NodeData:
        node = self._own.seen(nodeid)
        if node is None:
            raise KeyError(nodeid)
        return node

    def get(self, nodeid: ua.NodeId) -> NodeData | None:
        return self._own.seen(nodeid)

    def __contains__(self, nodeid: ua.NodeId) -> bool:
        return nodeid in self._own

    def read_attribute_value(self, nodeid: ua.NodeId, attr: ua.AttributeIds) -> ua.DataValue:
        """As the server itself reads."""
        node = self._own.seen(nodeid)
        self._nodes = {} if node is None else {nodeid: node}
        return super().read_attribute_value(nodeid, attr)


def _copy_of(node: NodeData) -> NodeData:
    """Values and references are never changed, only replaced."""
    copy = NodeData(node.nodeid)
    copy.attributes = {number: _value_of(attribute) for number, attribute in node.attributes.items()}
    copy.references = list(node.references)
    copy.call = node.call
    return copy


def _value_of(attribute: AttributeValue) -> AttributeValue:
    assert attribute.value is not None
    copy = AttributeValue(attribute.value)
    copy.value_callback, copy.value_setter = attribute.value_callback, attribute.value_setter
    return copy
