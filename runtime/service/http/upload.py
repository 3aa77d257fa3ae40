"""A bundle: the files of a project as somebody hands them in, judged before anything of it touches the disk.

Plain text by relative path, nothing else: no archive to unpack, no link, no mode, no file name that means something
to a shell or to another operating system. The project's own loader and the compiler judge the content afterwards, in
a process of their own. `rung deploy` asks the same rules before it sends anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from iec61131.input_forms import SUFFIXES, is_source
from runtime.service.http.errors import BadBundle, TooLarge

PROJECT_FILE = "plc.toml"
MAX_FILES = 500
MAX_TOTAL_BYTES = 4 << 20
MAX_PATH_BYTES = 200
MAX_FOLDERS = 8
BODY_BYTES = MAX_TOTAL_BYTES + MAX_TOTAL_BYTES // 2
"""Of the request: JSON writes line ends and quotes as two characters each."""


class Bundle(Struct, frozen=True):
    """`files` by path, sorted, of which a PLC is to be one `resource` of several. `digest` identifies exactly these
    files with this content, and the resource.
    """

    files: tuple[tuple[str, bytes], ...]
    digest: str
    resource: str | None = None


def bundle(files: Mapping[str, str], resource: str | None = None) -> Bundle:
    """The bundle of these texts. Raises BadBundle or TooLarge, naming the file."""
    if PROJECT_FILE not in files:
        raise BadBundle(f"the bundle has no {PROJECT_FILE}")
    if len(files) > MAX_FILES:
        raise TooLarge(f"{len(files)} files; a bundle has at most {MAX_FILES}")
    for path in files:
        _check_path(path)
    _check_folders(files)
    content = tuple((path, _encode(path, files[path])) for path in sorted(files))
    total = sum(len(data) for _, data in content)
    if total > MAX_TOTAL_BYTES:
        raise TooLarge(f"{total} bytes of sources; a bundle has at most {MAX_TOTAL_BYTES}")
    named = () if resource is None else (("", resource.encode()),)  # no file is called so
    return Bundle(content, _digest((*content, *named)), resource)


def _check_path(path: str) -> None:
    shown = path[:80].encode(errors="backslashreplace").decode()
    parts = path.split("/")
    if not path.isprintable() or "\\" in path or ":" in path:
        raise BadBundle(f"'{shown}' is no path of a source: it has characters that paths here do not have")
    if path.startswith("/") or not all(parts):
        raise BadBundle(f"'{shown}' is no path of a source: it is to be relative, such as blocks/pump.st")
    if any(part.startswith(".") for part in parts):
        raise BadBundle(f"'{shown}' is no path of a source: no part of it may start with a full stop")
    if len(path.encode()) > MAX_PATH_BYTES or len(parts) > MAX_FOLDERS + 1:
        raise BadBundle(f"'{shown}' is longer than {MAX_PATH_BYTES} bytes or deeper than {MAX_FOLDERS} folders")
    if path != PROJECT_FILE and not is_source(path):
        raise BadBundle(f"'{shown}' is neither {PROJECT_FILE} nor a source ({' '.join(SUFFIXES)})")


def _check_folders(files: Mapping[str, str]) -> None:
    for path in files:
        for folder in PurePosixPath(path).parents:
            if str(folder) in files:
                raise BadBundle(f"'{folder}' is a file and a folder at once")


def _encode(path: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise BadBundle(f"'{path}' has half a character in line {line}, which UTF-8 cannot hold") from error


def _digest(content: tuple[tuple[str, bytes], ...]) -> str:
    """SHA-256 over paths and contents, each with its length, so that no other bundle reads the same."""
    total = hashlib.sha256()
    for path, data in content:
        name = path.encode()
        total.update(len(name).to_bytes(8, "little") + name + len(data).to_bytes(8, "little") + data)
    return total.hexdigest()
