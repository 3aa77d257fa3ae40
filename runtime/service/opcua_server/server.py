"""The OPC UA server of one PLC.

Reading: a snapshot that is older than a publishing period is renewed first, then values are taken from it.
Subscriptions: once in a publishing period, if there is a subscription at all, one snapshot is taken and compared with
the last; asyncua hears only of monitored variables that changed. Writing: every write of a client goes through
`service.commands`, whatever asyncua's own rules say, and is answered after the engine has applied it.
"""

# asyncua builds its names at run time and types few of them.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from asyncua import Server, ua
from asyncua.common.callback import CallbackType
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import AddressSpace, AttributeService, NodeData

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.image.block import Block
from runtime.image.snapshot import Snapshot
from runtime.service.access import Action
from runtime.service.bound import Bound, Exposed, OpcUaSettings
from runtime.service.change.face import is_same_face
from runtime.service.changes import Changes
from runtime.service.commands import Commands
from runtime.service.errors import RequestError
from runtime.service.opcua_server import standard
from runtime.service.opcua_server.index_range import part_of
from runtime.service.opcua_server.nodes import READ_ONLY, AddressSpaceBuilder
from runtime.service.opcua_server.types import ERROR_STATUS, NodeType, node_type, status_of, timestamp_of
from runtime.service.opcua_server.users import Users
from runtime.service.snapshot import Reading, Values

MAX_CONNECTIONS = 100
MAX_SUBSCRIPTIONS = 500
MAX_QUEUE = 100
MAX_MESSAGE_BYTES = 4 << 20
MAX_CHUNK_BYTES = 65535
STOP_S = 2.0


class Variable:
    """One exposed variable and its node."""

    def __init__(self, exposed: Exposed, type_: NodeType) -> None:
        self.exposed, self.type = exposed, type_
        self.node: NodeData | None = None
        self.told: dict[int, tuple[Any, int]] = {}  # value and status code, by the handle of the subscriber

    @property
    def listeners(self) -> dict[int, Any]:
        assert self.node is not None
        return self.node.attributes[ua.AttributeIds.Value].datachange_callbacks


class Writes(AttributeService):
    """Clients' writes. Those of the server itself (its clock, its status) come with asyncua's administrator role, which
    no client gets.
    """

    def __init__(self, space: AddressSpace, door: OpcUaDoor) -> None:
        super().__init__(space)
        self._door = door

    async def write(self, params: ua.WriteParameters, user: User | None = None) -> list[ua.StatusCode]:
        user = user or User(role=UserRole.Anonymous)
        if user.role == UserRole.Admin:
            return await super().write(params, user=user)
        return [await self._door.write(value, user) for value in params.NodesToWrite]


Reload = Callable[[Block], tuple[CompiledProgram, Bound]]
"""What another program in charge is, by its bank."""


