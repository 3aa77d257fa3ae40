"""The OPC UA door with real clients over real sockets, on a plant that scans in real time."""

# asyncua's declarations say less than its classes accept.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from asyncua import Client, ua

from io_drivers.contract import InputBlock, Reason
from runtime import clock
from runtime.image.block import Block
from runtime.image.channels import InputWriter
from runtime.image.ring import CommandRing, Write
from runtime.service import passwords
from runtime.service.bound import OpcUaSettings, OpcUaUser
from runtime.service.opcua_server.index_range import part_of
from runtime.service.opcua_server.server import OpcUaDoor
from tests.unit import handmade

OLGA, GOOD = "olga", "a good password"
OPERATOR = OpcUaUser(OLGA, passwords.make(GOOD), "operator")
VIEWER = OpcUaUser("victor", passwords.make("another password"), "viewer")


@contextlib.asynccontextmanager
async def door(
    anonymous: str = "read", users: tuple[OpcUaUser, ...] = (OPERATOR, VIEWER)
) -> AsyncIterator[tuple[str, Block]]:
    """A running plant with its OPC UA server; yields the URL."""
    compiled = handmade.program()
    binding = handmade.bound(compiled)
    settings = OpcUaSettings("opc.tcp://127.0.0.1:0", 20_000_000, anonymous, users)
    with handmade.running(compiled, binding) as block:
        server = OpcUaDoor(block, compiled, binding, settings)
        await server.start()
        ended = asyncio.Event()
        task = asyncio.create_task(server.run(ended))
        try:
            yield f"opc.tcp://127.0.0.1:{server.port}", block
        finally:
            ended.set()
            await task
            await server.stop()


@contextlib.asynccontextmanager
async def client(url: str, user: str = "", password: str = "") -> AsyncIterator[Client]:
    connection = Client(url)
    if user:
        connection.set_user(user)
        connection.set_password(password)
    async with connection:
        yield connection


async def node(connection: Client, path: str):
    index = await connection.get_namespace_index("urn:rung:handmade:variables")
    return connection.get_node(ua.NodeId(f"handmade.{path}", index))


def run(coroutine) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 60))


def test_variables_have_the_right_types() -> None:
    async def body() -> None:
        expected = {
            "BOOL": ua.VariantType.Boolean,
            "BYTE": ua.VariantType.Byte,
            "SINT": ua.VariantType.SByte,
            "INT": ua.VariantType.Int16,
            "DINT": ua.VariantType.Int32,
            "ULINT": ua.VariantType.UInt64,
            "LREAL": ua.VariantType.Double,
            "Colour": ua.VariantType.Int32,
            "Text": ua.VariantType.String,
            "Wide": ua.VariantType.String,
            "CHAR": ua.VariantType.String,
            "Words": ua.VariantType.String,
            "Numbers": ua.VariantType.Int16,
        }
        async with door() as (url, _), client(url) as connection:
            for path, variant in expected.items():
                value = await (await node(connection, f"Main.{path}")).read_data_value()
                assert value.Value.VariantType == variant, path
            duration = await (await node(connection, "Main.TIME")).read_data_type()
            assert duration == ua.NodeId(ua.ObjectIds.Duration)
            assert await (await node(connection, "Main.Numbers")).read_value() == [0, 0, 0]
            labels = await (await node(connection, "Main.Colour.EnumStrings")).read_value()
            assert [label.Text for label in labels] == ["Red", "Green", "Blue"]

    run(body())


def test_dates_are_date_times_in_utc() -> None:
    async def body() -> None:
        async with door() as (url, _), client(url, OLGA, GOOD) as connection:
            for path, written, then in (
                ("DATE", "2024-02-29", "2024-02-29"),
                ("TOD", "2024-02-29T12:30", "1970-01-01T12:30"),
                ("LDT", "1969-12-31T23:59:59.000005", "1969-12-31T23:59:59.000005"),
            ):
                variable = await node(connection, f"Main.{path}")
                assert await variable.read_data_type_as_variant_type() == ua.VariantType.DateTime
                assert _utc(await variable.read_value()) == _moment("1970-01-01")
                await variable.write_value(ua.Variant(_moment(written), ua.VariantType.DateTime))
                assert _utc(await variable.read_value()) == _moment(then)
            day = await node(connection, "Main.DATE")
            with pytest.raises(ua.uaerrors.BadOutOfRange):
                await day.write_value(ua.Variant(_moment("2024-02-29T12:00"), ua.VariantType.DateTime))

    run(body())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _utc(received: datetime) -> datetime:
    return received.replace(tzinfo=UTC)


