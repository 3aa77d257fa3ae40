"""The routes over a host of the test's making: what is asked of it, what it answers, and how its refusals travel."""

from __future__ import annotations

import httpx
import pytest

from runtime.service import errors as service_errors
from runtime.service.errors import AccessDenied, OutOfRange, RequestError, Unavailable, WrongState
from runtime.service.http import errors, models
from runtime.service.http.upload import bundle
from runtime.service.tracing.request import TraceRequest
from tests.soak.invariants.answers import documented
from tests.unit.httpdoor import VARIABLE, FakeHost, refusal, talk

DIGEST = "0123456789abcdef" * 4
FILES = {"plc.toml": '[plc]\nname = "tank"\n', "main.st": "PROGRAM Main\nEND_PROGRAM\n"}


@pytest.mark.parametrize(
    ("method", "path", "json", "asked"),
    [
        ("GET", "/api/plcs", None, ("plcs",)),
        ("GET", "/api/plcs/tank", None, ("plc", "tank")),
        ("GET", "/api/plcs/tank/retained", None, ("retained", "tank")),
        ("DELETE", "/api/plcs/tank", None, ("delete", "tank")),
        ("PUT", "/api/plcs/tank/program", {"files": FILES}, ("upload", "tank", bundle(FILES))),
        ("POST", "/api/plcs/tank/activate", {"digest": DIGEST}, ("activate", "tank", DIGEST)),
        (
            "POST",
            "/api/plcs/tank/change",
            {"digest": DIGEST, "dry_run": True},
            ("change", "tank", models.ChangeBody(digest=DIGEST, dry_run=True)),
        ),
        ("POST", "/api/plcs/tank/change", {"back": True}, ("change", "tank", models.ChangeBody(back=True))),
        ("POST", "/api/plcs/tank/start", None, ("start", "tank")),
        ("POST", "/api/plcs/tank/stop", None, ("stop", "tank")),
        ("POST", "/api/plcs/tank/reset", None, ("reset", "tank", "warm")),
        ("POST", "/api/plcs/tank/reset", {}, ("reset", "tank", "warm")),
        ("POST", "/api/plcs/tank/reset", {"kind": "cold"}, ("reset", "tank", "cold")),
        ("GET", "/api/plcs/tank/variables", None, ("read", "tank", None)),
        ("GET", "/api/plcs/tank/forces", None, ("forces", "tank")),
        ("PUT", "/api/plcs/tank/forces", {"values": {"Main.A": 1}}, ("force", "tank", [("Main.A", 1)])),
        ("DELETE", "/api/plcs/tank/forces", None, ("unforce", "tank", None)),
        ("DELETE", "/api/plcs/tank/forces/Main.A%5B1%5D", None, ("unforce", "tank", ["Main.A[1]"])),
        ("GET", "/api/plcs/tank/traces", None, ("traces", "tank")),
        ("GET", "/api/plcs/tank/traces/a", None, ("trace", "tank", "a")),
        (
            "PUT",
            "/api/plcs/tank/traces/a",
            {"variables": ["Main.A"], "trigger": "Main.A > 2", "pre": 5, "samples": 10, "lease_s": 1.5},
            ("set_trace", "tank", TraceRequest("a", ("Main.A",), 1, "Main.A > 2", "5", 10, False, 1_500_000_000)),
        ),
        ("DELETE", "/api/plcs/tank/traces/a", None, ("remove_trace", "tank", "a")),
        ("GET", "/api/plcs/tank/traces/a/samples", None, ("trace_samples", "tank", "a", 0, 1000, None)),
        (
            "GET",
            "/api/plcs/tank/traces/a/samples?from=7&to=9&most=2",
            None,
            ("trace_samples", "tank", "a", 7, 2, 9),
        ),
        ("GET", "/api/plcs/tank/variables/Main.Level", None, ("read", "tank", ["Main.Level"])),
        ("PUT", "/api/plcs/tank/variables/Main.A%5B1%2C2%5D", {"value": 3}, ("write", "tank", [("Main.A[1,2]", 3)])),
        ("PUT", "/api/plcs/tank/variables/%25MW4", {"value": [1, True]}, ("write", "tank", [("%MW4", [1, True])])),
        (
            "PUT",
            "/api/plcs/tank/variables",
            {"values": {"Main.B": 2**63, "Main.A": "Red"}},
            ("write", "tank", [("Main.B", 2**63), ("Main.A", "Red")]),
        ),
    ],
)
def test_a_route_asks_the_host_for_exactly_what_was_requested(
    method: str, path: str, json: object, asked: tuple
) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        response = await client.request(method, path, json=json)
        assert response.status_code in (200, 201, 204), response.text
        assert host.asked == [asked]

    talk(body)


