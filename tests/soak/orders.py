"""What an operator orders of its PLC: a table of names and functions. Each leaves the PLC running."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.soak.designs import Form, broken, files, rewired
from tests.soak.door import Answer, Interrupted
from tests.soak.invariants.variables import GOOD_FORCED
from tests.soak.invariants.work import BACK_S
from tests.soak.operator import Operator
from tests.soak.world import title

REPORT_S, SCREEN_S = 30.0, 20.0
ENDLESS, LONG = 5 * 10**11, 300_000_000
"""Turns of a loop: of one that takes an hour, and of one that takes a second or two."""


def write(op: Operator) -> None:
    """Some variables, all before one scan, over HTTP; then one by OPC UA."""
    wanted = {path: value_for(op, path) for path in some(op)}
    told = op.must("PUT", "/variables", {"values": wanted})["variables"]
    _note_written(op, wanted)
    for row in told:
        op.invariants.written.read(op.plc.name, row["path"], op.plc.expected(row["path"]), row["value"])
    path, value = "Main.Setpoint", value_for(op, "Main.Setpoint")
    op.hmi.write(op.plc, path, value)
    _note_written(op, {path: value})
    op.invariants.written.read(op.plc.name, path, op.plc.expected(path), op.values()[path])
    if op.plc.design.has_core:
        marks = [op.chance.randint(-1000, 1000) for _ in range(op.plc.form.marks)]
        op.must("PUT", "/variables/Main.Marks", {"value": marks})
        op.invariants.written.read(op.plc.name, "Main.Marks", marks, op.values()["Main.Marks"])


def _note_written(op: Operator, wanted: dict[str, Any]) -> None:
    """What is forced keeps its value."""
    op.plc.written |= {path: value for path, value in wanted.items() if path not in op.plc.forces}


def force(op: Operator) -> None:
    """Some variables; every door shows it."""
    wanted = {path: value_for(op, path) for path in some(op)}
    op.plc.forces |= wanted
    _check_forces(op, op.must("PUT", "/forces", {"values": wanted}))
    for path, value in wanted.items():
        row = op.must("GET", f"/variables/{path}")
        op.invariants.forced.read(op.plc.name, path, value, row["value"], row["forced"])
    path = next(iter(wanted))
    shown: list[tuple[Any, str]] = []

    def is_shown() -> bool:
        shown.append(op.hmi.read(op.plc, path))
        return shown[-1] == (wanted[path], GOOD_FORCED)

    op.world.wait_until(is_shown, SCREEN_S)  # a client is told of the last publishing tick
    op.invariants.forced.read(op.plc.name, path, wanted[path], shown[-1][0], shown[-1][1] == GOOD_FORCED)


def unforce(op: Operator) -> None:
    """One variable, or all."""
    path = op.chance.choice([*op.plc.forces, None])
    freed = list(op.plc.forces) if path is None else [path]
    for each in freed:  # a variable that is free again keeps what it was forced to until somebody writes it
        op.plc.written[each] = op.plc.forces.pop(each)
    _check_forces(op, op.must("DELETE", "/forces" if path is None else f"/forces/{path}"))
    for each in freed:
        row = op.must("GET", f"/variables/{each}")
        op.invariants.forced.free(op.plc.name, each, row["forced"])
        op.invariants.written.read(op.plc.name, each, op.plc.written[each], row["value"])


def _check_forces(op: Operator, told: Any) -> None:
    op.invariants.forced.listed(op.plc.name, op.plc.forces, {row["path"]: row["value"] for row in told["forces"]})


def some(op: Operator) -> list[str]:
    paths = sorted(op.plc.initial)
    return op.chance.sample(paths, op.chance.randint(1, len(paths)))


def value_for(op: Operator, path: str) -> Any:
    """One that the variable can hold, different every time."""
    old = op.plc.initial[path]
    if isinstance(old, bool):
        return op.chance.random() < 0.5
    if isinstance(old, float):
        return op.chance.randint(8, 30) / 8
    return op.chance.randint(-(2**31), 2**31 - 1) if isinstance(old, int) else f"text {op.chance.randint(0, 9999)}"


# ------------------------------------------------------------------------------------------------------- online changes


def change(op: Operator) -> None:
    """To another form: what it would do, the refusal without consent, the change."""
    form = op.plc.form.varied(op.chance)
    digest, before = op.upload(form), op.standing()
    looked = op.order("POST", "/change", {"digest": digest, "dry_run": True})
    if looked.kind == "unknown_version":  # the oldest versions go
        del op.plc.digests[form]
        return
    op.invariants.documented.require(looked.ok, f"{op.plc.name}: a look at a change was refused: {looked.body}")
    if looked.body["needs_consent"]:
        op.refused("a change without consent", {409: "needs_consent"}, "POST", "/change", {"digest": digest})
        op.invariants.unchanged.see(op.plc.name, "a change without consent", before, op.standing())
    _change(op, form, {"digest": digest, "accept": True})


def back(op: Operator) -> None:
    """To the version before."""
    if op.before is None:
        op.refused("a way back that is not there", {404: "unknown_version"}, "POST", "/change", {"back": True})
        return
    _change(op, op.before, {"back": True, "accept": True})


def _change(op: Operator, form: Form, body: dict[str, Any]) -> None:
    engine = op.pid("engine")
    before = {path: value for path, value in op.values().items() if path in op.plc.initial or path == "Main.Marks"}
    made = op.must("POST", "/change", body)
    op.invariants.carries.measure(made["handover_us"] / 1000)
    op.plc.form, op.before = form, op.plc.form
    op.invariants.carries.same_engine(op.plc.name, engine, op.pid("engine"))
    op.invariants.carries.see(op.plc.name, before, op.values())
    _check_forces(op, op.must("GET", "/forces"))
    see_scans(op, "scans")


def change_and_kill(op: Operator) -> None:
    """A process is killed at some instant of a change: one version or the other runs then, as was answered."""
    role = op.chance.choice(("engine", "engine", "gateway"))
    form = op.plc.form.varied(op.chance)
    digest, former = op.upload(form), op.plc.form
    engine, victim = op.pid("engine"), op.pid(role)
    if role == "engine":
        op.explain("kill")
    answers: list[Answer] = []
    door = op.world.door(f"{op.plc.name} (change)")

    def order() -> None:
        try:
            answers.append(door.ask("POST", f"{op.plc.path}/change", {"digest": digest, "accept": True}))
        except Interrupted:
            return
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the soak
            op.world.fail(op.plc.name, error)

    ordering = threading.Thread(target=order)
    ordering.start()
    op.world.pause(op.chance.uniform(0.0, 0.3))
    if f"{role} of {op.plc.name}" in title(victim):
        op.tell("kill in a change", role=role, pid=victim)
        os.kill(victim, signal.SIGKILL)
    ordering.join()
    door.close()
    if not answers:
        raise Interrupted
    if answers[0].kind == "unknown_version":
        del op.plc.digests[form]
    elif not answers[0].ok:
        expected = {409: answers[0].kind if answers[0].kind in ("cannot_run", "wrong_state") else "cannot_run"}
        if answers[0].status != 503:
            op.invariants.refused.see("a change in which a process is killed", expected, *_of(answers[0]))
    if role == "engine":
        op.await_engine(engine)
    op.plc.form, op.before = (form, former) if answers[0].ok else (op.plc.form, op.before)
    active = op.detail()["active"]
    op.invariants.unchanged.see(
        op.plc.name, "a change in which a process was killed", (op.plc.digests[op.plc.form], 0), (str(active), 0)
    )
    _check_forces(op, op.must("GET", "/forces"))


def _of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.kind


# -------------------------------------------------------------------------------------------- stops, resets and kills


def kill_engine(op: Operator) -> None:
    """The engine, with all that only it knew."""
    op.kill_engine()
    _check_forces(op, op.must("GET", "/forces"))


def stop_and_start(op: Operator) -> None:
    """Outputs are safe in between; nothing begins anew."""
    op.must("POST", "/stop")
    op.check_safe("a stop")
    op.start()
    op.await_run("a start")


def reset(op: Operator) -> None:
    """Of any kind."""
    _reset(op, op.chance.choice(("warm", "cold", "origin")))


def _reset(op: Operator, kind: str) -> None:
    """Also of a PLC whose engine is just being followed by another one."""
    op.explain(kind)
    gone_s = time.monotonic() + BACK_S
    while not (answer := op.order("POST", "/reset", {"kind": kind})).ok and time.monotonic() < gone_s:
        op.invariants.refused.see(f"{op.plc.name}: a reset", {409: "wrong_state"}, *_of(answer))
        op.world.pause(0.2)
        if op.world.ended.is_set():
            raise Interrupted
    op.invariants.back.require(answer.ok, f"{op.plc.name}: a reset is refused: {answer.body}")
    op.check_safe(f"a reset ({kind})")
    op.start()
    op.await_run("a reset")
    op.forget_engine(keep_forces=True)


def fault(op: Operator) -> None:
    """An integer is divided by zero. Nothing but a reset leads on, unless the project says so."""
    known = op.must("GET", "/faults")["faults"]
    op.explain("warm")
    op.order("PUT", "/variables/Main.Divisor", {"value": 0})
    if op.plc.design.on_fault == "stop":
        detail = op.await_state("a division by zero", "fault")
        op.invariants.unchanged.require(
            detail["running"]["fault"]["code"] == "RUNG0901",
            f"{op.plc.name}: the fault is {detail['running']['fault']}",
        )
        op.check_safe("a fault")
        op.refused("a start in FAULT", {409: "wrong_state"}, "POST", "/start")
        op.world.wait_until(lambda: op.must("GET", "/faults")["faults"] != known, REPORT_S)  # it is written beside all
        report = op.must("GET", "/faults/latest")["report"]
        op.invariants.documented.require(
            report["code"] == "RUNG0901", f"{op.plc.name}: the report is of {report['code']}"
        )
    _reset(op, "warm")


def watchdog(op: Operator) -> None:
    """A task takes too long: one that returns, or one whose process has to be ended."""
    engine = op.pid("engine")
    turns = op.chance.choice((ENDLESS, LONG))
    op.explain("kill")
    op.tell("a task takes long", turns=turns)
    op.door.ask("PUT", f"{op.plc.path}/variables/Main.Work", {"value": turns})
    if op.plc.design.on_fault == "stop":
        op.await_state("a task that takes too long", "fault")
        if turns == ENDLESS:
            op.world.wait_until(lambda: op.pid("engine") not in (0, engine), 60.0)
            op.await_state("the next engine", "fault")
    else:
        op.world.wait_until(lambda: op.detail()["state"] != "run", 20.0)
        if turns == ENDLESS:
            op.world.wait_until(lambda: op.pid("engine") not in (0, engine), 60.0)
        op.world.wait_until(lambda: op.detail()["state"] in ("fault", "run", "stop"), 60.0)
    _reset(op, "warm")
    op.forget_engine(keep_forces=op.pid("engine") == engine or op.plc.design.keep_forces)
    _check_forces(op, op.must("GET", "/forces"))


# ---------------------------------------------------------------------------------------------------- versions, traces


def deploy(op: Operator) -> None:
    """Another form in place of the present one, with a restart."""
    op.activate(op.plc.form.varied(op.chance))


def deploy_broken(op: Operator) -> None:
    """A program with errors is refused and what runs goes on."""
    before = op.standing()
    body = {"files": broken(files(op.plc.design, op.plc.form), op.chance)}
    answer = op.refused("a program with errors", {422: "program_rejected"}, "PUT", "/program", body)
    found = answer.body.get("diagnostics")
    op.invariants.refused.require(bool(found), f"{op.plc.name}: a program was rejected without a diagnostic")
    op.invariants.unchanged.see(op.plc.name, "a program with errors", before, op.standing())


def deploy_rewired(op: Operator) -> None:
    """A change to another wiring needs a restart, and is refused."""
    before = op.standing()
    digest = op.must("PUT", "/program", {"files": rewired(files(op.plc.design, op.plc.form))})["digest"]
    body = {"digest": digest, "accept": True}
    op.refused("a change to another wiring", {409: "needs_restart"}, "POST", "/change", body)
    op.invariants.unchanged.see(op.plc.name, "a change to another wiring", before, op.standing())


def deploy_faulty(op: Operator) -> None:
    """A version whose first scan meets a fault: the present one is brought back."""
    body = {"files": files(op.plc.design, Form(fault=True))}
    digest = op.must("PUT", "/program", body)["digest"]
    active = op.standing()[0]
    op.explain("orderly end")
    with op.plc.io_replaced():
        op.refused("a version that meets a fault", {409: "cannot_run"}, "POST", "/activate", {"digest": digest})
        op.await_run("a version that meets a fault")
    op.forget_engine(keep_forces=False)
    op.before = None
    op.invariants.unchanged.see(op.plc.name, "a version that meets a fault", (active, 0), (op.standing()[0], 0))


def trace(op: Operator) -> None:
    """Of every scan, while it runs: none is missing."""
    variable = "Main.Count" if op.plc.design.has_core else "Main.Level"
    op.must("PUT", "/traces/mine", {"variables": [variable], "lease_s": 60})
    ends_s = time.monotonic() + op.chance.uniform(0.3, 1.5)
    while time.monotonic() < ends_s and not op.world.ended.is_set():
        see_scans(op, "mine")
        op.world.pause(0.1)
    op.must("DELETE", "/traces/mine")
    answer = op.order("GET", "/traces/mine")
    op.invariants.refused.see(f"{op.plc.name}: a trace that has ended", {404: "unknown_trace"}, *_of(answer))


def see_scans(op: Operator, name: str) -> None:
    """The newest samples of a trace."""
    if name == "scans" and not op.plc.design.has_core:
        return
    newest = op.must("GET", f"/traces/{name}")["next"]
    samples = op.must("GET", f"/traces/{name}/samples?from={max(0, newest - 400)}")
    counts = samples["values"].get("Main.Count", samples["scan"])
    op.invariants.scans.see(op.plc.name, samples["scan"], counts)


def wrong_orders(op: Operator) -> None:
    """One after the other; each has its own answer."""
    before, fixed = op.standing(), "Main.Count" if op.plc.design.has_core else "Main.Level"
    for what, expected, method, path, body in WRONG:
        op.refused(what, expected, method, path.format(fixed=fixed), body)
    op.invariants.unchanged.see(op.plc.name, "everything that is wrong", before, op.standing())


_NO_VERSION = "0" * 64
WRONG: tuple[tuple[str, dict[int, str], str, str, Any], ...] = (
    ("a variable that is not there", {404: "unknown_variable"}, "GET", "/variables/Main.Nobody", None),
    ("a text for a number", {422: "wrong_type"}, "PUT", "/variables/Main.Setpoint", {"value": "much"}),
    ("a value for what is read only", {403: "not_writable"}, "PUT", "/variables/{fixed}", {"value": 1}),
    ("a force of nothing", {404: "unknown_variable"}, "PUT", "/forces", {"values": {"Main.Nobody": 1}}),
    ("a force of the wrong type", {422: "wrong_type"}, "PUT", "/forces", {"values": {"Main.Setpoint": "much"}}),
    ("two values, one of them wrong", {422: "wrong_type"}, "PUT", "/variables", {"values": {"Main.Setpoint": []}}),
    ("no values", {422: "invalid_request"}, "PUT", "/variables", {"values": {}}),
    ("a version that is not there", {404: "unknown_version"}, "POST", "/activate", {"digest": _NO_VERSION}),
    ("a change to it", {404: "unknown_version"}, "POST", "/change", {"digest": _NO_VERSION}),
    ("a change to two versions", {400: "bad_body"}, "POST", "/change", {"digest": _NO_VERSION, "back": True}),
    ("a reset of no kind", {422: "invalid_request"}, "POST", "/reset", {"kind": "luke"}),
    ("a trace of nothing", {404: "unknown_variable"}, "PUT", "/traces/bad", {"variables": ["Main.Nobody"]}),
    ("a trace of no variables", {422: "invalid_request"}, "PUT", "/traces/bad", {"variables": []}),
    ("a trace that is not there", {404: "unknown_trace"}, "GET", "/traces/bad", None),
    ("a report that is not there", {404: "unknown_report"}, "GET", "/faults/19700101T000000.000000Z", None),
    ("a deletion while it runs", {409: "wrong_state"}, "DELETE", "", None),
    ("an upload of nothing", {422: "bad_bundle"}, "PUT", "/program", {"files": {}}),
    ("an upload to elsewhere", {422: "bad_bundle"}, "PUT", "/program", {"files": {"../plc.toml": ""}}),
    ("a method that nobody knows", {405: "method_not_allowed"}, "PUT", "/start", {}),
    ("a place that nobody knows", {404: "not_found"}, "GET", "/coffee", None),
)

EVERYWHERE: dict[str, Callable[[Operator], None]] = {
    "write": write,
    "force": force,
    "unforce": unforce,
    "change": change,
    "back": back,
    "change and kill": change_and_kill,
    "kill engine": kill_engine,
    "stop and start": stop_and_start,
    "reset": reset,
    "deploy": deploy,
    "deploy broken": deploy_broken,
    "deploy rewired": deploy_rewired,
    "deploy faulty": deploy_faulty,
    "trace": trace,
    "wrong orders": wrong_orders,
}
OF_CORE: dict[str, Callable[[Operator], None]] = {"fault": fault, "force more": force, "change more": change}
OF_TASKS: dict[str, Callable[[Operator], None]] = {"watchdog": watchdog}


HEAVY = ("deploy", "deploy faulty")
"""New processes for everything, which takes half a minute of a loaded machine."""


def deck_of(op_name: str, *, has_core: bool) -> dict[str, Callable[[Operator], None]]:
    """What the operator of a PLC can order."""
    return EVERYWHERE | (OF_CORE if has_core else {}) | (OF_TASKS if op_name == "tasks" else {})
