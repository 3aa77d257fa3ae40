"""An editor as a language server sees it: messages with a length before them, on the pipes of a process."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


class Editor:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runtime.cli", "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self._number = 0
        self._versions: dict[str, int] = {}
        self._heard: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.notes: list[dict[str, Any]] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        capabilities = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
        self.welcome = self.ask(
            "initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities}
        )["result"]
        self.tell("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def end(self) -> int:
        """Take leave as the protocol wants it; the exit status."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        return self._process.wait(TIMEOUT_S)

    def hang_up(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(TIMEOUT_S)

    # ----------------------------------------------------------------------------------------------------- messages

    def tell(self, method: str, params: object) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, method: str, params: object) -> int:
        """A request whose answer is fetched later."""
        self._number += 1
        self._write({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        while number not in self._answers:
            self._take()
        return self._answers.pop(number)

    def ask(self, method: str, params: object) -> dict[str, Any]:
        return self.answer(self.send(method, params))

    def findings(self, name: str, version: int | None = None) -> list[dict[str, Any]]:
        """The next findings about a file, of a version of it if that is given."""
        while True:
            for number, note in enumerate(self.notes):
                params = note.get("params") or {}
                is_it = params.get("uri") == self.uri(name) and version in (None, params.get("version"))
                if note["method"] == "textDocument/publishDiagnostics" and is_it:
                    del self.notes[: number + 1]
                    return params["diagnostics"]
            self._take()

    def _take(self) -> None:
        message = self._heard.get(timeout=TIMEOUT_S)
        assert message is not None, "the server is gone"
        if "method" not in message:
            self._answers[message["id"]] = message
        elif "id" in message:
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": None})
        else:
            self.notes.append(message)

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            if not line:
                self._heard.put(None)
                return
            self._heard.put(json.loads(stream.read(length)))

    # ---------------------------------------------------------------------------------------------------- documents

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None) -> None:
        text = (self.folder / name).read_text(encoding="utf-8") if text is None else text
        self._versions[name] = 1
        document = {"uri": self.uri(name), "languageId": "iecst", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def change(self, name: str, text: str) -> int:
        self._versions[name] += 1
        version = self._versions[name]
        document = {"uri": self.uri(name), "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        return version

    def at(self, name: str, line: int, column: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self.uri(name)}, "position": {"line": line, "character": column}}
