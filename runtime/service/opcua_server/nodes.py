"""The address space: Objects / <PLC> / one object for each part of a path / variables.

Node ids are strings and stay the same from version to version of a program: `ns=2;s=<PLC>.Main.Timer.Q`. Nodes are
put into asyncua's address space directly, because its `add_variable` looks through all siblings for each new one,
which takes minutes for a folder of ten thousand.
"""

# asyncua builds its names at run time and types few of them.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from runtime.service.bound import Exposed
from runtime.service.opcua_server.types import NodeType

_READ = 1 << ua.AccessLevel.CurrentRead.value
_WRITE = 1 << ua.AccessLevel.CurrentWrite.value
_SCALAR_RANK = -1
READ_ONLY = ua.DataValue(ua.Variant(_READ, ua.VariantType.Byte), StatusCode=ua.StatusCode(ua.StatusCodes.Good))
"""`UserAccessLevel` for whoever may not write."""


class AddressSpaceBuilder:
    """Adds the objects and variables of one PLC below the Objects folder. `namespace` is the index of the project's
    namespace.
    """

    def __init__(self, space: AddressSpace, namespace: int, name: str, sampling_ms: float) -> None:
        self._space, self._namespace, self._sampling_ms = space, namespace, sampling_ms
        self._objects: dict[str, NodeData] = {}
        objects = space[ua.NodeId(ua.ObjectIds.ObjectsFolder)]
        self._root = self._add_object(objects, name, name, ua.ObjectIds.Organizes)
        self._prefix = name

    def add(self, exposed: Exposed, type_: NodeType, read: Callable[[], ua.DataValue]) -> NodeData:
        """The node of one variable; `read` gives its present value."""
        path = exposed.target.path
        *parents, name = path.split(".")
        parent, prefix = self._root, self._prefix
        for part in parents:
            prefix = f"{prefix}.{part}"
            known = self._objects.get(prefix)
            parent = known or self._add_object(parent, prefix, part, ua.ObjectIds.HasComponent)
        node = self._add_node(parent, f"{self._prefix}.{path}", name, ua.NodeClass.Variable, ua.ObjectIds.HasComponent)
        self._reference(node, ua.ObjectIds.HasTypeDefinition, ua.NodeId(ua.ObjectIds.BaseDataVariableType), True)
        access = _READ | (_WRITE if exposed.writable else 0)
        rank = len(type_.dimensions) or _SCALAR_RANK
        self._attribute(node, ua.AttributeIds.DataType, type_.data_type, ua.VariantType.NodeId)
        self._attribute(node, ua.AttributeIds.ValueRank, rank, ua.VariantType.Int32)
        self._attribute(
            node, ua.AttributeIds.ArrayDimensions, list(type_.dimensions), ua.VariantType.UInt32, array=True
        )
        self._attribute(node, ua.AttributeIds.AccessLevel, access, ua.VariantType.Byte)
        self._attribute(node, ua.AttributeIds.UserAccessLevel, access, ua.VariantType.Byte)
        self._attribute(node, ua.AttributeIds.MinimumSamplingInterval, self._sampling_ms, ua.VariantType.Double)
        self._attribute(node, ua.AttributeIds.Historizing, False, ua.VariantType.Boolean)
        value = AttributeValue(ua.DataValue())
        value.value = None
        value.value_callback = lambda _node, _attribute: read()
        node.attributes[ua.AttributeIds.Value] = value
        if type_.labels:
            self._add_labels(node, f"{self._prefix}.{path}", type_.labels)
        return node

    def _add_labels(self, node: NodeData, identifier: str, labels: tuple[tuple[str, int], ...]) -> None:
        """`EnumStrings` where the values count from 0, else `EnumValues` (OPC UA part 3, 5.6.2 and part 8)."""
        consecutive = [value for _, value in labels] == list(range(len(labels)))
        name = "EnumStrings" if consecutive else "EnumValues"
        prop = self._add_node(
            node, f"{identifier}.{name}", name, ua.NodeClass.Variable, ua.ObjectIds.HasProperty, namespace=0
        )
        self._reference(prop, ua.ObjectIds.HasTypeDefinition, ua.NodeId(ua.ObjectIds.PropertyType), True)
        content: list[Any]
        if consecutive:
            content, type_, data_type = (
                [ua.LocalizedText(label) for label, _ in labels],
                ua.VariantType.LocalizedText,
                21,
            )
        else:
            content = [ua.EnumValueType(Value=value, DisplayName=ua.LocalizedText(label)) for label, value in labels]
            type_, data_type = ua.VariantType.ExtensionObject, ua.ObjectIds.EnumValueType
        self._attribute(prop, ua.AttributeIds.Value, content, type_, array=True)
        self._attribute(prop, ua.AttributeIds.DataType, ua.NodeId(data_type), ua.VariantType.NodeId)
        self._attribute(prop, ua.AttributeIds.ValueRank, 1, ua.VariantType.Int32)
        self._attribute(prop, ua.AttributeIds.AccessLevel, _READ, ua.VariantType.Byte)
        self._attribute(prop, ua.AttributeIds.UserAccessLevel, _READ, ua.VariantType.Byte)

    def _add_object(self, parent: NodeData, identifier: str, name: str, reference: int) -> NodeData:
        node = self._add_node(parent, identifier, name, ua.NodeClass.Object, reference)
        self._reference(node, ua.ObjectIds.HasTypeDefinition, ua.NodeId(ua.ObjectIds.BaseObjectType), True)
        self._attribute(node, ua.AttributeIds.EventNotifier, 0, ua.VariantType.Byte)
        self._objects[identifier] = node
        return node

    def _add_node(
        self,
        parent: NodeData,
        identifier: str,
        name: str,
        class_: ua.NodeClass,
        reference: int,
        namespace: int | None = None,
    ) -> NodeData:
        node = NodeData(ua.NodeId(identifier, self._namespace))
        browse_name = ua.QualifiedName(name, self._namespace if namespace is None else namespace)
        self._attribute(node, ua.AttributeIds.NodeId, node.nodeid, ua.VariantType.NodeId)
        self._attribute(node, ua.AttributeIds.NodeClass, class_, ua.VariantType.Int32)
        self._attribute(node, ua.AttributeIds.BrowseName, browse_name, ua.VariantType.QualifiedName)
        self._attribute(node, ua.AttributeIds.DisplayName, ua.LocalizedText(name), ua.VariantType.LocalizedText)
        self._attribute(node, ua.AttributeIds.Description, ua.LocalizedText(""), ua.VariantType.LocalizedText)
        self._attribute(node, ua.AttributeIds.WriteMask, 0, ua.VariantType.UInt32)
        self._attribute(node, ua.AttributeIds.UserWriteMask, 0, ua.VariantType.UInt32)
        self._space[node.nodeid] = node
        self._reference(node, reference, parent.nodeid, False, parent)
        self._reference(parent, reference, node.nodeid, True, node)
        return node

    def _reference(
        self, node: NodeData, reference: int, target: ua.NodeId, forward: bool, target_node: NodeData | None = None
    ) -> None:
        description = ua.ReferenceDescription()
        description.ReferenceTypeId = ua.NodeId(reference)
        description.IsForward = forward
        description.NodeId = target
        known = target_node or self._space[target]
        for name in ("BrowseName", "DisplayName", "NodeClass"):
            value = known.attributes[getattr(ua.AttributeIds, name)].value
            setattr(description, name, value.Value.Value if value and value.Value else None)
        description.NodeClass = ua.NodeClass(description.NodeClass)
        if target_node is not None and forward:
            variable = description.NodeClass == ua.NodeClass.Variable
            kind = ua.ObjectIds.BaseDataVariableType if variable else ua.ObjectIds.BaseObjectType
            description.TypeDefinition = ua.NodeId(kind)
        node.references.append(description)

    def _attribute(
        self, node: NodeData, attribute: ua.AttributeIds, value: Any, type_: ua.VariantType, *, array: bool = False
    ) -> None:
        node.attributes[attribute] = AttributeValue(ua.DataValue(ua.Variant(value, type_, is_array=array)))
