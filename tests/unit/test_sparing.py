"""What asyncua logs is passed on in measure."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from runtime import clock
from runtime.service.opcua_server.sparing import MOST_LINES, PERIOD_NS, Sparing


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines = list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def now_ns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now_ns = [5]
    monkeypatch.setattr(clock, "monotonic_ns", lambda: now_ns[0])
    return now_ns


@pytest.fixture
def sparing() -> Sparing:
    return Sparing()


@pytest.fixture
def log(sparing: Sparing) -> Iterator[tuple[logging.Logger, _Kept]]:
    log, kept = logging.getLogger("spared.server"), _Kept()
    kept.addFilter(sparing)
    logging.getLogger("spared").addHandler(kept)
    yield log, kept
    logging.getLogger("spared").removeHandler(kept)


def test_a_flood_is_cut_and_counted(log: tuple[logging.Logger, _Kept], now_ns: list[int]) -> None:
    logger, kept = log
    for number in range(1000):
        logger.warning("refused %d", number)
    assert kept.lines == [f"refused {number}" for number in range(MOST_LINES)]
    now_ns[0] += PERIOD_NS
    logger.warning("refused %s", "again")
    logger.warning("and again")
    assert kept.lines[MOST_LINES:] == [
        f"refused again (before it {1000 - MOST_LINES} lines were left out)",
        "and again",
    ]


def test_silence_is_silence(log: tuple[logging.Logger, _Kept], sparing: Sparing, now_ns: list[int]) -> None:
    logger, kept = log
    with sparing.silenced(), sparing.silenced():
        logger.warning("unheard")
    logger.warning("heard")
    assert kept.lines == ["heard"]
