"""A drawn program on both executors, scan by scan, with its variables at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iec61131.compiler import CompileOptions
from iec61131.source import SourceFile
from tests.graphical.build import Pou, source
from tests.language.harness import values
from tests.language.harness.executors import Limits, Subject

LIMITS = Limits(loops=10_000)


class Run:
    """`get` reads after a scan that both executors did alike. Raises AssertionError when they did not. The interpreter,
    which is slow, does the first `interpreted` scans.
    """

    def __init__(
        self, *pous: Pou, interpreted: int = 1_000, globals_: str = "", options: CompileOptions | None = None
    ) -> None:
        listed = [SourceFile("globals.st", f"VAR_GLOBAL\n{globals_};\nEND_VAR\n")] if globals_ else []
        self.subject = Subject([source(*pous), *listed], options or CompileOptions(optimise=1))
        self._memories = {name: self.subject.memory() for name in self.subject.executors}
        self._targets = {target.path.upper(): target for target in self.subject.program.leaves()}
        self._interpreted = interpreted
        self.now_ns = 0

    def scan(self, given: Mapping[str, Any] | None = None, advance_ms: int = 10) -> None:
        self.now_ns += advance_ms * 10**6
        for name, value in (given or {}).items():
            for memory in self._memories.values():
                values.write(memory, self._target(name), value)
        faults = [self.subject.scan(name, memory, self.now_ns, LIMITS) for name, memory in self._memories.items()]
        assert not any(faults), faults
        if len(self._memories) == len(self.subject.executors):
            difference = self.subject.difference(self._memories["interpreted"], self._memories["compiled"])
            assert difference is None, difference
            self._interpreted -= 1
            if self._interpreted <= 0:
                del self._memories["interpreted"]

    def get(self, name: str) -> Any:
        return values.read(self._memories["compiled"], self._target(name))

    def _target(self, name: str) -> Any:
        path = name.upper()
        return self._targets.get(f"MAIN.{path}") or self._targets[path]
