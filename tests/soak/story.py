"""What has happened: a line of JSON for each event, with the seconds since the beginning by the monotonic clock."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

LAST = 50


class Story:
    """May be told from any thread. `counts` has how often what was done."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.counts: Counter[str] = Counter()
        self._file = path.open("w")
        self._began_s = time.monotonic()
        self._last: deque[str] = deque(maxlen=LAST)
        self._lock = threading.Lock()

    def tell(self, who: str, what: str, **facts: Any) -> None:
        """`what` is a name to be counted by, `facts` are whatever JSON can hold."""
        with self._lock:
            at_s = round(time.monotonic() - self._began_s, 4)
            line = json.dumps({"at_s": at_s, "who": who, "what": what, **facts}, default=str)
            self.counts[what] += 1
            self._last.append(line)
            if not self._file.closed:
                self._file.write(f"{line}\n")
                self._file.flush()

    def last(self) -> list[str]:
        with self._lock:
            return list(self._last)

    def close(self) -> None:
        with self._lock:
            self._file.close()
