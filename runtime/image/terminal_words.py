"""What people do to a running PLC at a terminal of its machine, told to its supervisor, for its events.

One sentence at a time, in shared memory: two words, how many were said and how many were heard, then the text. Who
says something has locked the block against others of its kind (`service.operating.local`) and waits a moment until it
is heard; one that nobody hears is overwritten by the next.
"""

from __future__ import annotations

from runtime.image.block import TERMINAL_BYTES, Block

_SAID, _HEARD = 0, 1
_WORDS_BYTES = 16
MAX_BYTES = TERMINAL_BYTES - _WORDS_BYTES


def say(block: Block, text: str) -> None:
    """Leave a sentence; a long one is cut."""
    region = block.region("terminal")
    region[_WORDS_BYTES:] = 0
    encoded = text.encode(errors="replace")[:MAX_BYTES]
    region[_WORDS_BYTES : _WORDS_BYTES + len(encoded)] = list(encoded)
    words = region[:_WORDS_BYTES].view("int64")
    words[_SAID] += 1


def is_heard(block: Block) -> bool:
    """Whether all that was said is known to the supervisor."""
    words = block.region("terminal")[:_WORDS_BYTES].view("int64")
    return bool(words[_SAID] == words[_HEARD])


def hear(block: Block) -> str | None:
    """For the supervisor: what was said since it last listened."""
    region = block.region("terminal")
    words = region[:_WORDS_BYTES].view("int64")
    said = int(words[_SAID])
    if said == words[_HEARD]:
        return None
    text = region[_WORDS_BYTES:].tobytes().rstrip(b"\0").decode(errors="replace")
    words[_HEARD] = said
    return text
