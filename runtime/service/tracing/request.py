"""What is wanted of a trace, by the names of variables. Plain data: in plc.toml, over HTTP, and in the shared memory
beside the trace itself, so that whoever reads it knows what it has, and its places can be found anew in another
program.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from runtime.image.trace_layout import CHANNELS, capacity

DEFAULT_SAMPLES = 1000
"""Of a capture that a trigger starts."""
MAX_EVERY = 1_000_000
MAX_TRIGGER_CHARACTERS = 600
_PERCENT = re.compile(r"([0-9]{1,3}) ?%", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)


class TraceRequest(Struct, frozen=True, omit_defaults=True):
    """`every` so many scans a sample of the `variables`. With a `trigger` (`rising Main.Pump`, `Main.Level > 2.0`) a
    capture of `samples`, of which `pre` are from before it: a number or a part, such as `20%`; `repeat` arms it again
    afterwards. Without one so many `samples` from now on, or without end. It ends when nobody has read for `lease_ns`.
    """

    name: str
    variables: tuple[str, ...]
    every: int = 1
    trigger: str | None = None
    pre: str = "0"
    samples: int | None = None
    repeat: bool = False
    lease_ns: int = 0

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, text: bytes) -> TraceRequest | None:
        """None for what is none."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError:
            return None


def window(request: TraceRequest) -> tuple[int, int]:
    """Samples before the trigger, and from it on; 0 of these for a trace without end. Raises BadWindow."""
    if request.trigger is None:
        if _samples_of(request.pre, 100) != 0:
            raise BadWindow("pre", "samples from before a trigger need a trigger")
        if request.repeat:
            raise BadWindow("repeat", "what is repeated needs a trigger")
        if request.samples is None:
            return 0, 0
    samples = DEFAULT_SAMPLES if request.samples is None else request.samples
    most = capacity(max(1, len(request.variables))) - 1
    if not 1 <= samples <= most:
        raise BadWindow("samples", f"{samples} samples of {len(request.variables)} variables; 1 to {most} can be kept")
    pre = _samples_of(request.pre, samples)
    if not 0 <= pre < samples:
        raise BadWindow("pre", f"'{request.pre}' leaves none of {samples} samples for the trigger and what follows it")
    return pre, samples - pre


def _samples_of(text: str, samples: int) -> int:
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        return samples * int(percent[1]) // 100
    if not _COUNT.fullmatch(text):
        raise BadWindow("pre", f"'{text[:40]}' is neither a number of samples nor a part such as 20%")
    return int(text)


class BadWindow(ValueError):
    """What is wrong with `key`."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


MAX_VARIABLES = CHANNELS
