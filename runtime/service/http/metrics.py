"""The service in Prometheus' words. Gathered anew at each scrape from what the detail page shows; nothing is counted
twice.

Latency and duration are quantiles that the scan kernel keeps over its whole life, hence gauges with a label, not a
Prometheus histogram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from runtime.service.http.models import PlcDetail, PlcState, Running, Scan, Spread, TaskStatus

CONTENT_TYPE = CONTENT_TYPE_LATEST

_COUNTERS: tuple[tuple[str, str, Callable[[Scan], int]], ...] = (
    ("rung_scans", "Scans executed since the engine started", lambda scan: scan.scans),
    ("rung_overruns", "Scans that ran past the next tick", lambda scan: scan.overruns),
    ("rung_lost_activations", "Releases of a task that found it still late", lambda scan: scan.lost_activations),
    ("rung_faults", "Scans abandoned because of a fault", lambda scan: scan.faults),
)
_SPREADS: tuple[tuple[str, str, Callable[[Scan], Spread]], ...] = (
    ("rung_scan_latency_seconds", "How late scans began", lambda scan: scan.latency),
    ("rung_scan_duration_seconds", "How long scans took", lambda scan: scan.duration),
)
_TASK_COUNTERS: tuple[tuple[str, str, Callable[[TaskStatus], int]], ...] = (
    ("rung_task_runs", "Runs of a task", lambda task: task.runs),
    ("rung_task_lost", "Releases of a task that found it still late", lambda task: task.lost),
    ("rung_task_overruns", "Runs of a task that ended behind its next release", lambda task: task.overruns),
)
_TASK_SPREADS: tuple[tuple[str, str, Callable[[TaskStatus], Spread]], ...] = (
    ("rung_task_latency_seconds", "How late a task began", lambda task: task.latency),
    ("rung_task_duration_seconds", "How long a task ran", lambda task: task.duration),
)


class ServiceCollector(Collector):
    """What `generate_latest` asks at each scrape."""

    def __init__(self, plcs: list[PlcDetail], failed_attempts: int) -> None:
        self._plcs, self._failed_attempts = plcs, failed_attempts

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily("rung_http_refused", "Requests without the right token", value=self._failed_attempts)
        yield self._states()
        yield self._safe_mode()
        running = [(plc.name, plc.running) for plc in self._plcs if plc.running is not None]
        yield from _scans(running)
        yield from _tasks(running)
        yield from _devices(running)
        yield from _retained(running)
        yield from _recorder(running)
        starts = CounterMetricFamily("rung_process_starts", "Starts of a process", labels=["plc", "role"])
        for name, plc in running:
            for process in plc.processes:
                starts.add_metric([name, process.role], process.starts)
        yield starts

    def _states(self) -> Metric:
        states = GaugeMetricFamily("rung_plc_state", "1 for the state the PLC is in", labels=["plc", "state"])
        for plc in self._plcs:
            for state in PlcState:
                states.add_metric([plc.name, state.value], float(plc.state is state))
        return states

    def _safe_mode(self) -> Metric:
        safe = GaugeMetricFamily("rung_plc_safe_mode", "1 while the PLC waits for a reset by a person", labels=["plc"])
        for plc in self._plcs:
            safe.add_metric([plc.name], float(plc.safe_mode is not None))
        return safe


def _scans(running: Iterable[tuple[str, Running]]) -> Iterator[Metric]:
    for metric, text, value_of in _COUNTERS:
        counter = CounterMetricFamily(metric, text, labels=["plc"])
        for name, plc in running:
            counter.add_metric([name], value_of(plc.scan))
        yield counter
    for metric, text, spread_of in _SPREADS:
        gauge = GaugeMetricFamily(metric, text, labels=["plc", "quantile"])
        for name, plc in running:
            for quantile, value_us in _quantiles(spread_of(plc.scan)):
                gauge.add_metric([name, quantile], value_us / 1e6)
        yield gauge


def _tasks(running: Iterable[tuple[str, Running]]) -> Iterator[Metric]:
    labels = ["plc", "task"]
    for metric, text, value_of in _TASK_COUNTERS:
        counter = CounterMetricFamily(metric, text, labels=labels)
        for name, plc in running:
            for task in plc.tasks:
                counter.add_metric([name, task.name], value_of(task))
        yield counter
    for metric, text, spread_of in _TASK_SPREADS:
        gauge = GaugeMetricFamily(metric, text, labels=[*labels, "quantile"])
        for name, plc in running:
            for task in plc.tasks:
                for quantile, value_us in _quantiles(spread_of(task)):
                    gauge.add_metric([name, task.name, quantile], value_us / 1e6)
        yield gauge


def _quantiles(spread: Spread) -> tuple[tuple[str, float], ...]:
    return ("0.5", spread.p50_us), ("0.99", spread.p99_us), ("1", spread.max_us)


def _devices(running: Iterable[tuple[str, Running]]) -> Iterator[Metric]:
    labels = ["plc", "device"]
    online = GaugeMetricFamily("rung_device_online", "1 while the device answers", labels=labels)
    requests = CounterMetricFamily("rung_device_requests", "Requests to the device", labels=labels)
    failures = CounterMetricFamily("rung_device_failures", "Requests that failed", labels=labels)
    for name, plc in running:
        for device in plc.devices:
            online.add_metric([name, device.name], float(device.state == "online"))
            requests.add_metric([name, device.name], device.requests)
            failures.add_metric([name, device.name], device.failures)
    yield from (online, requests, failures)


def _retained(running: Iterable[tuple[str, Running]]) -> Iterator[Metric]:
    stored = CounterMetricFamily("rung_retained_stored", "Times retained variables were stored", labels=["plc"])
    failures = CounterMetricFamily("rung_retained_failures", "Times they could not be stored", labels=["plc"])
    for name, plc in running:
        if plc.retained is not None:
            stored.add_metric([name], plc.retained.stored)
            failures.add_metric([name], plc.retained.failures)
    yield from (stored, failures)


def render(plcs: list[PlcDetail], failed_attempts: int) -> bytes:
    """The text that Prometheus scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceCollector(plcs, failed_attempts))
    return generate_latest(registry)


def _recorder(running: Iterable[tuple[str, Running]]) -> Iterator[Metric]:
    written = CounterMetricFamily("rung_recorder_bytes", "Bytes the flight recorder has written", labels=["plc"])
    gaps = CounterMetricFamily("rung_recorder_missing_ticks", "Ticks that are not recorded", labels=["plc"])
    failures = CounterMetricFamily("rung_recorder_failures", "Times it could not write", labels=["plc"])
    for name, plc in running:
        if plc.recorder is not None:
            written.add_metric([name], plc.recorder.written)
            gaps.add_metric([name], plc.recorder.gaps)
            failures.add_metric([name], plc.recorder.failures)
    yield from (written, gaps, failures)
