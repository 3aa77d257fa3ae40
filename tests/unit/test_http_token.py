"""The access token on disk and in memory."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from runtime import clock
from runtime.service.http.token import TOKEN_FILE, Attempts, BadTokenFile, load_or_make


def test_the_token_is_shown_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    token, text = load_or_make(tmp_path)
    assert text is not None
    assert len(text) >= 43  # 256 bits
    assert token.matches(text)
    stored = (tmp_path / TOKEN_FILE).read_text()
    assert text not in stored
    assert json.loads(stored)["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600
    again, shown = load_or_make(tmp_path)
    assert shown is None
    assert again.matches(text)


def test_a_new_token_voids_the_old_one(tmp_path: Path) -> None:
    _, first = load_or_make(tmp_path)
    token, second = load_or_make(tmp_path, new=True)
    assert first is not None
    assert second is not None
    assert first != second
    assert token.matches(second)
    assert not token.matches(first)
    assert not load_or_make(tmp_path)[0].matches(first)


def test_nothing_but_the_token_matches(tmp_path: Path) -> None:
    token, text = load_or_make(tmp_path)
    assert text is not None
    for other in ("", text[:-1], text + "x", text.swapcase(), "\udcff", "x" * 100_000):
        assert not token.matches(other)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"algorithm": "sha256", "hash": "00"}',
        '{"algorithm": "none", "hash": "' + "00" * 32 + '"}',
    ],
)
def test_a_damaged_file_is_never_taken_for_a_token(tmp_path: Path, content: str) -> None:
    (tmp_path / TOKEN_FILE).write_text(content)
    with pytest.raises(BadTokenFile, match="--new-token"):
        load_or_make(tmp_path)
    assert load_or_make(tmp_path, new=True)[1] is not None


def test_failed_attempts_are_let_through_again_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = 0
    monkeypatch.setattr(clock, "monotonic_ns", lambda: now_ns)
    attempts = Attempts()
    assert [attempts.fail() for _ in range(12)] == [False] * 10 + [True] * 2
    now_ns += 3_000_000_000
    assert [attempts.fail() for _ in range(5)] == [False] * 3 + [True] * 2
    now_ns += 3600 * 1_000_000_000
    assert [attempts.fail() for _ in range(12)] == [False] * 10 + [True] * 2
    assert attempts.failed == 29
