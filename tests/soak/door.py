"""The HTTP door of the service: every answer is looked at, every broken connection has to be explained.

`Interrupted` says that the service was ended meanwhile, by somebody who had said so (`Gate`): the order may have been
obeyed or not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from msgspec import Struct

from tests.soak.invariants import All
from tests.soak.story import Story

PATIENCE_S = 300.0
_IDEMPOTENT = ("GET",)
_LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""The service closes what is silent for five seconds: nothing is sent on a connection that may be closing."""


class Interrupted(Exception):
    """The service was ended while this was under way."""


class GivenUp(Interrupted):
    """Nothing came of it, for a reason that has nothing to do with what was asked: a busy machine."""


class Answer(Struct, frozen=True):
    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def kind(self) -> str:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("kind", "")) if isinstance(error, dict) else ""


class Gate:
    """Whether the service runs. `epoch` counts how often it was started."""

    def __init__(self) -> None:
        self.epoch = 0
        self.url = self.token = ""
        self._is_up = threading.Event()

    @property
    def is_up(self) -> bool:
        return self._is_up.is_set()

    def open(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.epoch += 1
        self._is_up.set()

    def shut(self) -> None:
        """To be said before the service is ended."""
        self._is_up.clear()

    def await_up(self, timeout_s: float) -> bool:
        return self._is_up.wait(timeout_s)


class Door:
    """Requests of one actor. Not for use by several threads."""

    def __init__(self, who: str, gate: Gate, invariants: All, story: Story) -> None:
        self._who, self._gate, self._invariants, self._story = who, gate, invariants, story
        self._client: httpx.Client | None = None
        self._epoch = 0

    @contextmanager
    def _connected(self) -> Iterator[tuple[httpx.Client, int]]:
        epoch = self._gate.epoch
        if not self._gate.is_up:
            raise Interrupted
        if self._client is None or self._epoch != epoch:
            self.close()
            headers = {"Authorization": f"Bearer {self._gate.token}"}
            self._client = httpx.Client(
                base_url=self._gate.url, headers=headers, timeout=PATIENCE_S, limits=_LIMITS, trust_env=False
            )
            self._epoch = epoch
        yield self._client, epoch

    def ask(self, method: str, path: str, json: object = None) -> Answer:
        """The answer, whatever it is. Raises Interrupted, Violated."""
        request = f"{method} {path}"
        for attempt in (1, 2):
            with self._connected() as (client, epoch):
                began_s = time.monotonic()
                try:
                    response = client.request(method, path, json=json)
                except httpx.TransportError as error:
                    self._explain(request, epoch, error, last=attempt == 2 or method not in _IDEMPOTENT)
                    continue
            took_s = time.monotonic() - began_s
            answer = Answer(response.status_code, _body_of(response))
            if method not in _IDEMPOTENT:
                facts = {"path": path, "status": answer.status, "kind": answer.kind, "took_s": round(took_s, 3)}
                self._story.tell(self._who, method, **facts)
            if answer.kind == "unavailable" and not self._is_same(epoch):
                raise Interrupted
            self._invariants.documented.see(request, answer.status, answer.body)
            return answer
        raise AssertionError("unreachable")

    def _explain(self, request: str, epoch: int, error: httpx.TransportError, *, last: bool) -> None:
        """A connection that was kept open may have been closed just before it was used again: once is nothing."""
        if not self._is_same(epoch):
            raise Interrupted from error
        if last:
            self._invariants.answers.lost(request, f"{type(error).__name__}: {error}")

    def _is_same(self, epoch: int) -> bool:
        return self._gate.is_up and self._gate.epoch == epoch

    def get(self, path: str) -> Any:
        """Of something that must be there."""
        answer = self.ask("GET", path)
        self._invariants.documented.require(answer.ok, f"GET {path} was answered with {answer.status} {answer.body}")
        return answer.body

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _body_of(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return response.text[:500]
