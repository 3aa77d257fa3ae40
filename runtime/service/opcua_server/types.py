"""IEC types, qualities and errors as OPC UA says them: tables.

TIME is Duration, a Double in milliseconds, which is what HMIs expect of a time span (OPC UA part 3, 8.13); it holds
whole nanoseconds up to 104 days. Dates are DateTime in whole microseconds; the program's dates have no zone and are
taken for UTC, and a time of day is that of 1970-01-01. An enumeration is Int32 with its names in the property
`EnumStrings` or `EnumValues`. Texts and characters are String, see `service.texts`. All other types have an exact
counterpart.
"""

# asyncua builds its names at run time and types few of them.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from asyncua import ua
from msgspec import Struct

from iec61131.program import CompiledProgram, DataType, Target
from io_drivers.contract import Quality, Reason
from runtime.service.dates import CALENDAR, DAY_NS, TIMES_OF_DAY
from runtime.service.errors import (
    AccessDenied,
    NotWritable,
    OutOfRange,
    RequestError,
    Unavailable,
    UnknownVariable,
    WrongState,
    WrongType,
)
from runtime.service.texts import CHARACTERS

VARIANT: dict[str, ua.VariantType] = {
    "BOOL": ua.VariantType.Boolean,
    "BYTE": ua.VariantType.Byte,
    "WORD": ua.VariantType.UInt16,
    "DWORD": ua.VariantType.UInt32,
    "LWORD": ua.VariantType.UInt64,
    "SINT": ua.VariantType.SByte,
    "INT": ua.VariantType.Int16,
    "DINT": ua.VariantType.Int32,
    "LINT": ua.VariantType.Int64,
    "USINT": ua.VariantType.Byte,
    "UINT": ua.VariantType.UInt16,
    "UDINT": ua.VariantType.UInt32,
    "ULINT": ua.VariantType.UInt64,
    "REAL": ua.VariantType.Float,
    "LREAL": ua.VariantType.Double,
    "TIME": ua.VariantType.Double,
    "LTIME": ua.VariantType.Double,
    **dict.fromkeys(CALENDAR, ua.VariantType.DateTime),
    **dict.fromkeys(CHARACTERS, ua.VariantType.String),
}
_KIND_VARIANT = {"enum": ua.VariantType.Int32, "string": ua.VariantType.String}
_DURATIONS = ("TIME", "LTIME")
_NS_PER_MS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

BAD_STATUS: dict[Reason, int] = {
    Reason.NONE: ua.StatusCodes.Bad,
    Reason.NEVER_READ: ua.StatusCodes.BadWaitingForInitialData,
    Reason.NOT_CONNECTED: ua.StatusCodes.BadNotConnected,
    Reason.TIMEOUT: ua.StatusCodes.BadTimeout,
    Reason.DEVICE_ERROR: ua.StatusCodes.BadDeviceFailure,
    Reason.BAD_RESPONSE: ua.StatusCodes.BadCommunicationError,
    Reason.OUT_OF_RANGE: ua.StatusCodes.BadOutOfRange,
    Reason.STALE: ua.StatusCodes.BadNoCommunication,
    Reason.STOPPED: ua.StatusCodes.BadOutOfService,
}

ERROR_STATUS: dict[type[RequestError], int] = {
    UnknownVariable: ua.StatusCodes.BadNodeIdUnknown,
    NotWritable: ua.StatusCodes.BadNotWritable,
    AccessDenied: ua.StatusCodes.BadUserAccessDenied,
    WrongType: ua.StatusCodes.BadTypeMismatch,
    OutOfRange: ua.StatusCodes.BadOutOfRange,
    WrongState: ua.StatusCodes.BadInvalidState,
    Unavailable: ua.StatusCodes.BadResourceUnavailable,
}


