"""What stands between the network and the routes: token, host name, size, time, JSON, and the one shape of refusals."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.service.http import app, guard, upload
from runtime.service.http.errors import BadBody
from tests.unit.httpdoor import AUTHORISED, TOKEN, FakeHost, make_app, refusal, talk

EVERY_PATH = [
    *((method, path.replace("{name}", "tank").replace("{path}", "Main.Level")) for method, path, *_ in app.ROUTES),
    ("GET", "/docs"),
    ("GET", "/docs/assets/swagger-ui-bundle.js"),
    ("GET", "/openapi.json"),
    ("GET", "/nowhere"),
    ("OPTIONS", "/api/plcs"),
]


# -------------------------------------------------------------------------------------------------------------- token


@pytest.mark.parametrize(("method", "path"), [pair for pair in EVERY_PATH if pair[1] != "/health"])
def test_nothing_but_health_answers_without_the_token(method: str, path: str) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        refusal(await client.request(method, path), 401, "not_authorised")
        refusal(await client.request(method, path, headers={"Authorization": "Bearer wrong"}), 401, "not_authorised")
        assert host.asked == []

    talk(body, headers={})


def test_health_says_ok_and_nothing_else() -> None:
    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        response = await client.get("/health")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})

    talk(body, headers={})


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"Token {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer",
        "Bearer ",
        "Bearer " + "x" * 10_000,
        "Basic " + base64.b64encode(f"rung:{TOKEN}".encode()).decode(),
    ],
)
def test_only_the_exact_token_as_bearer_opens_the_api(value: str) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        response = await client.get("/api/plcs", headers={"Authorization": value})
        refusal(response, 401, "not_authorised")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert host.asked == []

    talk(body, headers={})


def test_two_authorization_headers_are_none() -> None:
    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer other")]
        refusal(await client.get("/api/plcs", headers=twice), 401, "not_authorised")

    talk(body, headers={})


def test_a_browser_may_read_the_documentation_with_the_token_as_password_and_do_nothing_else() -> None:
    """A browser sends such a password along with requests that other people's pages make: it must open nothing else."""
    basic = "Basic " + base64.b64encode(f"anybody:{TOKEN}".encode()).decode()

    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        asking = await client.get("/docs")
        assert asking.status_code == 401
        assert asking.headers["WWW-Authenticate"].startswith("Basic")
        page = await client.get("/docs", headers={"Authorization": basic})
        assert page.status_code == 200
        assert "//cdn" not in page.text
        assert "https://" not in page.text
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert asset in page.text
            fetched = await client.get(f"/docs/assets/{asset}", headers={"Authorization": basic})
            assert fetched.status_code == 200
        assert (await client.get("/openapi.json", headers={"Authorization": basic})).status_code == 200
        for method, path in EVERY_PATH:
            if path.startswith(("/api", "/metrics")):
                response = await client.request(method, path, headers={"Authorization": basic})
                assert response.status_code in (401, 429)  # the latter once there were ten
        assert host.asked == []

    talk(body, headers={})


def test_a_stream_of_wrong_tokens_is_answered_early_and_never_locks_out_the_right_one() -> None:
    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        wrong = {"Authorization": "Bearer wrong"}
        statuses = [(await client.get("/api/plcs", headers=wrong)).status_code for _ in range(20)]
        assert statuses[:10] == [401] * 10
        assert statuses[-1] == 429
        assert (await client.get("/api/plcs", headers=wrong)).headers["Retry-After"] == "1"
        assert (await client.get("/api/plcs", headers=AUTHORISED)).status_code == 200
        text = (await client.get("/metrics", headers=AUTHORISED)).text
        assert "rung_http_refused_total 21.0" in text

    talk(body, headers={})


# ---------------------------------------------------------------------------------------------------------- host name


@pytest.mark.parametrize(
    ("listen_on", "host", "accepted"),
    [
        ("127.0.0.1", "127.0.0.1:8880", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "LOCALHOST:1", True),
        ("127.0.0.1", "[::1]:8880", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "localhost.evil.example:8880", False),
        ("127.0.0.1", "evil.example@127.0.0.1", False),
        ("127.0.0.1", "192.168.1.5", False),
        ("127.0.0.1", "", False),
        ("plc.plant", "plc.plant:8880", True),
        ("plc.plant", "other.plant", False),
        ("192.168.1.5", "192.168.1.5:8880", True),
        ("192.168.1.5", "192.168.1.6:8880", False),
        ("0.0.0.0", "192.168.1.5:8880", True),
        ("0.0.0.0", "evil.example", False),
        ("::", "[fe80::1]:8880", True),
        ("::1", "[::1]:8880", True),
    ],
)
def test_requests_are_answered_only_under_the_names_of_this_service(listen_on: str, host: str, accepted: bool) -> None:
    """A page can point its own name at 127.0.0.1 and then talk to whatever listens there (DNS rebinding)."""

    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        for path in ("/health", "/api/plcs"):
            response = await client.get(path, headers={"Host": host})
            if accepted:
                assert response.status_code == 200
            else:
                refusal(response, 421, "wrong_host")

    talk(body, listen_on=listen_on)


