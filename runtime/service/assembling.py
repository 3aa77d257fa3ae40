"""Object code of large programs: made on several processors, and kept by the digest of what it is made from.

`Assembler` is what the compiler is given. A large program is many modules; those whose text is the same as in an
earlier version are found in the folder of objects, and the others are shared out among processes, of which this is one.
Nothing depends on the folder: what is not there, or is damaged, is made anew.

`python -m runtime.service.assembling PARENT` is one of the other processes. It reads its modules from its standard
input, writes the objects to its standard output and ends with the process PARENT, however that ends.
"""

# msgpack ships no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import cast

import msgpack
from msgspec import Struct

from iec61131 import compiler, jit

SHARE_CHARACTERS = 400_000
"""Of LLVM IR, about what takes half a second to optimise: fewer are not worth a process."""
KEPT_BYTES = 256 << 20
"""Objects that are kept; those that were not used for the longest time go."""
_PR_SET_PDEATHSIG = 1
"""Of linux/prctl.h."""


class Assembler(Struct, frozen=True):
    """`folder` keeps objects, None for nowhere. `processes` work at the same time, at most."""

    folder: Path | None
    processes: int

    @classmethod
    def of_this_machine(cls, folder: Path | None) -> Assembler:
        return cls(folder, len(os.sched_getaffinity(0)))

    def __call__(self, modules: Sequence[str], optimise: int) -> list[bytes]:
        """An object of each module, in their order."""
        if len(modules) == 1:
            return [jit.compile_object(modules[0], optimise)]
        made_by = compiler.digest([], compiler.CompileOptions(optimise=optimise))
        keys = [sha256(f"{made_by}\n{module}".encode()).hexdigest() for module in modules]
        objects = {key: kept for key in keys if (kept := self._kept(key)) is not None}
        missing = {key: module for key, module in zip(keys, modules, strict=True) if key not in objects}
        made = dict(zip(missing, self._make(list(missing.values()), optimise), strict=True))
        for key, code in made.items():
            self._keep(key, code)
        if made:
            self._forget()
        objects |= made
        return [objects[key] for key in keys]

    # ---------------------------------------------------------------------------------------------------- making

    def _make(self, modules: Sequence[str], optimise: int) -> list[bytes]:
        characters = sum(map(len, modules))
        shares = _shares(modules, max(1, min(self.processes, -(-characters // SHARE_CHARACTERS))))
        helpers = [_Helper([modules[n] for n in share], optimise) for share in shares[1:]]
        objects: dict[int, bytes] = {n: jit.compile_object(modules[n], optimise) for n in shares[0]}
        for share, helper in zip(shares[1:], helpers, strict=True):
            objects.update(zip(share, helper.finish(), strict=True))
        return [objects[n] for n in range(len(modules))]

    # --------------------------------------------------------------------------------------------------- keeping

    def _path(self, key: str) -> Path | None:
        return self.folder / f"{key}.o" if self.folder is not None else None

    def _kept(self, key: str) -> bytes | None:
        path = self._path(key)
        if path is None:
            return None
        try:
            code = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return code if jit.is_sound(code) else None

    def _keep(self, key: str, code: bytes) -> None:
        """Renamed into place, so that nobody reads half of it; a full disk only means that it is made again."""
        path = self._path(key)
        if path is None:
            return
        temporary = path.with_name(f".{key}.{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(code)
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _forget(self) -> None:
        if self.folder is None:
            return
        with contextlib.suppress(OSError):  # another process is at it
            files = [(entry.stat(), entry.path) for entry in os.scandir(self.folder)]
            excess = sum(state.st_size for state, _ in files) - KEPT_BYTES
            for state, path in sorted(files, key=lambda file: file[0].st_mtime):
                if excess <= 0:
                    break
                Path(path).unlink(missing_ok=True)
                excess -= state.st_size


def _shares(modules: Sequence[str], number: int) -> list[list[int]]:
    """The modules by position, the largest first, each given to who has least."""
    shares: list[list[int]] = [[] for _ in range(number)]
    weights = [0] * number
    for position in sorted(range(len(modules)), key=lambda n: -len(modules[n])):
        lightest = weights.index(min(weights))
        shares[lightest].append(position)
        weights[lightest] += len(modules[position])
    return shares


class _Helper:
    """A process that makes some of the objects."""

    def __init__(self, modules: list[str], optimise: int) -> None:
        self._modules, self._optimise = modules, optimise
        command = [sys.executable, "-m", "runtime.service.assembling", str(os.getpid())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is gone: `finish` does its work
            self._process.stdin.write(cast(bytes, msgpack.packb((optimise, modules))))
            self._process.stdin.close()

    def finish(self) -> Sequence[bytes]:
        """Its objects; what it did not make, because something ended it, is made here."""
        with self._process as process:
            assert process.stdout is not None
            answer = process.stdout.read()
        if process.returncode == 0:
            return cast("Sequence[bytes]", msgpack.unpackb(answer))
        return [jit.compile_object(module, self._optimise) for module in self._modules]


# ---------------------------------------------------------------------------------------------------------- the process


def end_with(parent: int) -> None:
    """Let the kernel kill this process when `parent` is gone, which may have no time to say so."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before that was said
        sys.exit("the process that started this one is gone")


def main(parent: int) -> None:
    end_with(parent)
    optimise, modules = cast("tuple[int, list[str]]", msgpack.unpackb(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(cast(bytes, msgpack.packb([jit.compile_object(module, optimise) for module in modules])))


if __name__ == "__main__":
    main(int(sys.argv[1]))