def test_browsing_leads_from_objects_to_each_variable() -> None:
    async def body() -> None:
        async with door() as (url, _), client(url) as connection:
            plc = await connection.nodes.objects.get_child("2:handmade")
            main = await plc.get_child("2:Main")
            names = [(await child.read_browse_name()).Name for child in await main.get_children()]
            assert "DINT" in names
            assert "Numbers" in names
            assert len(names) == len(handmade.VARIABLES)

    run(body())


def test_an_operator_writes_and_a_viewer_does_not() -> None:
    async def body() -> None:
        async with door() as (url, _):
            async with client(url, OLGA, GOOD) as connection:
                word = await node(connection, "Main.WORD")
                await word.write_value(ua.Variant(4711, ua.VariantType.UInt16))
                assert await word.read_value() == 4711
                time = await node(connection, "Main.TIME")
                await time.write_value(ua.Variant(1500.5, ua.VariantType.Double))
                assert await time.read_value() == 1500.5
                numbers = await node(connection, "Main.Numbers")
                await numbers.write_value(ua.Variant([1, -2, 3], ua.VariantType.Int16))
                assert await numbers.read_value() == [1, -2, 3]
                with pytest.raises(ua.uaerrors.BadTypeMismatch):
                    await word.write_value(ua.Variant(1.0, ua.VariantType.Float))
                with pytest.raises(ua.uaerrors.BadTypeMismatch):
                    await numbers.write_value(ua.Variant([1, 2], ua.VariantType.Int16))
                with pytest.raises(ua.uaerrors.BadOutOfRange):
                    await (await node(connection, "Main.Colour")).write_value(ua.Variant(9, ua.VariantType.Int32))
                with pytest.raises(ua.uaerrors.BadNotWritable):
                    await (await node(connection, "Main.DINT")).write_value(ua.Variant(0, ua.VariantType.Int32))
            async with client(url, "victor", "another password") as connection:
                with pytest.raises(ua.uaerrors.BadUserAccessDenied):
                    await (await node(connection, "Main.WORD")).write_value(ua.Variant(1, ua.VariantType.UInt16))

    run(body())


def test_texts_are_strings() -> None:
    async def body() -> None:
        async with door() as (url, block), client(url, OLGA, GOOD) as connection:
            taken = {
                "Text": "gr\u00fcn 7",
                "Wide": "20 \u20ac",
                "CHAR": "\u00b0",
                "WCHAR": "\u20ac",
                "Words": ["one", "", "four"],
            }
            for path, value in taken.items():
                text = await node(connection, f"Main.{path}")
                await text.write_value(ua.Variant(value, ua.VariantType.String))
                assert await text.read_value() == value
            text = await node(connection, "Main.Text")
            await text.write_value(ua.Variant(None, ua.VariantType.String))
            assert await text.read_value() == ""
            for path, wrong in (
                ("Text", "eight...."),
                ("Text", "\u03a9"),
                ("Text", "a\0b"),
                ("Wide", "\U0001f600" * 3),
            ):
                with pytest.raises(ua.uaerrors.BadOutOfRange):
                    await (await node(connection, f"Main.{path}")).write_value(ua.Variant(wrong, ua.VariantType.String))
            for path, wrong in (("WCHAR", "\U0001f600"), ("CHAR", "ab"), ("Words", ["a", "b", "longer"])):
                with pytest.raises(ua.uaerrors.BadOutOfRange):
                    await (await node(connection, f"Main.{path}")).write_value(ua.Variant(wrong, ua.VariantType.String))
            with pytest.raises(ua.uaerrors.BadTypeMismatch):
                await text.write_value(ua.Variant(7, ua.VariantType.Int16))
            _put(block, "Main.Text", b"\xff\xfe\x80abcde")  # no zero at its end, and no UTF-8
            _put(block, "Main.Wide", "\ud800x".encode("utf-16-le", "surrogatepass") + b"\0\0")
            await asyncio.sleep(0.2)  # until the values of a later scan are published
            assert await text.read_value() == "\u00ff\u00fe\u20acabcd"
            assert await (await node(connection, "Main.Wide")).read_value() == "\ufffdx"

    run(body())


