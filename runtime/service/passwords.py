"""Password hashes as text: `scrypt$<n>$<r>$<p>$<salt>$<hash>`, salt and hash in base64 (RFC 7914)."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from functools import cache

_N, _R, _P = 1 << 14, 8, 1
_MOST_N, _MOST_R, _MOST_P = 1 << 17, 16, 4
_SALT_BYTES = 16
MAX_PASSWORD_BYTES = 1024


def make(password: str) -> str:
    """The hash of a new password."""
    salt = os.urandom(_SALT_BYTES)
    digest = _digest(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def is_hash(text: str) -> bool:
    """Whether `text` has the form of a hash and costs no more to check than is reasonable."""
    return _parse(text) is not None


def verify(text: str, password: str) -> bool:
    """Whether `password` is the one that the hash `text` was made of. A text that is no hash fits nothing."""
    from hmac import compare_digest

    parsed = _parse(text)
    if parsed is None or len(password.encode()) > MAX_PASSWORD_BYTES:
        return False
    n, r, p, salt, digest = parsed
    return compare_digest(_digest(password, salt, n, r, p), digest)


def _digest(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    from hashlib import scrypt  # loads OpenSSL

    return scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=1 << 28, dklen=32)


def _parse(text: str) -> tuple[int, int, int, bytes, bytes] | None:
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not all(part.isdecimal() and len(part) < 8 for part in parts[1:4]):
        return None
    n, r, p = (int(part) for part in parts[1:4])
    if not (1 < n <= _MOST_N and n & (n - 1) == 0 and 1 <= r <= _MOST_R and 1 <= p <= _MOST_P):
        return None
    try:
        return n, r, p, b64decode(parts[4], validate=True), b64decode(parts[5], validate=True)
    except Base64Error:
        return None


@cache
def nobodys() -> str:
    """Checked for a user that does not exist, so that the answer takes as long as for one that does."""
    return make(b64encode(os.urandom(16)).decode())
