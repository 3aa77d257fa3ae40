"""What an editor can unfold at a stop: values by the numbers that it got for them. They are void at the next stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from iec61131.interpreter.memory import Location
from iec61131.semantics.types import ArrayType
from runtime.replay import screen, shown
from runtime.replay.debugger import Debugger, Refused

_MOST_HANDLES = 100_000


class Item(NamedTuple):
    """A value by its name. `asked`: the expression that means it in its call; `path`: its name from outside; either is
    empty where there is none. Without a `place` there is only `text`.
    """

    name: str
    place: Location | None
    asked: str = ""
    path: str = ""
    text: str = ""


class Holder(Struct, frozen=True, eq=False):
    """Something that can be unfolded, as seen from a call."""

    count: int
    items: Callable[[int, int], Sequence[Item]]
    frame: int
    is_indexed: bool = False  # an array


class Handles:
    """The numbers of one stop."""

    def __init__(self, session: Debugger) -> None:
        self._session = session
        self._holders: list[Holder] = []

    def holder(self, number: int) -> Holder:
        """Raises Refused."""
        if not 1 <= number <= len(self._holders):
            raise Refused("this is of an earlier stop, or there is no such thing")
        return self._holders[number - 1]

    def _add(self, holder: Holder) -> int:
        if len(self._holders) >= _MOST_HANDLES:
            raise Refused("too much is unfolded at this stop")
        self._holders.append(holder)
        return len(self._holders)

    def scopes(self, number: int) -> list[dict[str, Any]]:
        """Of a call, or of the end of a tick."""
        session = self._session
        found = list[dict[str, Any]]()
        if number < len(session.frames):
            found.append(self._scope("Locals", _locals(session, number), number, hint="locals"))
        found.append(self._scope("Globals", _globals(session), number))
        points = [Item(name, None, text=_point(*rest)) for name, *rest in screen.points(session)]
        found.append(self._scope("Inputs and outputs", points, number))
        found.append(self._scope("Task", _task(session), number))
        return found

    def _scope(self, name: str, items: list[Item], frame: int, hint: str = "") -> dict[str, Any]:
        holder = Holder(len(items), lambda start, most: items[start : start + most], frame)
        scope = {"name": name, "variablesReference": self._add(holder), "expensive": False}
        return {**scope, "namedVariables": len(items), **({"presentationHint": hint} if hint else {})}

    def shown(self, item: Item, frame: int) -> dict[str, Any]:
        """An item as the protocol has it."""
        place = item.place
        if place is None:
            return {"name": item.name, "value": item.text, "variablesReference": 0}
        found: dict[str, Any] = {"name": item.name, "value": shown.text(place), "type": str(place.type)}
        found["variablesReference"] = 0
        if item.asked:
            found["evaluateName"] = item.asked
        if (count := shown.count(place.type)) > 0:
            kind = "indexedVariables" if isinstance(place.type, ArrayType) else "namedVariables"
            found |= {"variablesReference": self._add(_parts(item, place, frame)), kind: count}
        return found


def _parts(item: Item, place: Location, frame: int) -> Holder:
    def items(start: int, most: int) -> list[Item]:
        found = shown.parts(place, start, most)
        return [Item(name, part, _joined(item.asked, name), _joined(item.path, name)) for name, part in found]

    return Holder(shown.count(place.type), items, frame, isinstance(place.type, ArrayType))


def _joined(base: str, name: str) -> str:
    """The expression or path of a part; none of a part of nothing."""
    if not base:
        return ""
    base = "THIS^" if base == "THIS" else base
    return f"{base}{name}" if name.startswith("[") else f"{base}.{name}"


def _locals(session: Debugger, number: int) -> list[Item]:
    frame = session.frames[number]
    prefix = next(session.path_of(frame), "")
    memory = session.halt.moment.memory
    found = list[Item]()
    for name, place in shown.locals_of(frame.pou, frame.activation, memory):
        path = f"{prefix}.{name}" if prefix and place.buffer is memory else ""
        found.append(Item(name, place, name, prefix if name == "THIS" else path))
    return found


def _globals(session: Debugger) -> list[Item]:
    return [Item(name, place, name, name) for name, place in screen.global_places(session)]


def _point(value: str, quality: str, age: str) -> str:
    return f"{value} ({quality}, {age})" if quality else value


def _task(session: Debugger) -> list[Item]:
    step = session.step_here
    rows = {
        "tick": f"{session.tick:,}",
        "time": f"{session.passed_ns / 1e9:.6f} s",
        "statement": f"{session.position.number + 1:,} of {len(session.steps):,}" if step else "behind the last",
        "task": session.program.tasks[step.task].name if step is not None else "none",
    }
    return [Item(name, None, text=text) for name, text in rows.items()]
