"""What the service keeps of a PLC on disk, killed at every single step of every operation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.service import versions
from runtime.service.http.upload import bundle
from runtime.service.versions import Record, VersionStore, stored_names, sweep
from tests.unit import store_killer

ROOT = Path(__file__).parents[2]
FIRST, SECOND, NEW = (store_killer.project(number).digest for number in (1, 2, 100))
BEFORE = {store_killer.project(number).digest for number in range(1, 14)}


def files_of(folder: Path) -> dict[str, str]:
    project = folder / "project"
    return {path.relative_to(project).as_posix(): path.read_text() for path in project.rglob("*") if path.is_file()}


@pytest.mark.parametrize("operation", list(store_killer.OPERATIONS))
def test_a_kill_at_any_step_leaves_the_old_or_the_new(tmp_path: Path, operation: str) -> None:
    """And never a mixture: each version that is there is whole, the record is readable, and what it names is there."""
    command = [sys.executable, "-m", "tests.unit.store_killer", str(tmp_path), operation]
    subprocess.run(command, cwd=ROOT, check=True, timeout=100)
    steps = sorted((path for path in tmp_path.iterdir() if path.name != "before"), key=lambda path: int(path.name))
    outcomes: list[tuple[frozenset[str], Record]] = []
    for state in steps:
        sweep(state)
        if not stored_names(state):
            assert operation == "delete"
            assert list(state.iterdir()) == []
            continue
        store = VersionStore(state / "tank")
        store.open()
        for version in store.versions():
            assert bundle(files_of(store.path(version.digest))).digest == version.digest
            assert version.number > 0
        assert not list((state / "tank").rglob(".*")), "unfinished work is swept away"
        record = store.record()
        assert store.has(record.active or "")
        outcomes.append((frozenset(version.digest for version in store.versions()), record))
    assert len(steps) > 3
    before, old = frozenset(BEFORE), Record(FIRST, run=True)
    if operation == "upload":
        assert set(outcomes) == {(before, old), (before | {NEW}, old)}
    elif operation == "activate":
        assert set(outcomes) == {(before, old), (before, Record(SECOND, run=True))}
    elif operation == "delete":
        assert set(outcomes) == {(before, old)}
        assert len(outcomes) < len(steps), "at the end it is gone"
    elif operation == "prune":
        assert outcomes[0] == (before, old)
        assert len(outcomes[-1][0]) == versions.MAX_VERSIONS + 1
        assert all(FIRST in kept for kept, _ in outcomes)
    else:
        assert set(outcomes) == {(before, old)}


def test_only_unfinished_work_of_the_service_is_swept_away(tmp_path: Path) -> None:
    """The state folder may be somebody's home."""
    mine = [".upload-0123456789abcdef", ".removed-0123456789abcdef"]
    others = [".ssh", ".upload-mine", ".removed-", "tank", ".config"]
    for name in (*mine, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("")
    temporary = [".token.json.123.tmp", ".record.json.9.tmp"]
    for name in (*temporary, ".bashrc", ".profile.tmp", ".token.json.tmp"):
        (tmp_path / name).write_text("")
    sweep(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*others, ".bashrc", ".profile.tmp", ".token.json.tmp"}


def test_a_link_is_swept_away_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("")
    (tmp_path / ".removed-0123456789abcdef").symlink_to(tmp_path / "precious")
    sweep(tmp_path)
    assert (tmp_path / "precious" / "file").exists()
    assert not (tmp_path / ".removed-0123456789abcdef").is_symlink()


def test_only_folders_with_versions_are_plcs_of_the_service(tmp_path: Path) -> None:
    """`rung run` keeps its files below the same folder."""
    (tmp_path / "run_by_hand").mkdir()
    (tmp_path / "run_by_hand" / "lock").write_text("")
    (tmp_path / "empty" / "versions").mkdir(parents=True)
    store = VersionStore(tmp_path / "tank")
    store.open()
    store_killer.upload(store, 1)
    assert stored_names(tmp_path) == ["tank"]