def test_values_keep_their_types_on_the_way() -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        for value in (True, 1, 1.0, "1", None, [1, 2.5]):
            host.asked.clear()
            await client.put("/api/plcs/tank/variables/Main.Level", json={"value": value})
            ((_, _, [(_, arrived)]),) = host.asked
            assert (type(arrived), arrived) == (type(value), value)

    talk(body)


def test_a_variable_is_shown_with_type_quality_and_time() -> None:
    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        shown = (await client.get("/api/plcs/tank/variables/Main.Level")).json()
        assert shown == VARIABLE.model_dump(mode="json")
        assert (await client.get("/api/plcs/tank/variables")).json() == {"variables": [shown]}

    talk(body)


ALL_ERRORS = [class_ for module in (service_errors, errors) for class_ in vars(module).values()]
REQUEST_ERRORS = {
    c for c in ALL_ERRORS if isinstance(c, type) and issubclass(c, RequestError) and c is not RequestError
}


def test_every_request_error_has_its_row() -> None:
    assert set(errors.ERRORS) == REQUEST_ERRORS
    kinds = [row.kind for row in errors.ERRORS.values()]
    assert len(set(kinds)) == len(kinds)


def test_the_page_of_the_service_names_every_refusal() -> None:
    """Those of traces were missing on it."""
    rows = [*errors.ERRORS.values(), errors.INVALID_REQUEST, errors.INTERNAL_ERROR]
    known = {(row.status, row.kind) for row in rows} | set(errors.FRAMEWORK.items()) | {(400, "bad_request")}
    assert known <= documented()


@pytest.mark.parametrize("class_", sorted(REQUEST_ERRORS, key=str))
def test_every_request_error_travels_in_the_one_shape(class_: type[RequestError]) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        host.error = class_("what is wrong", []) if class_ is errors.ProgramRejected else class_("what is wrong")
        row = errors.ERRORS[class_]
        assert refusal(await client.get("/api/plcs/tank"), row.status, row.kind) == "what is wrong"
        assert 400 <= row.status < 600

    talk(body)


def test_a_program_with_errors_comes_back_with_its_diagnostics() -> None:
    finding = {
        "code": "RUNG0201",
        "severity": "error",
        "message": "unknown name 'Levl'",
        "remedy": "did you mean 'Level'?",
        "file": "main.st",
        "line": 3,
        "column": 4,
        "end_line": 3,
        "end_column": 8,
        "notes": [],
    }

    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        host.error = errors.ProgramRejected("the program has 1 error", [finding])
        response = await client.put("/api/plcs/tank/program", json={"files": FILES})
        refusal(response, 422, "program_rejected")
        assert response.json()["diagnostics"] == [finding]
        models.RejectedAnswer.model_validate(response.json())

    talk(body)


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/plcs/", 404, "not_found"),
        ("GET", "/api/plcs/../../etc/passwd", 404, "not_found"),
        ("GET", "/docs/assets/..%2fcore.py", 404, "not_found"),
        ("POST", "/api/plcs", 405, "method_not_allowed"),
        ("PATCH", "/api/plcs/tank", 405, "method_not_allowed"),
        ("GET", "/api/plcs/tank/start", 405, "method_not_allowed"),
        ("GET", "/api/plcs/other", 404, "unknown_plc"),
        ("GET", "/api/plcs/%ED%A0%80", 404, "unknown_plc"),
        ("GET", "/api/plcs/tank/variables/Main.Nothing", 404, "unknown_variable"),
        ("POST", "/api/plcs/tank/activate", 422, "invalid_request"),
        ("PUT", "/api/plcs/tank/variables/Main.Level", 422, "invalid_request"),
    ],
)
def test_what_the_router_refuses_has_the_same_shape(method: str, path: str, status: int, kind: str) -> None:
    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        response = await client.request(method, path)
        refusal(response, status, kind)
        if status == 405:
            assert response.headers["Allow"]

    talk(body)


