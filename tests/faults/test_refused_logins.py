"""Strangers at the door for OPC UA."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from asyncua import Client, ua

from runtime.service.opcua_server.sparing import MOST_LINES
from tests.faults.rig import running_tank

pytestmark = pytest.mark.xdist_group("real plant")


def test_refused_logins_do_not_fill_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def try_to_get_in(port: int) -> None:
        client = Client(f"opc.tcp://127.0.0.1:{port}")
        client.set_user("stranger")
        client.set_password("guessed")
        with pytest.raises(ua.UaStatusCodeError):
            await client.connect()

    with running_tank(tmp_path, "log-in") as plc:
        for _ in range(2 * MOST_LINES):
            asyncio.run(try_to_get_in(plc.opcua_port))
    said = [event.text for event in plc.supervisor.events if event.source == "gateway"]
    assert 0 < len(said) <= MOST_LINES, said
    assert "rejected" not in capfd.readouterr().err
