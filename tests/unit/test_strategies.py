"""What hypothesis draws for a program: every value fits its variable, and a planted mistake is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.testing import VirtualPlc, load
from runtime.testing.strategies import inputs_of, values_of

SOURCE = """
TYPE
    State : (Idle, Filling := 5, Full);
    Pair : STRUCT
        level : REAL;
        states : ARRAY[1..2, 0..1] OF State;
    END_STRUCT;
END_TYPE
PROGRAM Main
VAR
    percent : INT(-5..100);
    state : State;
    pairs : ARRAY[1..2] OF Pair;
    name : STRING(5);
    wide : WSTRING(4);
    letter : CHAR;
    wideLetter : WCHAR;
    byte_ : BYTE;
    big : ULINT;
    far : LREAL;
    wait : TIME;
    day : DATE;
    noon : TIME_OF_DAY;
    moment : DATE_AND_TIME;
    timer : TON;
    forward, reverse, stop : BOOL;
    k1, k2 : BOOL;
END_VAR
k1 := (forward OR k1) AND NOT stop AND NOT k2;
k2 := (reverse OR k2) AND NOT stop; // the interlock is forgotten
END_PROGRAM
"""
POINT = '[[device.d.point]]\nname = "{0}"\ntype = "BOOL"\nto = "Main.{0}"\n'
PROJECT = """
[plc]
name = "drawn"
sources = ["main.st"]
[connection.line]
driver = "simulated"
[device.d]
connection = "line"
""" + "".join(POINT.format(name) for name in ("forward", "reverse", "stop"))


@pytest.fixture(scope="module")
def plc(tmp_path_factory: pytest.TempPathFactory) -> VirtualPlc:
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    return load(folder)


ONE_BY_ONE = (
    "percent", "state", "pairs", "name", "wide", "letter", "wideLetter", "byte_", "big", "far", "wait", "day", "noon",
    "moment", "timer",
)  # fmt: skip


@pytest.mark.parametrize("name", ONE_BY_ONE)
@settings(max_examples=30)
@given(data=st.data())
def test_every_value_fits_its_variable(plc: VirtualPlc, name: str, data: st.DataObject) -> None:
    value = data.draw(values_of(plc, f"Main.{name}"))
    plc[f"Main.{name}"] = value
    assert plc[f"Main.{name}"] == value


@pytest.mark.parametrize(
    ("name", "ends"), [("percent", {-5, 100}), ("state", {0, 5, 6}), ("byte_", {0, 255}), ("name", {""})]
)
def test_the_ends_of_a_type_are_drawn(plc: VirtualPlc, name: str, ends: set[object]) -> None:
    seen: set[object] = set()

    @settings(max_examples=400, database=None)
    @given(values_of(plc, f"Main.{name}"))
    def draw(value: object) -> None:
        seen.add(value)

    draw()
    assert ends <= seen


def test_a_planted_mistake_is_found_and_made_small(plc: VirtualPlc) -> None:
    """Both contactors of a motor: the images that hypothesis ends with are the shortest that close them together."""
    last: list[list[dict[str, bool]]] = []

    @settings(max_examples=300, database=None, print_blob=False)
    @given(inputs_of(plc))
    def never_both(images: list[dict[str, bool]]) -> None:
        plc.restart()
        for image in images:
            plc.set_inputs(image)
            plc.cycle()
            last[:] = [images]
            assert not (plc["Main.k1"] and plc["Main.k2"])

    with pytest.raises(AssertionError):
        never_both()
    assert last == [[{"d.forward": True, "d.reverse": True, "d.stop": False}]]


@settings(max_examples=20)
@given(data=st.data())
def test_a_point_may_have_a_strategy_of_its_own(plc: VirtualPlc, data: st.DataObject) -> None:
    images = data.draw(inputs_of(plc, {"d.stop": st.just(True)}, max_size=5))
    assert 1 <= len(images) <= 5
    assert all(image["d.stop"] for image in images)
