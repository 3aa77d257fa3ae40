"""`rung convert`: one file in the other form. What that means is iec61131's affair."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from iec61131.conversion import FORMS, Converted, convert
from iec61131.diagnostics.catalogue.project import SOURCE_KIND, UNREADABLE
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.source import SourceFile, Span
from runtime.service.artifacts import write_atomically
from runtime.service.config.sources import MAX_FILE_BYTES
from runtime.service.config.text_files import decode_source, read_bytes


class Done(Struct, frozen=True):
    """What there is to say: `findings` about the source, then nothing has been written, or sentences about what the
    new file does not hold. `cannot`: it could not be written.
    """

    findings: tuple[Diagnostic, ...] = ()
    said: tuple[str, ...] = ()
    cannot: bool = False


def convert_file(source: Path, target: Path) -> Done:
    """Writes `target`; a file that is there already is replaced, whole or not at all."""
    try:
        converted = _converted(source, target)
        write_atomically(target, converted.text.encode())
    except CompileError as error:
        return Done(error.diagnostics)
    except OSError as error:
        return Done(said=(f"{target} cannot be written: {error.strerror}",), cannot=True)
    return Done(said=tuple(f"left out: {reason}" for reason in converted.left_out))


def _converted(source: Path, target: Path) -> Converted:
    """Raises CompileError."""
    for path in (source, target):
        if path.suffix not in FORMS:
            raise CompileError([SOURCE_KIND.at(_place(path), name=path.name, known=" and ".join(FORMS))])
    try:
        data = read_bytes(source, str(source), MAX_FILE_BYTES)
    except FileNotFoundError:
        raise CompileError([UNREADABLE.at(_place(source), name=source, cause="there is no such file")]) from None
    return convert(decode_source(data, str(source)), target.name)


def _place(path: Path) -> Span:
    return Span(SourceFile(str(path), ""), 0, 0)