def test_a_changed_text_is_notified() -> None:
    async def body() -> None:
        seen: asyncio.Queue[object] = asyncio.Queue()

        class Handler:
            def datachange_notification(self, node: object, value: object, data: object) -> None:
                seen.put_nowait(value)

        async with door() as (url, block), client(url) as connection:
            subscription = await connection.create_subscription(20, Handler())
            await subscription.subscribe_data_change(await node(connection, "Main.Text"))
            assert await asyncio.wait_for(seen.get(), 10) == ""
            _put(block, "Main.Text", b"full\0")
            assert await asyncio.wait_for(seen.get(), 10) == "full"

    run(body())


def _put(block: Block, path: str, raw: bytes) -> None:
    offset = next(variable.offset for variable in handmade.VARIABLES if variable.path == path)
    block.memory[offset : offset + len(raw)] = np.frombuffer(raw, np.uint8)


@pytest.mark.parametrize(
    ("user", "password"),
    [("admin", "whatever"), ("Admin", ""), ("olga", "wrong"), ("olga", ""), ("nobody", "a good password")],
)
def test_a_wrong_name_or_password_opens_no_session(user: str, password: str) -> None:
    """asyncua's default user manager makes `admin` with any password an administrator."""

    async def body() -> None:
        async with door() as (url, _):
            with pytest.raises(ua.uaerrors.BadUserAccessDenied):
                async with client(url, user, password):
                    pass

    run(body())


def test_anonymous_reads_and_never_writes() -> None:
    async def body() -> None:
        async with door() as (url, _), client(url) as connection:
            word = await node(connection, "Main.WORD")
            assert await word.read_value() == 0
            with pytest.raises(ua.uaerrors.BadUserAccessDenied):
                await word.write_value(ua.Variant(1, ua.VariantType.UInt16))
            with pytest.raises(ua.uaerrors.UaStatusCodeError):
                await connection.nodes.objects.add_variable(2, "intruder", 1)
            with pytest.raises(ua.uaerrors.UaStatusCodeError):
                await connection.get_node(ua.ObjectIds.Server_ServiceLevel).write_value(
                    ua.Variant(1, ua.VariantType.Byte)
                )

    run(body())


def test_anonymous_can_be_shut_out() -> None:
    async def body() -> None:
        async with door(anonymous="none") as (url, _):
            with pytest.raises(ua.uaerrors.UaStatusCodeError):
                async with client(url):
                    pass

    run(body())


