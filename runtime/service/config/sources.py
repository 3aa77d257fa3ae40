"""From the entries of `sources` to the source files: what may be named, what each entry leads to, and the limits.

An entry is a file, a folder (all sources below it) or a pattern with `*`; the last two leave out files of tests.
Nothing outside the project folder is ever read: a project is complete in its folder, and what was uploaded by somebody
else must not reach other files of this machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from iec61131.diagnostics.catalogue.project import NO_SOURCES, SOURCE_KIND, SOURCE_OUTSIDE, TOO_LARGE
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.input_forms import SUFFIXES, is_source
from iec61131.source import SourceFile, Span
from runtime.service.config.findings import Findings
from runtime.service.config.suite_names import has_suite, is_suite_name
from runtime.service.config.text_files import decode_source, read_bytes

MAX_FILES = 1000
MAX_FILE_BYTES = 4 << 20
MAX_XML_BYTES = 16 << 20
"""Of PLCopen XML, in which a contact takes some 300 characters."""
MAX_TOTAL_BYTES = 32 << 20
MAX_VISITED = 20_000
"""Files and folders that one entry may lead past."""
_REMEDY = "name a file, a folder or blocks/*.st"
_KINDS = " ".join(SUFFIXES)


def read_sources(folder: Path, entries: list[tuple[str, Span]], findings: Findings) -> tuple[SourceFile, ...]:
    """The sources that `entries` lead to, each once, sorted by name. `entries` are texts with their places."""
    places: dict[str, Span] = {}
    for text, place in entries:
        for name in _names(folder, text, place, findings):
            places.setdefault(name, place)
    if len(places) > MAX_FILES:
        findings.add(TOO_LARGE.at(entries[0][1], what="source files", limit=MAX_FILES))
        return ()
    files: list[SourceFile] = []
    written = {text for text, _ in entries}  # tests that are named are sources, and so found out
    total = 0
    for name in sorted(places):
        try:
            data = read_bytes(folder / name, name, _limit_bytes(name), places[name])
            total += len(data)
            file = decode_source(data, name)
            if not (is_suite_name(Path(name).name) and name not in written and has_suite(file.text)):
                files.append(file)
        except FileNotFoundError:  # found a moment ago
            findings.add(NO_SOURCES.at(places[name], pattern=name, cause="it vanished", remedy="check again"))
        except CompileError as error:
            for finding in error.diagnostics:
                findings.add(finding)
        if total > MAX_TOTAL_BYTES:
            findings.add(TOO_LARGE.at(places[name], what="bytes in all sources together", limit=MAX_TOTAL_BYTES))
            break
    return tuple(files)


def _limit_bytes(name: str) -> int:
    return MAX_XML_BYTES if name.lower().endswith(".xml") else MAX_FILE_BYTES


def _names(folder: Path, text: str, place: Span, findings: Findings) -> list[str]:
    """The files that one entry leads to, relative to `folder`."""
    entry = PurePosixPath(text)
    if not text.strip() or "\0" in text:
        findings.add(
            NO_SOURCES.at(place, pattern=text[:80], cause="it is empty", remedy="name a file, such as main.st")
        )
        return []
    if entry.is_absolute() or ".." in entry.parts or "\\" in text:
        findings.add(SOURCE_OUTSIDE.at(place, pattern=text[:80]))
        return []
    if any("**" in part and part != "**" for part in entry.parts):  # versions of Python differ in what it means there
        findings.add(NO_SOURCES.at(place, pattern=text[:80], cause="** stands for whole folders", remedy=_REMEDY))
        return []
    try:
        if "*" not in text and entry.suffix and not is_source(text) and not (folder / entry).is_dir():
            findings.add(SOURCE_KIND.at(place, name=text[:80], known=_KINDS))
            return []
        found = list(_found(folder, entry, place))
    except CompileError as error:
        for finding in error.diagnostics:
            findings.add(finding)
        return []
    except (OSError, ValueError) as error:  # such as a name that is too long
        cause = error.strerror if isinstance(error, OSError) else str(error)
        findings.add(NO_SOURCES.at(place, pattern=text[:80], cause=cause, remedy=_REMEDY))
        return []
    if not _all_inside(folder, found):
        findings.add(SOURCE_OUTSIDE.at(place, pattern=text[:80]))
        return []
    names = [path.relative_to(folder).as_posix() for path in found if is_source(path.name)]
    if not names:
        _report_nothing(folder, entry, place, findings)
    return names


def _found(folder: Path, entry: PurePosixPath, place: Span) -> Iterator[Path]:
    """Every file that `entry` could mean, hidden ones left out."""
    start = folder / entry
    if "*" not in str(entry):
        if start.is_dir():
            yield from _files(start.rglob("*"), folder, place)
        elif start.exists() or start.is_symlink():
            yield start
        return
    yield from _files(folder.glob(str(entry)), folder, place)


def _files(paths: Iterator[Path], folder: Path, place: Span) -> Iterator[Path]:
    for visited, path in enumerate(paths):
        if visited > MAX_VISITED:
            raise CompileError([TOO_LARGE.at(place, what="files and folders to look through", limit=MAX_VISITED)])
        if not any(part.startswith(".") for part in path.relative_to(folder).parts) and not path.is_dir():
            yield path


def _all_inside(folder: Path, paths: list[Path]) -> bool:
    """Whether every path, links followed, ends inside `folder`. A link that leads in circles does not."""
    root = folder.resolve()
    return all(_is_inside(root, path) for path in paths)


def _is_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except FileNotFoundError:  # said when it is read
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a circle; which of the two it is depends on the version of Python
        return False


def _report_nothing(folder: Path, entry: PurePosixPath, place: Span, findings: Findings) -> None:
    if (folder / entry).is_dir():
        cause, remedy = f"the folder holds no source ({_KINDS})", "put the sources there, or name another folder"
    elif "*" in str(entry):
        cause, remedy = f"no source ({_KINDS}) matches", "name the files, or a folder"
    else:
        cause, remedy = (
            "there is no such file in the project folder",
            "check the name; capitals and small letters count",
        )
    finding = NO_SOURCES.at(place, pattern=str(entry)[:80], cause=cause, remedy=remedy)
    known = [path.name for path in list(_nearby(folder))[:MAX_FILES]]
    findings.add_near(finding, entry.name, known)


def _nearby(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if is_source(path.name.lower()):
            yield path