class OpcUaDoor:
    """The server with its address space. `start` raises OSError when the endpoint cannot be listened on."""

    def __init__(
        self,
        block: Block,
        program: CompiledProgram,
        bound: Bound,
        settings: OpcUaSettings,
        reload: Reload | None = None,
    ) -> None:
        self._block, self._program, self._bound, self._settings = block, program, bound, settings
        self._reload = reload
        self._values = Values(block, program, bound)
        self._commands = Commands(block, program, self._values, "gateway")
        self._users = Users(settings)
        self._variables: dict[ua.NodeId, Variable] = {}
        self._in_order: list[Variable] = []
        self._changes = Changes(bound.exposed)
        self._published: tuple[Snapshot | None, tuple[bool, int]] | None = None  # told of; engine_alive, forces
        self._unheard: set[ua.NodeId] = set()  # with new subscribers
        core = self._core = standard.StandardServer()
        core.user_manager = self._users
        self._server = Server(iserver=core)
        self._refreshed_ns = 0
        self._utc_offset_ns = clock.utc_offset_ns()

    async def start(self) -> None:
        server, internal = self._server, self._core
        internal.attribute_service = Writes(internal.aspace, self)
        internal.allow_remote_admin = False
        internal.max_connections = MAX_CONNECTIONS
        internal.max_subscriptions = MAX_SUBSCRIPTIONS
        internal.max_monitored_item_queue_size = MAX_QUEUE
        server.limits.max_message_size = MAX_MESSAGE_BYTES
        server.limits.max_chunk_count = -(-MAX_MESSAGE_BYTES // MAX_CHUNK_BYTES)
        await server.init()
        server.set_endpoint(self._settings.endpoint)
        server.set_server_name(f"rung {self._bound.name}")
        await server.set_application_uri(f"urn:rung:{self._bound.name}")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        tokens: list[type] = [ua.UserNameIdentityToken] if self._settings.users else []
        if self._settings.anonymous == "read":
            tokens.append(ua.AnonymousIdentityToken)
        server.set_identity_tokens(tokens)
        namespace = await server.register_namespace(f"urn:rung:{self._bound.name}:variables")
        self._build(namespace)
        server.subscribe_server_callback(CallbackType.PreRead, self._before_read)
        server.subscribe_server_callback(CallbackType.PostRead, self._after_read)
        subscriptions = internal.subscriptions
        subscriptions.before_items, subscriptions.after_items = self._before_read, self._subscribed
        await self._refresh()
        await server.start()

    def _build(self, namespace: int) -> None:
        sampling_ms = self._settings.publish_ns / 1e6
        builder = AddressSpaceBuilder(self._server.iserver.aspace, namespace, self._bound.name, sampling_ms)
        for exposed in self._bound.exposed:
            variable = Variable(exposed, node_type(self._program, exposed.target))
            variable.node = builder.add(exposed, variable.type, lambda v=variable: self._data_value(self._read(v), v))
            self._variables[variable.node.nodeid] = variable
            self._in_order.append(variable)

    @property
    def port(self) -> int:
        """The TCP port that is listened on."""
        assert self._server.bserver is not None
        return int(self._server.bserver.port)

    async def stop(self) -> None:
        """Close every connection. What takes asyncua longer than a moment ends with the process."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.stop(), STOP_S)

    def _follow(self) -> None:
        """After an online change: the same nodes, with the values that the program in charge has for them. Where it
        does not show the same nodes, nothing is read any more, and the supervisor has another process follow this one.
        """
        if self._block.is_current or self._reload is None:
            return
        block = self._block.renewed()
        try:
            program, bound = self._reload(block)
        except OSError:  # it has been left already; the next one is found at the next look
            return
        if not is_same_face(self._bound, bound):
            return
        self._block, self._program, self._bound = block, program, bound
        self._values = Values(block, program, bound)
        self._commands = Commands(block, program, self._values, "gateway")
        self._changes = Changes(bound.exposed)
        self._published = None
        for variable, exposed in zip(self._in_order, bound.exposed, strict=True):
            variable.exposed = exposed

    # ----------------------------------------------------------------------------------------------------- reading

    async def _refresh(self) -> None:
        self._follow()
        await self._values.refresh()
        self._refreshed_ns = clock.monotonic_ns()
        self._utc_offset_ns = clock.utc_offset_ns()

    async def _before_read(self, _event: Any = None, _dispatcher: Any = None) -> None:
        """A client that reads gets values not older than a publishing period."""
        if clock.monotonic_ns() - self._refreshed_ns > self._settings.publish_ns:
            await self._refresh()

    async def _after_read(self, event: Any, _dispatcher: Any = None) -> None:
        """What asyncua does not know of: parts of arrays, and that not every user may write what is writable."""
        results = event.response_params
        for number, wanted in enumerate(event.request_params.NodesToRead):
            if wanted.IndexRange:
                results[number] = part_of(results[number], wanted.IndexRange)
            is_access = wanted.AttributeId == ua.AttributeIds.UserAccessLevel and wanted.NodeId in self._variables
            if is_access and not self._users.principal(event.user).may(Action.WRITE):
                results[number] = READ_ONLY

    def _read(self, variable: Variable) -> Reading | None:
        return None if self._values.snapshot is None else self._values.read(variable.exposed)

    def _data_value(self, reading: Reading | None, variable: Variable) -> ua.DataValue:
        now = timestamp_of(clock.monotonic_ns() + self._utc_offset_ns)
        if reading is None:
            status = ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData)
            return ua.DataValue(StatusCode=status, ServerTimestamp=now)
        source = timestamp_of(reading.time_ns + self._utc_offset_ns) if reading.time_ns else None
        status = status_of(reading.quality, reading.reason, reading.engine_alive, reading.forced)
        return ua.DataValue(
            variable.type.variant_of(reading.value), StatusCode=status, SourceTimestamp=source, ServerTimestamp=now
        )

    # ----------------------------------------------------------------------------------------------- subscriptions

    def _subscribed(self, params: ua.CreateMonitoredItemsParameters) -> None:
        """What new subscribers were given is not from the snapshot that the next publishing tick compares with: that
        one tells them the present value in any case.
        """
        self._unheard.update(item.ItemToMonitor.NodeId for item in params.ItemsToCreate)

    async def publish(self) -> None:
        """One publishing tick: tell the subscribers of what changed since the last."""
        if not self._core.subscriptions.subscriptions:
            self._published = None
            self._unheard.clear()
            return
        await self._refresh()
        for variable in self._moved():
            reading = self._read(variable)
            if reading is None:
                continue
            status = status_of(reading.quality, reading.reason, reading.engine_alive, reading.forced)
            state = (reading.value, status.value)
            told, listeners = variable.told, variable.listeners.copy()
            variable.told = dict.fromkeys(listeners, state)
            data_value = self._data_value(reading, variable)
            for handle, tell in listeners.items():
                if told.get(handle) != state:
                    await tell(handle, data_value)

    def _moved(self) -> list[Variable]:
        """The monitored variables that may have something to tell."""
        around = (self._values.engine_alive, self._values.forced.changes)
        before, self._published = self._published, (self._values.snapshot, around)
        unheard, self._unheard = self._unheard, set()
        now = self._values.snapshot
        if before is None or before[0] is None or now is None or before[1] != around:
            candidates = self._in_order
        else:
            candidates = [self._in_order[number] for number in self._changes.between(before[0], now)]
            candidates += [self._variables[node] for node in unheard if node in self._variables]
        return [variable for variable in candidates if variable.listeners]

    async def run(self, ended: asyncio.Event) -> None:
        """Publish on an absolute schedule until `ended`."""
        period_s, event_loop = self._settings.publish_ns / 1e9, asyncio.get_running_loop()
        due_s = event_loop.time()
        while not ended.is_set():
            self._block.set("gateway_heartbeat_ns", clock.monotonic_ns())
            await self.publish()
            due_s = max(due_s + period_s, event_loop.time())
            try:
                async with asyncio.timeout_at(due_s):
                    await ended.wait()
            except TimeoutError:
                continue

    # ----------------------------------------------------------------------------------------------------- writing

    async def write(self, wanted: ua.WriteValue, user: User) -> ua.StatusCode:
        """One value of a client. The answer comes after the engine has applied it."""
        if wanted.AttributeId != ua.AttributeIds.Value or wanted.IndexRange:
            return ua.StatusCode(ua.StatusCodes.BadWriteNotSupported)
        status = wanted.Value.StatusCode if wanted.Value is not None else None
        if status is not None and not status.is_good():  # quality is not the client's to say
            return ua.StatusCode(ua.StatusCodes.BadWriteNotSupported)
        variable = self._variables.get(wanted.NodeId)
        if variable is None:
            known = wanted.NodeId in self._server.iserver.aspace
            return ua.StatusCode(ua.StatusCodes.BadUserAccessDenied if known else ua.StatusCodes.BadNodeIdUnknown)
        try:
            if wanted.Value is None or wanted.Value.Value is None:
                return ua.StatusCode(ua.StatusCodes.BadTypeMismatch)
            principal = self._users.principal(user)
            value = variable.type.value_of(wanted.Value.Value)
            ticket = self._commands.write(principal, [(variable.exposed.target.path, value)])
            await self._commands.applied(ticket)
        except RequestError as error:
            return ua.StatusCode(ERROR_STATUS[type(error)])
        self._refreshed_ns = 0  # whoever reads next sees the effect
        return ua.StatusCode(ua.StatusCodes.Good)
