"""What the front end is asked about a text: whatever it holds, there is an answer, and soon.

`ask` raises what the compiler raises, `AssertionError` for an answer that cannot be, and `TooSlow`.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from iec61131 import compiler
from iec61131.codegen import lower
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.diagnostics.render import render, to_json
from iec61131.input_forms import PLAIN, read
from iec61131.language_service.completion import complete
from iec61131.language_service.hover import hover
from iec61131.language_service.navigation import definition, references
from iec61131.language_service.outline import outline
from iec61131.language_service.program import Program
from iec61131.language_service.renaming import Refused, rename
from iec61131.language_service.signatures import signature
from iec61131.source import SourceFile
from tests.formatting.promises import formatted
from tests.robustness.corpus import Text

SECONDS = 5.0
"""Of the processor, for each question about a text of up to a megabyte."""
PLACES = 5


class TooSlow(Exception):
    """No answer after `SECONDS`."""


def ask(text: Text, choice: random.Random) -> None:
    """Everything, in the order of the stages."""
    with _soon("read"):
        try:
            source = read(text.name, text.text)
        except CompileError as error:
            _look_at(list(error.diagnostics))
            return
    with _soon("check"):
        found = compiler.check([source])
        _look_at(found)
    if not any(finding.is_error for finding in found):
        with _soon("generate"):
            model, memory, _ = compiler.build_model([source])
            lower(model, memory)
            compiler.digest([source])
    if text.name.endswith(PLAIN):
        with _soon("format"):
            formatted(source.text)
    with _soon("analyse"):
        program = Program((source,))
        outline(program.unit(source))
    for _ in range(PLACES):
        offset = choice.randint(0, len(source.text))
        for name, question in SERVICE.items():
            with _soon(name):
                question(program, source, offset)


def _look_at(found: list[Diagnostic]) -> None:
    """Findings lie in their text, and can be shown."""
    for finding in found:
        for span in (finding.span, *(note.span for note in finding.notes)):
            assert 0 <= span.start <= span.end <= len(span.file.text), f"{finding.code.id} lies outside of the text"
    render(found, colour=False).encode(errors="surrogatepass")
    to_json(found)


def _rename(program: Program, file: SourceFile, offset: int) -> None:
    with suppress(Refused):
        rename(program, file, offset, "brand_new")


SERVICE: dict[str, Callable[[Program, SourceFile, int], object]] = {
    "hover": hover,
    "complete": complete,
    "show the signature": signature,
    "find the definition": definition,
    "find the uses": references,
    "rename": _rename,
}


@contextmanager
def _soon(question: str) -> Iterator[None]:
    """Processor time: others may use the machine too."""

    def over(_: int, __: FrameType | None) -> None:
        raise TooSlow(f"{question}: no answer after {SECONDS:g} s")

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
