"""What the service keeps of one PLC on disk: its versions, and the record of which is active and what is wanted.

    <state>/<name>/record.json                    active version, run or stop
    <state>/<name>/versions/<digest>/project/     plc.toml and sources, as uploaded; never changed
    <state>/<name>/versions/<digest>/resource     which RESOURCE of several it is; absent where there is one
    <state>/<name>/versions/<digest>/version.json order and time of the upload
    <state>/<name>/versions/<digest>/build/       what the compiler made of it for this machine; can be made again

Nothing is ever seen half-written. A file is replaced by renaming a finished one over it; a folder appears by renaming
a finished one into place and vanishes by renaming it out of the way first. `sweep` removes what a killed service left
unfinished, known by its name.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from runtime.service.artifacts import write_atomically

MAX_VERSIONS = 10
"""Of one PLC. The active one and the one just uploaded are never removed."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = re.compile(r"\.(upload|removed)-[0-9a-f]{16}|\.[a-z0-9]+\.(json|rungc|rungb)\.[0-9]+\.tmp")
_RECORD, _VERSIONS, _VERSION, _RESOURCE = "record.json", "versions", "version.json", "resource"


class Damaged(Exception):
    """A file of the store cannot be read; the text is for people."""


class Record(Struct, frozen=True):
    """`active` is the digest of the version that runs or would be started; `run` whether it is wanted running."""

    active: str | None = None
    run: bool = False


class StoredVersion(Struct, frozen=True):
    """`number` rises with each upload; `uploaded_ns` since 1970 UTC; `files` are the paths inside the project."""

    digest: str
    number: int
    uploaded_ns: int
    files: tuple[str, ...]


def is_name(text: str) -> bool:
    """Whether a PLC may be called so. Such a name is also a safe name of a folder."""
    return _NAME.fullmatch(text) is not None


def stored_names(state: Path) -> list[str]:
    """The PLCs that the service keeps below `state`: folders with at least one version.

    Other folders belong to others.
    """
    found = (folder.parent for folder in state.glob(f"*/{_VERSIONS}"))
    return sorted(folder.name for folder in found if is_name(folder.name) and VersionStore(folder).is_used)


def sweep(folder: Path) -> None:
    """Remove unfinished work from `folder`, and nothing else: the folder may be somebody's home. Raises OSError."""
    for path in folder.glob(".*"):
        if _UNFINISHED.fullmatch(path.name) is None:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


class VersionStore:
    """The folder of one PLC. One process uses it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions = folder / _VERSIONS

    def open(self) -> None:
        """Make the folders that are missing and remove what was left unfinished."""
        self._versions.mkdir(parents=True, exist_ok=True, mode=0o700)
        sweep(self.folder)
        sweep(self._versions)
        for path in self._versions.iterdir():
            sweep(path)
            sweep(path / "build")
        _sync(self.folder)
        _sync(self.folder.parent)

    @property
    def is_used(self) -> bool:
        """Whether there is a version."""
        return self._versions.is_dir() and any(_DIGEST.fullmatch(path.name) for path in self._versions.iterdir())

    def forget(self) -> None:
        """Undo `open` where nothing came of it."""
        self._versions.rmdir()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def delete(self) -> None:
        """Remove everything; after the first rename the PLC is gone."""
        _remove(self.folder)

    # --------------------------------------------------------------------------------------------------------- record

    def record(self) -> Record:
        """Raises Damaged. A PLC without a record was never active."""
        path = self.folder / _RECORD
        try:
            document = _load(path)
        except FileNotFoundError:
            return Record()
        active, run = document.get("active"), document.get("run")
        if not (active is None or (isinstance(active, str) and _DIGEST.fullmatch(active))) or not isinstance(run, bool):
            raise Damaged(f"{path} is damaged; upload and activate a version to make it anew")
        return Record(active, run)

    def set_record(self, record: Record) -> None:
        """Replace the record."""
        text = json.dumps({"active": record.active, "run": record.run})
        write_atomically(self.folder / _RECORD, text.encode() + b"\n", mode=0o600)

    # ------------------------------------------------------------------------------------------------------- versions

    def stage(self, files: tuple[tuple[str, bytes], ...], resource: str | None = None) -> Path:
        """A version folder with these project files, of this RESOURCE of several, not yet in its place: `keep` or
        `discard` it.
        """
        staging = self._versions / f".upload-{secrets.token_hex(8)}"
        project = staging / "project"
        project.mkdir(parents=True, mode=0o700)
        for name, data in files:
            _write(project / name, data)
        if resource is not None:
            _write(staging / _RESOURCE, resource.encode())
        for folder in (*(path for path in project.rglob("*") if path.is_dir()), project):
            _sync(folder)
        return staging

    def discard(self, staging: Path) -> None:
        """Remove a staged version if it is still there."""
        if staging.exists():
            shutil.rmtree(staging)

    def keep(self, staging: Path, digest: str, uploaded_ns: int) -> None:
        """Put a staged version in its place, or mark it as the newest when it is there already."""
        version = StoredVersion(digest, self._next_number(), uploaded_ns, _files(staging / "project"))
        final = self.path(digest)
        if final.exists():
            _store_version(final, version)
            return
        _store_version(staging, version)
        staging.rename(final)
        _sync(self._versions)

    def _next_number(self) -> int:
        return max((version.number for version in self.versions()), default=0) + 1

    def prune(self, spared: set[str]) -> None:
        """Remove the oldest versions beyond MAX_VERSIONS, but none of `spared`."""
        for version in self.versions()[MAX_VERSIONS:]:
            if version.digest not in spared:
                _remove(self.path(version.digest))

    def versions(self) -> list[StoredVersion]:
        """What is kept, the newest first."""
        found = [_stored_version(path) for path in self._versions.iterdir() if _DIGEST.fullmatch(path.name)]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def has(self, digest: str) -> bool:
        """Whether this version is kept."""
        return _DIGEST.fullmatch(digest) is not None and self.path(digest).is_dir()

    def path(self, digest: str) -> Path:
        """The folder of a version."""
        return self._versions / digest


def resource_of(version: Path) -> str | None:
    """Which RESOURCE of several a version is; None where there is one."""
    try:
        return (version / _RESOURCE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _stored_version(folder: Path) -> StoredVersion:
    try:
        document = _load(folder / _VERSION)
        return StoredVersion(
            folder.name, int(document["number"]), int(document["uploaded_ns"]), _files(folder / "project")
        )
    except (FileNotFoundError, KeyError, ValueError, TypeError, Damaged):
        return StoredVersion(folder.name, 0, 0, _files(folder / "project"))  # still usable: only its age is unknown


def _store_version(folder: Path, version: StoredVersion) -> None:
    text = json.dumps({"number": version.number, "uploaded_ns": version.uploaded_ns})
    write_atomically(folder / _VERSION, text.encode() + b"\n")


def _files(project: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()))


def _load(path: Path) -> dict[str, Any]:
    try:
        document: object = json.loads(path.read_bytes())
    except ValueError as error:
        raise Damaged(f"{path} is damaged: {error}") from error
    if not isinstance(document, dict):
        raise Damaged(f"{path} is damaged: not an object")
    return cast("dict[str, Any]", document)


def _remove(folder: Path) -> None:
    """Take a folder away at once, then its content."""
    doomed = folder.with_name(f".removed-{secrets.token_hex(8)}")
    folder.rename(doomed)
    _sync(folder.parent)
    shutil.rmtree(doomed)


def _sync(folder: Path) -> None:
    """Bring the names in `folder` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
