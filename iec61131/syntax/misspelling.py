"""Words that were probably meant to be a keyword: `ENDIF`, `THNE`, `PROGAM`.

Only asked where the text is wrong already, never of a name that makes sense where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable

from iec61131.syntax.tokens import ENDS, Kind

# Slips so common that nobody names a variable like that.
CERTAIN_SLIPS: dict[str, Kind] = {
    **{kind.value.replace("_", ""): kind for kind in ENDS},
    "ELIF": Kind.ELSIF,
    "ELSEIF": Kind.ELSIF,
    "ELSE_IF": Kind.ELSIF,
}
# Words of other languages for which no small change gives the keyword.
_FOREIGN_WORDS = {
    "BREAK": Kind.EXIT,
    "NEXT": Kind.END_FOR,
    "SWITCH": Kind.CASE,
    "END_SWITCH": Kind.END_CASE,
    "ENDSWITCH": Kind.END_CASE,
    "WEND": Kind.END_WHILE,
    "STEP": Kind.BY,
    "VAR_IN": Kind.VAR_INPUT,
    "VAR_OUT": Kind.VAR_OUTPUT,
}
_LONGEST = 24  # no keyword is as long, and the comparison takes time with the square of the length


def meant_keyword(word: str, candidates: Iterable[Kind]) -> Kind | None:
    """The candidate that `word` (in upper case) is a slip for, or None.

    One slip in a short word, two when both have six letters or more; underscores do not count, and 0 counts as O. A
    keyword of two letters has too many neighbours: only its own letters, swapped or doubled, are a slip for it. A plain
    `END` means the only END among the candidates.
    """
    if len(word) > _LONGEST:
        return None
    candidates = list(candidates)
    if word == "END":
        ends = [kind for kind in candidates if kind in ENDS]
        return ends[0] if len(ends) == 1 else None
    bare = word.replace("_", "").replace("0", "O")
    best: tuple[int, Kind] | None = None
    for kind in candidates:
        if CERTAIN_SLIPS.get(word) is kind or _FOREIGN_WORDS.get(word) is kind:
            return kind
        keyword = kind.value.replace("_", "")
        slips = _distance(bare, keyword)
        if len(keyword) == 2 and set(bare) != set(keyword):
            continue
        slips_allowed = 2 if min(len(bare), len(keyword)) >= 6 else 1
        if slips <= slips_allowed and slips < min(len(bare), len(keyword)) and (best is None or slips < best[0]):
            best = slips, kind
    return best[1] if best else None


def _distance(left: str, right: str) -> int:
    """Letters to insert, drop, replace or swap with their neighbour until the words are equal.

    Optimal string alignment distance, by dynamic programming over the last three rows.
    """
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