class Recorder:
    """A subscription's notifications as they come."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[ua.DataValue] = asyncio.Queue()

    def datachange_notification(self, _node, _value, data) -> None:
        self.queue.put_nowait(data.monitored_item.Value)

    async def until(self, condition) -> ua.DataValue:
        async with asyncio.timeout(10):
            while True:
                value = await self.queue.get()
                if condition(value):
                    return value


def test_a_subscription_follows_the_program() -> None:
    async def body() -> None:
        async with door() as (url, _), client(url) as connection:
            recorder = Recorder()
            subscription = await connection.create_subscription(20, recorder)
            await subscription.subscribe_data_change(await node(connection, "Main.DINT"))
            first = await recorder.until(lambda value: value.StatusCode.is_good())
            later = await recorder.until(lambda value: value.Value.Value > first.Value.Value)
            assert later.SourceTimestamp > first.SourceTimestamp
            assert abs((datetime.now(UTC) - later.SourceTimestamp.replace(tzinfo=UTC)).total_seconds()) < 5

    run(body())


def test_subscribers_hear_that_a_variable_is_forced_although_its_value_is_the_same() -> None:
    """The status is the one that part 8 of the standard has for it."""

    async def body() -> None:
        async with door() as (url, block), client(url, OLGA, GOOD) as connection:
            word, recorder = await node(connection, "Main.WORD"), Recorder()
            await word.write_value(ua.Variant(5, ua.VariantType.UInt16))
            subscription = await connection.create_subscription(20, recorder)
            await subscription.subscribe_data_change(word)
            await recorder.until(lambda value: value.Value.Value == 5)
            ring, place = CommandRing(block, "console"), handmade.program().find("Main.WORD")
            for forced in (True, False):
                write = Write(place.offset, (5).to_bytes(2, "little"))
                ring.force([write]) if forced else ring.unforce([write])
                expected = ua.StatusCodes.GoodLocalOverride if forced else ua.StatusCodes.Good
                heard = await recorder.until(lambda value, code=expected: value.StatusCode.value == code)
                assert heard.Value.Value == 5
            assert (await word.read_data_value()).StatusCode.value == ua.StatusCodes.Good

    run(body())


def test_quality_and_age_of_an_input_reach_the_client() -> None:
    """Good with the time of the device's answer; bad with its reason; bad again when the I/O process falls silent."""

    async def body() -> None:
        async with door() as (url, block), client(url) as connection:
            recorder = Recorder()
            subscription = await connection.create_subscription(20, recorder)
            await subscription.subscribe_data_change(await node(connection, "Main.REAL"))
            await recorder.until(lambda value: value.StatusCode.value == ua.StatusCodes.BadWaitingForInitialData)
            writer = InputWriter(block)
            inputs = InputBlock(1, lambda: writer.publish(inputs, clock.monotonic_ns()))
            read_ns = clock.monotonic_ns()
            raw = np.zeros((1, 8), np.uint8)
            raw[0, :4] = np.frombuffer(np.float32(2.5).tobytes(), np.uint8)
            inputs.good(np.array([0]), raw, read_ns)
            inputs.publish()
            good = await recorder.until(lambda value: value.StatusCode.is_good())
            assert good.Value.Value == 2.5
            stale = await recorder.until(lambda value: value.StatusCode.value == ua.StatusCodes.BadNoCommunication)
            # A clock of the machine tells both from the age at the moment, to a microsecond or two.
            assert abs(stale.SourceTimestamp - good.SourceTimestamp) < timedelta(microseconds=50)
            inputs.bad(np.array([0]), Reason.TIMEOUT)
            inputs.publish()
            await recorder.until(lambda value: value.StatusCode.value == ua.StatusCodes.BadTimeout)

    run(body())


@pytest.mark.parametrize(
    ("index_range", "expected"),
    [
        ("0", [0]),
        ("1:2", [1, 2]),
        ("2:9", [2]),
        ("3", ua.StatusCodes.BadIndexRangeNoData),
        ("0,0", ua.StatusCodes.BadIndexRangeNoData),
        ("1:1", ua.StatusCodes.BadIndexRangeInvalid),
        ("2:1", ua.StatusCodes.BadIndexRangeInvalid),
        ("-1", ua.StatusCodes.BadIndexRangeInvalid),
        ("1:", ua.StatusCodes.BadIndexRangeInvalid),
        ("x", ua.StatusCodes.BadIndexRangeInvalid),
    ],
)
def test_a_part_of_an_array(index_range: str, expected: object) -> None:
    """The range was not looked at: whoever asked for one element got the whole array, with status Good."""
    whole = ua.DataValue(ua.Variant([0, 1, 2], ua.VariantType.Int16, is_array=True))
    part = part_of(whole, index_range)
    assert part.StatusCode is not None
    assert (part.Value.Value if part.StatusCode.is_good() else part.StatusCode.value) == expected


