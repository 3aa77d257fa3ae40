"""Ladders that nobody drew: bounded time, a finding instead of a crash, one finding for one mistake."""

from __future__ import annotations

from random import Random
from time import process_time

import pytest

from iec61131.compiler import check
from iec61131.formatting.ladder import format_ladder
from iec61131.input_forms import parse
from iec61131.source import SourceFile

HEAD = "PROGRAM Main\nVAR\n    a, b, c : BOOL;\n    t1 : TON;\n    n : INT;\nEND_VAR\n"
SOUND = f"""{HEAD}NETWORK next: "a title" // and words
(* a comment *)
|         +-------------+            |
|         | t1 : TON    |            |
|--[ a ]--| IN        Q |--+--( b )--|
|         | PT := T#1s  |  |         |
|         +-------------+  |         |
|--[/a ]-------------------+--( c )--|
|--[P b ]--->>next
END_PROGRAM
"""
SIGNS = "|+-[](){}<>/ \t'\"$:=.,;PNSRab\n*_#"


def codes(text: str) -> list[str]:
    return [finding.code.id for finding in parse(SourceFile("a.ld", text))[1]]


@pytest.mark.parametrize("seed", range(150))
def test_a_changed_ladder_is_read_to_its_end(seed: int):
    random = Random(seed)
    signs = list(SOUND)
    for _ in range(random.randint(1, 12)):
        place = random.randrange(len(HEAD), len(signs))
        match random.randrange(3):
            case 0:
                signs[place] = random.choice(SIGNS)
            case 1:
                signs.insert(place, random.choice(SIGNS))
            case _:
                del signs[place]
    text = "".join(signs)
    check([SourceFile("a.ld", text)])  # and it does not raise


def test_a_vertical_link_with_too_many_wires():
    rows = "|--[ a ]--+--( b )--|\n" * 1000
    assert codes(f"{HEAD}NETWORK\n{rows}END_PROGRAM\n") == ["RUNG0639"]


@pytest.mark.parametrize(
    "row",
    [
        "|--[ a ]--[/b ]--( c )--|\n",
        "|--[ a ]--+--( c )\n|--[ b ]--+\n|\n",
        "|  +---\n|  | t\n",
        "|--[ a --( b (( )--|\n",
        "|  foo ] ' bar\n",
        "|--[ a ]--|--( b )--|\n",
        "|++++++++++++\n",
        "NETWORK\n",
        "|--[ a ]\n\n",
    ],
)
def test_time_is_proportional(row: str):
    def seconds(count: int) -> float:
        text = f"{HEAD}NETWORK\n{row * count}END_PROGRAM\n"
        best = 1e9
        for _ in range(3):
            start = process_time()
            parse(SourceFile("a.ld", text))
            best = min(best, process_time() - start)
        return best

    assert seconds(4000) < 12 * seconds(1000) + 0.05


def test_formatting_many_networks_takes_time_in_proportion():
    """Each network once walked through all elements of its drawing, so that a megabyte took hours."""

    def seconds(count: int) -> float:
        network = "NETWORK\n|--[ a ]--+--( c )\n|--[ b ]--+\n\n"
        text = f"{HEAD}{network * count}END_PROGRAM\n"
        best = 1e9
        for _ in range(3):
            start = process_time()
            format_ladder(text)
            best = min(best, process_time() - start)
        return best

    assert seconds(400) < 9 * seconds(100) + 0.05


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("|--[ a ]-- --( b )--|", "RUNG0634"),
        ("|--[ a ]  ( b )--|", "RUNG0634"),
        ("|  [ a ]--( b )--|", "RUNG0634"),
        ("|--[ a ]--( b )--|--( c )", "RUNG0635"),
        ("|--[ a ]--+--( b )--|", "RUNG0635"),
        ("|--[ (* x *) a ]--( b )--|", "RUNG0633"),
        ("|--[ {x} a ]--( b )--|", "RUNG0633"),
        ("|--[ 'a ]--( b )--|", "RUNG0632"),
        ("|--[ ]--( b )--|", "RUNG0633"),
        ("|--[ a ]--( b ]--|", "RUNG0632"),
        ("|--[ a ]--( b )--| // said too late", "RUNG0631"),
        ("|--[ a ]-->name>-- ( b )--|", "RUNG0634"),
        ("|--[ a ]--( b )--|\n\n|--[ a ]--( b )--|", "RUNG0638"),
        ("|--[ a ]--( b )--|\na := b;", "RUNG0638"),
        ("|--[ a ]\t--( b )--|", "RUNG0630"),
        ("|--[ a ]--( b )--|\n|--[ a ]--( b )-|", "RUNG0637"),
        ("|  +-----+\n|  | 1 + |\n|  +-----+", "RUNG0631"),
        ("|  +------+\n|  | ADD* |\n|  +------+", "RUNG0636"),
        ("|  +-------------+\n|  | ADD         |\n|  | a  b  c     |\n|  +-------------+", "RUNG0636"),
        ("|  +-------------+\n|  | ADD         |\n|--| IN1 := 3    |\n|  +-------------+", "RUNG0636"),
        ("|  +-------------+\n|  | ADD         |\n|--|             |\n|  +-------------+", "RUNG0634"),
        ("|  +-------------+\n|  | ADD         |\n|  | IN1 := 3    |\n|  +------------+", "RUNG0632"),
        ("|--[ a ]--+--( b )\n|         |\n|--[ c ]-+", "RUNG0635"),
        ("|--[ a ]--+--( b )\n|--[ b ]--|\n|--[ c ]--+", "RUNG0635"),
    ],
)
def test_one_mistake_is_one_finding(row: str, code: str):
    assert codes(f"{HEAD}NETWORK\n{row}\nEND_PROGRAM\n") == [code]


def test_line_ends_and_a_byte_order_mark_do_not_matter():
    text = SOUND
    assert codes(text) == []
    assert codes(text.replace("\n", "\r\n")) == []
    assert codes("\ufeff" + text) == []
    formed = format_ladder(text)
    assert format_ladder("\ufeff" + text.replace("\n", "\r\n")) == "\ufeff" + formed


def test_words_of_ladder_are_names_elsewhere():
    text = "PROGRAM Main\nVAR\n    network : INT;\nEND_VAR\nnetwork := 1;\nnetwork := network + 1;\nEND_PROGRAM\n"
    assert codes(text) == []