@pytest.mark.parametrize(
    "json",
    [
        {"digest": "../../../etc"},
        {"digest": DIGEST.upper()},
        {"digest": DIGEST + "0"},
        {"digest": 5},
        {"digest": DIGEST, "force": True},
    ],
)
def test_a_digest_is_64_hexadecimal_digits(json: object) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        refusal(await client.post("/api/plcs/tank/activate", json=json), 422, "invalid_request")
        assert host.asked == []

    talk(body)


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_one_to_a_thousand_variables(count: int) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        values = {f"Main.V{number}": 1 for number in range(count)}
        refusal(await client.put("/api/plcs/tank/variables", json={"values": values}), 422, "invalid_request")
        assert host.asked == []

    talk(body)


def test_a_mistake_of_the_service_shows_nothing_of_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        host.error = RuntimeError("secret inside /somewhere/file.py")
        response = await client.get("/api/plcs/tank")
        refusal(response, 500, "internal_error")
        assert "secret" not in response.text
        assert "RuntimeError" not in response.text

    talk(body)
    assert "secret inside" in caplog.text


@pytest.mark.parametrize("error", [AccessDenied("no"), WrongState("no"), OutOfRange("no"), Unavailable("no")])
def test_half_a_character_in_a_request_does_not_break_the_answer(error: RequestError) -> None:
    async def body(client: httpx.AsyncClient, host: FakeHost) -> None:
        host.error = type(error)("there is no '\ud800'")
        response = await client.get("/api/plcs/tank")
        assert response.status_code == errors.row_of(error).status
        assert response.json()["error"]["message"] == "there is no '?'"

    talk(body)


def test_metrics_are_what_prometheus_reads() -> None:
    from prometheus_client.parser import text_string_to_metric_families

    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        response = await client.get("/metrics")
        assert response.headers["Content-Type"].startswith("text/plain")
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }
        plc = ("plc", "tank")
        assert samples["rung_scans_total", plc] == 1234
        assert samples["rung_lost_activations_total", plc] == 2
        assert samples["rung_plc_state", plc, ("state", "run")] == 1
        assert samples["rung_plc_state", plc, ("state", "off")] == 0
        assert samples["rung_scan_latency_seconds", plc, ("quantile", "0.99")] == pytest.approx(40e-6)
        assert samples["rung_device_online", ("device", "pump"), plc] == 1
        assert samples["rung_process_starts_total", plc, ("role", "engine")] == 2
        assert samples["rung_retained_stored_total", plc] == 12
        assert samples["rung_retained_failures_total", plc] == 1

    talk(body)


def test_the_description_names_every_route_its_token_and_its_refusals() -> None:
    from runtime.service.http.app import ROUTES

    async def body(client: httpx.AsyncClient, _: FakeHost) -> None:
        document = (await client.get("/openapi.json")).json()
        described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
        assert described == {(method, path) for method, path, *_ in ROUTES}
        for path, item in document["paths"].items():
            for operation in item.values():
                assert operation["description"]
                assert ("security" in operation) == (path != "/health")
                assert operation["responses"]["default"]["content"]["application/json"]["schema"]["$ref"].endswith(
                    "ErrorAnswer"
                )
        assert "HTTPValidationError" not in document["components"]["schemas"]

    talk(body)
