"""Reading text that people and their tools wrote: bounded, of a known encoding, ordinary files only. Whatever is wrong
becomes one finding with a place."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from iec61131 import input_forms
from iec61131.diagnostics.catalogue.project import BYTE_ORDER_MARK, NOT_UTF8, TOO_LARGE, UNREADABLE
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.source import SourceFile, Span

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_bytes(path: Path, name: str, limit: int, place: Span | None = None) -> bytes:
    """The content of an ordinary file of at most `limit` bytes. `place` is what names the file, for findings.

    Raises CompileError, or FileNotFoundError when there is no such file.
    """
    place = place or Span(SourceFile(name, ""), 0, 0)
    try:
        # Without O_NONBLOCK the opening of a pipe would wait for somebody to write.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CompileError([UNREADABLE.at(place, name=name, cause="it is no ordinary file")])
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CompileError([UNREADABLE.at(place, name=name, cause=error.strerror or str(error))]) from error
    if len(data) > limit:
        raise CompileError([TOO_LARGE.at(place, what=f"bytes in '{name}'", limit=limit)])
    return data


def decode_source(data: bytes, name: str) -> SourceFile:
    """The source in `data`, whatever the form of the file. Raises CompileError."""
    if not input_forms.has_form(name):
        return decode(data, name, mark=True)
    try:
        text = input_forms.decode(name, data)
    except UnicodeDecodeError as error:
        legible = SourceFile(name, error.object.decode(error.encoding, errors="replace"))
        before = len(error.object[: error.start].decode(error.encoding))
        raise _not_utf8(legible, before, f"byte {error.object[error.start]:#04x} here") from None
    return input_forms.read(name, text)


def decode(data: bytes, name: str, *, mark: bool) -> SourceFile:
    """The text of `data`. A byte order mark of UTF-8 is skipped where `mark` allows it. Raises CompileError."""
    if data.startswith(_UTF16_MARKS):
        raise _not_utf8(SourceFile(name, ""), 0, "it is UTF-16")
    if data.startswith(codecs.BOM_UTF8):
        if not mark:
            raise CompileError([BYTE_ORDER_MARK.at(Span(SourceFile(name, ""), 0, 0), name=name)])
        data = data[len(codecs.BOM_UTF8) :]
    try:
        return SourceFile(name, data.decode())
    except UnicodeDecodeError as error:
        before = len(data[: error.start].decode())
        legible = SourceFile(name, data.decode(errors="replace"))
        raise _not_utf8(legible, before, f"byte {data[error.start]:#04x} here") from None


def _not_utf8(file: SourceFile, start: int, cause: str) -> CompileError:
    return CompileError([NOT_UTF8.at(Span(file, start, min(start + 1, len(file.text))), name=file.name, cause=cause)])
