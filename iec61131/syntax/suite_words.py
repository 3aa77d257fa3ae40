"""The words of a TEST_SUITE, which are keywords from there up to its end and names everywhere else."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.syntax.tokens import POUS, SUITE_ENDS, TRIVIA, Kind, Token

SUITE_WORD = "TEST_SUITE"
_ENDS = {kind.value: kind for kind in SUITE_ENDS}
_PARTS = {"SETUP": Kind.SETUP_BEGIN, "TEARDOWN": Kind.TEARDOWN_BEGIN}


def tell_apart(tokens: list[Token]) -> None:
    """Give the words of the suites in a file their kinds, in place. `tokens` are all of its tokens, or all but what
    stands between them.
    """
    places = [index for index, token in enumerate(tokens) if token.kind not in TRIVIA]
    place = 0
    while place < len(places):
        token = tokens[places[place]]
        if token.kind is Kind.IDENTIFIER and token.text.upper() == SUITE_WORD and _is_title(tokens, places, place + 1):
            tokens[places[place]] = replace(token, kind=Kind.SUITE_BEGIN)
            place = _tell_apart_suite(tokens, places, place + 2)
        else:
            place += 1


def tell_apart_from(tokens: list[Token], index: int) -> None:
    """The same for one suite whose words begin at `index`: its name is missing, or stands in no quotes."""
    _tell_apart_suite(tokens, [place for place in range(index, len(tokens)) if tokens[place].kind not in TRIVIA], 0)


def _is_title(tokens: list[Token], places: list[int], place: int) -> bool:
    return place < len(places) and tokens[places[place]].kind is Kind.STRING


def _tell_apart_suite(tokens: list[Token], places: list[int], place: int) -> int:
    """From behind the name of a suite; gives the place behind its end."""
    is_inside = False  # of a test, where SETUP and MOCK are names
    while place < len(places):
        index, token = places[place], tokens[places[place]]
        place += 1
        if token.kind is not Kind.IDENTIFIER or (place > 1 and tokens[places[place - 2]].kind is Kind.DOT):
            continue
        kind = _kind(token.text.upper(), tokens, places, place, is_inside)
        if kind is None:
            continue
        tokens[index] = replace(token, kind=kind)
        is_inside = kind not in SUITE_ENDS
        if kind is Kind.SUITE_END:
            break
    return place


def _kind(key: str, tokens: list[Token], places: list[int], behind: int, is_inside: bool) -> Kind | None:
    if key in _ENDS:
        return _ENDS[key]
    if key == "TEST" and _is_title(tokens, places, behind):
        return Kind.TEST_BEGIN
    if is_inside:
        return None
    if key == "MOCK" and behind < len(places) and tokens[places[behind]].kind in POUS:
        return Kind.MOCK_BEGIN
    return _PARTS.get(key)
