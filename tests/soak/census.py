"""What the processes of the service hold in a calm."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.faults.served import descendants
from tests.soak.door import Door
from tests.soak.world import World, lives, title

SETTLED_S = 60.0
"""Within this processes that were ended are gone and the one in waiting is there."""
_COMPILER = "runtime.service.building"
_WAITING = "rung in waiting"
_FRESH = "runtime.service.processes"


def take(world: World, door: Door) -> None:
    """Raises Violated."""
    known: dict[int, str] = {}
    unknown: list[str] = []

    def is_settled() -> bool:
        """A gateway that is started anew because other variables are exposed takes its time."""
        known.clear()
        known.update(_known(world, door))
        unknown[:] = _unknown(world.pid, known)
        return not unknown and all(lives(pid) for pid in known)

    world.wait_until(is_settled, SETTLED_S)
    missing = [role for pid, role in known.items() if not lives(pid)]
    world.invariants.processes.see(unknown, missing)
    known[world.pid] = "service"
    for pid, role in known.items():
        held = _held(pid)
        if held is not None:
            world.invariants.descriptors.see(role, held)
            world.invariants.memory.see(role, pid, _resident_mib(pid))
    world.story.tell("census", "counted", processes=len(known))


def _known(world: World, door: Door) -> dict[int, str]:
    """Roles by process, as the service tells them."""
    found: dict[int, str] = {}
    for plc in world.plcs:
        for row in door.get(plc.path)["running"]["processes"]:
            found[row["pid"]] = f"{row['role']} of {plc.name}"
    return found


def _unknown(service: int, known: dict[int, str]) -> list[str]:
    """Descendants of the service that are neither of these nor one of those that there may be, and zombies."""
    found: list[str] = []
    waiting = 0
    for pid in descendants(service):
        name = title(pid)
        if not lives(pid) and Path(f"/proc/{pid}").exists():
            found.append(f"zombie {pid}")
        elif pid in known or _COMPILER in name:
            continue
        elif _WAITING in name or _FRESH in name:
            waiting += 1
        elif name:
            found.append(f"{pid} {name}")
    return [*found, *(["more than one in waiting"] if waiting > 1 else [])]


def _held(pid: int) -> dict[str, int] | None:
    """Descriptors, of all and of each kind (`socket`, `/memfd:rung tank`, the path of a file), and threads; None for a
    process that is just gone.
    """
    with suppress(OSError):
        place = Path(f"/proc/{pid}")
        links = _links(place / "fd")
        threads = len(list((place / "task").iterdir()))
        kinds = Counter(link.split("[")[0].rstrip(":").removesuffix(" (deleted)") for link in links)
        return {"descriptors": len(links), "threads": threads, **kinds}
    return None


def _links(folder: Path) -> list[str]:
    """What the descriptors of a process are."""
    found: list[str] = []
    for entry in folder.iterdir():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return found


def _resident_mib(pid: int) -> float:
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0
