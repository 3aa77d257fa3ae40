"""The access token: made once, shown once, kept as a hash; and the count of those who tried without it.

A token is 256 random bits, so one round of SHA-256 hides it as well as a slow password hash would: there is nothing
to guess from. A wrong token is therefore no danger, but a stream of them is noise and work; `Attempts` lets a few
through and then answers early. The right token is always let in: whoever knows nothing must not be able to lock out
those who know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any, cast

from runtime import clock
from runtime.service.artifacts import write_atomically

TOKEN_FILE = "token.json"
_LONGEST = 200
_ALLOWED_AT_ONCE = 10
_PER_SECOND = 1.0


class BadTokenFile(Exception):
    """The stored hash cannot be read; the text is for people."""


class Token:
    """What is known of the token: its hash."""

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    def matches(self, presented: str) -> bool:
        """Whether `presented` is the token. Takes the same time whatever is wrong with it."""
        if len(presented) > _LONGEST:
            return False
        return hmac.compare_digest(_hash(presented), self._digest)


def load_or_make(state: Path, *, new: bool = False) -> tuple[Token, str | None]:
    """The token whose hash is in `state`, and its text when it was made just now: the only time that anybody sees it.

    Raises BadTokenFile or OSError.
    """
    path = state / TOKEN_FILE
    if not new and path.exists():
        return Token(_read(path)), None
    text = secrets.token_urlsafe(32)
    document = {"algorithm": "sha256", "hash": _hash(text).hex()}
    write_atomically(path, json.dumps(document).encode() + b"\n", mode=0o600)
    return Token(_hash(text)), text


def _read(path: Path) -> bytes:
    try:
        document = cast("dict[str, Any]", json.loads(path.read_bytes()))
        digest = bytes.fromhex(document["hash"])
        if document["algorithm"] != "sha256" or len(digest) != hashlib.sha256().digest_size:
            raise ValueError("not a SHA-256 hash")
    except (ValueError, KeyError, TypeError) as error:
        raise BadTokenFile(f"{path} is damaged ({error}); `rung serve --new-token` makes a new token") from error
    return digest


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()


class Attempts:
    """Counts failed attempts and says when they come too fast: a bucket that refills with time."""

    def __init__(self) -> None:
        self.failed = 0
        self._left = float(_ALLOWED_AT_ONCE)
        self._seen_ns = clock.monotonic_ns()

    def fail(self) -> bool:
        """Note one failure. True when there were too many of late."""
        now_ns = clock.monotonic_ns()
        self._left = min(_ALLOWED_AT_ONCE, self._left + (now_ns - self._seen_ns) / 1e9 * _PER_SECOND)
        self._seen_ns = now_ns
        self.failed += 1
        if self._left < 1:
            return True
        self._left -= 1
        return False