def test_no_answer_invites_other_origins() -> None:
    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        response = await client.get("/api/plcs", headers={"Origin": "http://evil.example"})
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"

    talk(body)


# ------------------------------------------------------------------------------------------------------------- bodies


async def raw_request(headers: dict[str, str], chunks: list[bytes], path: str = "/api/plcs/tank/program") -> Any:
    """One PUT as a server would hand it in. Returns (status, document, chunks that were asked for)."""
    taken = 0
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": taken < len(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    every = {"host": "localhost", "content-type": "application/json", **headers}
    scope = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in every.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8880),
        "http_version": "1.1",
    }
    await make_app(FakeHost())(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"]), taken


def test_a_strangers_body_is_not_read_at_all() -> None:
    status, _, taken = asyncio.run(raw_request({}, [b"{}"]))
    assert (status, taken) == (401, 0)


@pytest.mark.parametrize("length", [str(upload.BODY_BYTES + 1), "1" + "0" * 30, "-1", "many"])
def test_a_body_that_is_declared_too_large_is_not_read_at_all(length: str) -> None:
    status, document, taken = asyncio.run(raw_request({**AUTHORISED, "Content-Length": length}, [b"{}"]))
    assert (status, document["error"]["kind"], taken) == (413, "too_large", 0)


def test_a_body_in_pieces_is_refused_as_soon_as_it_is_too_large() -> None:
    pieces = [b"x" * 65536] * 1000
    status, document, taken = asyncio.run(raw_request(AUTHORISED, pieces))
    assert (status, document["error"]["kind"]) == (413, "too_large")
    assert taken == upload.BODY_BYTES // 65536 + 1


def test_only_uploads_may_be_large() -> None:
    size = str(guard.BODY_BYTES + 1)
    status, *_ = asyncio.run(raw_request({**AUTHORISED, "Content-Length": size}, [b"{}"], "/api/plcs/tank/variables"))
    assert status == 413


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.02)

    async def never() -> AsyncIterator[bytes]:
        yield b'{"files": '
        await asyncio.Event().wait()

    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        headers = {"Content-Type": "application/json"}
        refusal(await client.put("/api/plcs/tank/program", content=never(), headers=headers), 408, "too_slow")
        assert host.asked == []

    talk(body)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "Field required"),
        (b"{", "line 1"),
        (b'{"value": 1} x', "Extra data"),
        (b'{"value": NaN}', 'as a text, "NaN"'),
        (b'{"value": -Infinity}', "Infinity"),
        (b'{"value": 1, "value": 2}', "'value' is written twice"),
        (b'{"value": "\xff"}', "UTF-8"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b'{"value": ' + b"[" * 40 + b"]" * 40 + b"}", "nested deeper than 32"),
        (b'{"value": ' + b"[" * 100_000, "nested deeper than 32"),
        (b'{"value": ' + b"9" * 10_000 + b"}", "digits"),
        (b'{"value": 1, "other": 2}', "other"),
        (b"[]", "body"),
        (b"null", "body"),
    ],
)
def test_what_is_no_proper_json_is_refused_with_the_reason(text: bytes, says: str) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        headers = {"Content-Type": "application/json"}
        response = await client.put("/api/plcs/tank/variables/Main.Level", content=text, headers=headers)
        assert response.status_code in (400, 422)
        assert says in refusal(response, response.status_code, response.json()["error"]["kind"])
        assert host.asked == []

    talk(body)


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_is_declared_to_be_json(media: str) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        response = await client.put(
            "/api/plcs/tank/variables/Main.Level", content=b'{"value": 1}', headers={"Content-Type": media}
        )
        refusal(response, 415, "wrong_media_type")
        assert host.asked == []

    talk(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.booleans())
def test_all_json_within_the_limits_passes(document: Any, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        text.decode()
    except UnicodeDecodeError:
        with pytest.raises(BadBody):
            guard.check_json(text)
    else:
        guard.check_json(text)


@given(st.integers(1, 80), st.booleans())
def test_depth_is_counted_exactly(depth: int, lists: bool) -> None:
    document: Any = 0
    for _ in range(depth):
        document = [document] if lists else {"a": document}
    text = json.dumps(document).encode()
    if depth <= guard.JSON_DEPTH:
        guard.check_json(text)
    else:
        with pytest.raises(BadBody, match="nested"):
            guard.check_json(text)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_check_fail_otherwise(data: bytes) -> None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        with pytest.raises(BadBody):
            guard.check_json(data)
    else:
        assume(data.isascii() and not isinstance(document, float | dict))  # more lenient about NaN, keys and UTF-16
        guard.check_json(data)