def test_a_part_of_an_array_of_two_dimensions() -> None:
    whole = ua.DataValue(ua.Variant(list(range(6)), ua.VariantType.Int16, [2, 3], is_array=True))
    part = part_of(whole, "1,0:1").Value
    assert (part.Value, part.Dimensions) == ([3, 4], [1, 2])
    assert part_of(ua.DataValue(ua.Variant(5, ua.VariantType.Int16)), "0").StatusCode.value == (
        ua.StatusCodes.BadIndexRangeNoData
    )


def test_clients_read_parts_of_arrays_and_what_they_may_write() -> None:
    """`UserAccessLevel` was the same for all, so an HMI showed a viewer fields to write into."""

    async def body() -> None:
        async with door() as (url, _):
            for user, password in (("", ""), ("victor", "another password"), (OLGA, GOOD)):
                writable = user == OLGA
                async with client(url, user, password) as connection:
                    word, numbers = await node(connection, "Main.WORD"), await node(connection, "Main.Numbers")
                    level = await word.get_user_access_level()
                    assert (ua.AccessLevel.CurrentWrite in level) is writable
                    assert ua.AccessLevel.CurrentRead in level
                    wanted = ua.ReadValueId(numbers.nodeid, ua.AttributeIds.Value, "1:2", ua.QualifiedName())
                    parameters = ua.ReadParameters(NodesToRead=[wanted])
                    (value,) = await connection.uaclient.read(parameters)
                    assert value.Value.Value == [0, 0]

    run(body())


def test_a_client_does_not_say_how_good_a_variable_is() -> None:
    """A value written with a status of Bad was taken, and the answer was Good."""

    async def body() -> None:
        async with door() as (url, _), client(url, OLGA, GOOD) as connection:
            word = await node(connection, "Main.WORD")
            doubtful = ua.DataValue(
                ua.Variant(7, ua.VariantType.UInt16), StatusCode=ua.StatusCode(ua.StatusCodes.BadSensorFailure)
            )
            with pytest.raises(ua.UaStatusCodeError, match="BadWriteNotSupported"):
                await word.write_attribute(ua.AttributeIds.Value, doubtful)
            assert await word.read_value() == 0

    run(body())


class Heard:
    """What a subscriber was told, in order."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._came = asyncio.Event()

    def datachange_notification(self, _node, value, _data) -> None:
        self.values.append(value)
        self._came.set()

    async def until(self, value: object) -> None:
        async with asyncio.timeout(20):
            while not self.values or self.values[-1] != value:
                self._came.clear()
                await self._came.wait()


def test_a_new_subscriber_begins_with_the_present_value() -> None:
    """It was given what the last reader had seen, however long ago that was; and when the variable had meanwhile gone
    back to what an earlier subscriber had been told, it was never corrected.
    """

    async def body() -> None:
        async with door() as (url, _), client(url, OLGA, GOOD) as connection:
            word = await node(connection, "Main.WORD")
            for value in (1, 2, 1):
                await word.write_value(ua.Variant(value, ua.VariantType.UInt16))
                heard = Heard()
                subscription = await connection.create_subscription(10, heard)
                await subscription.subscribe_data_change(word)
                await heard.until(value)
                assert set(heard.values) == {value}
                await subscription.delete()

    run(body())


def test_subscribers_hear_of_every_change_and_of_nothing_else() -> None:
    async def body() -> None:
        async with door() as (url, _), client(url, OLGA, GOOD) as connection:
            word, resting = await node(connection, "Main.WORD"), await node(connection, "Main.INT")
            heard = [(Heard(), Heard()) for _ in range(2)]
            for of_word, of_resting in heard:
                for variable, listener in ((word, of_word), (resting, of_resting)):
                    subscription = await connection.create_subscription(10, listener)
                    await subscription.subscribe_data_change(variable)
                    await listener.until(0)
            for value in range(1, 6):
                await word.write_value(ua.Variant(value, ua.VariantType.UInt16))
                for of_word, _ in heard:
                    await of_word.until(value)
            for of_word, of_resting in heard:
                assert of_word.values[-5:] == [1, 2, 3, 4, 5]
                assert set(of_word.values[:-5]) == {0}
                assert set(of_resting.values) == {0}

    run(body())
