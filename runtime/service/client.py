"""The way to a service from the command line: its address, the token, one request after the other."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from runtime.service.http import models
from runtime.service.refused import Refused

Answer = TypeVar("Answer", bound=models.Model)

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3
"""Exit statuses, as of the command line."""
CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 180.0
"""Longer than a service takes to check, stop, start and, if need be, bring back."""
_WRONG_KINDS = (
    "bad_bundle", "bad_name", "cannot_run", "check_failed", "too_large",
    "unknown_variable", "unknown_report", "not_writable", "wrong_type", "out_of_range",
)  # fmt: skip
"""Refusals that are about what was sent or asked for; all others are about the service or the way to it."""


def access_token(file: Path | None) -> str:
    """From `file`, or without one from the environment. Raises Refused."""
    token = os.environ.get("RUNG_TOKEN", "")
    if file is not None:
        try:
            token = file.read_text().strip()
        except OSError as error:
            raise Refused(f"{file}: {error.strerror}", USAGE) from None
        except UnicodeDecodeError:
            raise Refused(f"{file} is no text; it is to hold the token and nothing else", USAGE) from None
    if not token:
        raise Refused("no access token; set RUNG_TOKEN or name a file with --token-file", USAGE)
    return token


def connect(url: str, token: str) -> httpx.Client:
    """Raises Refused when `url` is none."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused(f"'{url}' is no address of a service: {error}", USAGE) from error
    if address.scheme not in ("http", "https") or not address.host:
        raise Refused(f"'{url}' is no address of a service; write it as http://127.0.0.1:8880", USAGE)
    try:
        headers = httpx.Headers({"Authorization": f"Bearer {token}"}, encoding="ascii")
    except UnicodeEncodeError:
        raise Refused("the token has characters that no token has; copy it anew", USAGE) from None
    timeout = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    # A proxy of the environment is for the way to other machines.
    return httpx.Client(base_url=address, headers=headers, timeout=timeout, trust_env=not _is_loopback(address.host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def ask(
    client: httpx.Client, answer: type[Answer], method: str, path: str, body: dict[str, Any] | None = None
) -> Answer:
    """One request. Raises Refused."""
    try:
        response = client.request(method, path, json=body)
    except httpx.TimeoutException as error:
        raise Refused(f"the service at {client.base_url} did not answer in time", CANNOT) from error
    except httpx.HTTPError as error:
        raise Refused(f"the service at {client.base_url} cannot be reached: {error}", CANNOT) from error
    try:
        if response.is_success:
            return answer.model_validate_json(response.content)
        raise _refusal(response.content)
    except ValidationError as error:
        foreign = f"what answers at {client.base_url} is no rung service (status {response.status_code})"
        raise Refused(foreign, CANNOT) from error


def _refusal(content: bytes) -> Refused:
    """What the service said in its one shape. Raises ValidationError when it is another."""
    problem = models.ErrorAnswer.model_validate_json(content).error
    if problem.kind == "program_rejected":
        findings = models.RejectedAnswer.model_validate_json(content).diagnostics
        return Refused(problem.message, WRONG, findings)
    if problem.kind == "not_authorised":
        return Refused(f"{problem.message}; give the one that `rung serve` printed at its first start", CANNOT)
    return Refused(problem.message, WRONG if problem.kind in _WRONG_KINDS else CANNOT)
