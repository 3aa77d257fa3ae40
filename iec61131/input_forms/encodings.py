"""Bytes to text, for files that engineering tools write.

TwinCAT writes UTF-8 with a byte order mark, other tools leave it out or write UTF-16 with one; an XML declaration that
says otherwise is not asked, because tools that convert files forget it. CODESYS 2.3 writes the code page of Windows.
"""

from __future__ import annotations

import codecs

from iec61131.code_page import as_characters

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes, *, in_code_page: bool) -> str:
    """The text; with `in_code_page` that of Windows is tried last. Raises UnicodeDecodeError."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    try:
        return data.decode()
    except UnicodeDecodeError:
        if not in_code_page:
            raise
    return as_characters(data.decode("latin-1"))