class NodeType(Struct, frozen=True):
    """How one variable is presented. `base` is its elementary type or that of its elements; `dimensions` empty for a
    scalar; `labels` of an enumeration.
    """

    variant: ua.VariantType
    data_type: ua.NodeId
    dimensions: tuple[int, ...]
    base: str
    labels: tuple[tuple[str, int], ...]

    def variant_of(self, value: Any) -> ua.Variant:
        """A value of `service.values` as a Variant."""
        if self.base in _DURATIONS:
            value = _map(value, lambda ns: ns / _NS_PER_MS)
        elif self.base in CALENDAR:
            value = _map(value, timestamp_of)
        if self.dimensions:
            return ua.Variant(
                _flat(value), self.variant, list(self.dimensions) if len(self.dimensions) > 1 else None, is_array=True
            )
        return ua.Variant(value, self.variant)

    def value_of(self, variant: ua.Variant) -> Any:
        """The reverse, for a write. Raises WrongType."""
        if variant.VariantType != self.variant:
            raise WrongType(f"the variable is {self.variant.name}, the value {variant.VariantType.name}")
        value: Any = variant.Value
        if bool(self.dimensions) != isinstance(value, list):
            raise WrongType("an array was expected" if self.dimensions else "a single value was expected")
        if self.base in _DURATIONS:
            value = _map(value, _nanoseconds)
        elif self.base in CALENDAR:
            value = _map(value, lambda moment: _date_ns(moment, self.base))
        elif self.variant is ua.VariantType.String:
            value = _map(value, lambda text: text or "")  # no text at all is an empty one
        if len(self.dimensions) > 1 and not any(isinstance(item, list) for item in value):
            value = _fold(value, self.dimensions)
        return value


def node_type(program: CompiledProgram, target: Target) -> NodeType:
    """The presentation of an exposed variable."""
    type_, dimensions = target.type, tuple[int, ...]()
    if type_.kind == "array":
        dimensions = tuple(high - low + 1 for low, high in type_.ranges)
        type_ = program.types[type_.element]
    variant = _KIND_VARIANT.get(type_.kind) or VARIANT[type_.base]
    data_type = ua.NodeId(ua.ObjectIds.Duration) if type_.base in _DURATIONS else ua.NodeId(variant.value)
    return NodeType(variant, data_type, dimensions, type_.base, _labels(type_))


def _labels(type_: DataType) -> tuple[tuple[str, int], ...]:
    return type_.labels if type_.kind == "enum" else ()


def status_of(quality: Quality, reason: Reason, engine_alive: bool, forced: bool = False) -> ua.StatusCode:
    """StatusCode from quality. A value of an engine that is silent is bad for every variable. A forced one is what
    somebody wants it to be, whatever the device says.
    """
    if not engine_alive:
        return ua.StatusCode(ua.StatusCodes.BadNoCommunication)
    if forced:
        return ua.StatusCode(ua.StatusCodes.GoodLocalOverride)
    if quality == Quality.GOOD:
        return ua.StatusCode(ua.StatusCodes.Good)
    if quality == Quality.UNCERTAIN:
        return ua.StatusCode(ua.StatusCodes.UncertainLastUsableValue)
    return ua.StatusCode(BAD_STATUS[reason])


def timestamp_of(utc_ns: int) -> datetime:
    """Nanoseconds since 1970 UTC as OPC UA's DateTime, to the microsecond."""
    return _EPOCH + timedelta(microseconds=utc_ns // 1000)


def _map(value: Any, function: Any) -> Any:
    return [_map(item, function) for item in value] if isinstance(value, list) else function(value)


def _nanoseconds(milliseconds: float) -> int:
    if not abs(milliseconds) < 2**63 / _NS_PER_MS:  # NaN and infinity fail this as well
        raise OutOfRange("the duration does not fit into 64-bit nanoseconds")
    return round(milliseconds * _NS_PER_MS)


def _date_ns(moment: datetime, base: str) -> int:
    """A DateTime, of which asyncua may leave out that it is UTC."""
    since = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - _EPOCH
    total = (since // timedelta(microseconds=1)) * 1000
    return total % DAY_NS if base in TIMES_OF_DAY else total


def _flat(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [leaf for item in cast("list[Any]", value) for leaf in _flat(item)]


def _fold(flat: list[Any], dimensions: tuple[int, ...]) -> list[Any]:
    if len(dimensions) == 1:
        return flat
    size = len(flat) // max(dimensions[0], 1)
    return [_fold(flat[row * size : (row + 1) * size], dimensions[1:]) for row in range(dimensions[0])]
