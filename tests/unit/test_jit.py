"""Object code: made here, loaded anywhere, refused when it is not what it should be."""

from __future__ import annotations

import ctypes
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from iec61131 import jit

POWER = """
declare float @powf(float, float)
@factors = private constant [4 x float] [float 1.0, float 2.0, float 3.0, float 4.0]
define i32 @scan(ptr %memory) {
    %exponent.at = getelementptr inbounds i8, ptr %memory, i64 4
    %index.at = getelementptr inbounds i8, ptr %memory, i64 8
    %base = load float, ptr %memory
    %exponent = load float, ptr %exponent.at
    %index = load i64, ptr %index.at
    %factor.at = getelementptr inbounds [4 x float], ptr @factors, i64 0, i64 %index
    %factor = load float, ptr %factor.at
    %power = call float @powf(float %base, float %exponent)
    %product = fmul float %power, %factor
    store float %product, ptr %memory
    ret i32 7
}
"""


def run(address: int) -> tuple[int, float]:
    """3.0 ** 2.0 * 4.0 by the machine code at `address`."""
    memory = ctypes.create_string_buffer(struct.pack("<ffq", 3.0, 2.0, 3))
    returned = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(address)(memory)
    return returned, struct.unpack_from("<f", memory)[0]


@pytest.mark.parametrize("optimise", [0, 1, 2, 3])
def test_compile_load_and_run(optimise: int):
    code = jit.load([jit.compile_object(POWER, optimise)], ["scan"])
    assert run(code.address("scan")) == (7, 36.0)


def test_the_same_module_gives_the_same_bytes():
    assert jit.compile_object(POWER) == jit.compile_object(POWER)


def test_two_objects_with_the_same_symbols_live_side_by_side():
    other = POWER.replace("ret i32 7", "ret i32 8")
    first, second = (jit.load([jit.compile_object(ir)], ["scan"]) for ir in (POWER, other))
    assert (run(first.address("scan"))[0], run(second.address("scan"))[0]) == (7, 8)


def test_an_object_is_loaded_in_another_process(tmp_path: Path):
    stored = tmp_path / "scan.o"
    stored.write_bytes(jit.compile_object(POWER))
    script = (
        "import sys; from pathlib import Path; from iec61131 import jit; from tests.unit.test_jit import run;"
        "code = jit.load([Path(sys.argv[1]).read_bytes()], ['scan']); print(run(code.address('scan')))"
    )
    result = subprocess.run([sys.executable, "-c", script, str(stored)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "(7, 36.0)"


def test_a_symbol_that_was_not_asked_for():
    code = jit.load([jit.compile_object(POWER)], ["scan"])
    with pytest.raises(KeyError):
        code.address("factors")


def test_a_symbol_that_is_not_there():
    with pytest.raises(jit.LoadError, match="nowhere"):
        jit.load([jit.compile_object(POWER)], ["scan", "nowhere"])


def test_an_object_may_not_call_what_it_likes():
    """The symbol exists in every process, so only the check keeps the linker from binding it."""
    ir = "declare i32 @getpid()\ndefine i32 @scan(ptr %memory) {\n %id = call i32 @getpid()\n ret i32 %id\n}"
    with pytest.raises(jit.LoadError, match="no program may call: getpid"):
        jit.load([jit.compile_object(ir)], ["scan"])


def test_every_symbol_allowed_exists():
    declared = "".join(f"declare void @{name}()\n" for name in jit.ALLOWED_SYMBOLS)
    calls = "".join(f" call void @{name}()\n" for name in jit.ALLOWED_SYMBOLS)
    ir = f"{declared}define i32 @scan(ptr %memory) {{\n{calls} ret i32 0\n}}"
    assert jit.load([jit.compile_object(ir, optimise=0)], ["scan"]).address("scan") != 0


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"not object code at all", bytes(4096)])
def test_what_is_no_object(content: bytes):
    with pytest.raises(jit.LoadError, match="damaged, or is none"):
        jit.load([content], ["scan"])


def test_a_damaged_object_never_reaches_the_linker():
    """LLVM's linker ends the process on some of these."""
    whole = jit.compile_object(POWER)
    dice = random.Random(61131)
    for _ in range(200):
        place = dice.randrange(len(whole))
        flipped = whole[:place] + bytes([whole[place] ^ 1 << dice.randrange(8)]) + whole[place + 1 :]
        for damaged in (flipped, whole[:place]):
            with pytest.raises(jit.LoadError):
                jit.load([damaged], ["scan"])


def test_the_target_names_processor_and_features():
    triple, processor, features = jit.target().split(" ", 2)
    assert len(triple.split("-")) >= 3
    assert processor
    assert all(feature[0] in "+-" for feature in features.split(","))


def test_selects_stay_selects():
    """A search in a table: which way it goes cannot be predicted, so no branch may depend on what the table holds."""
    ir = """
    define i32 @scan(ptr %memory) {
    entry:
        %wanted = load i32, ptr %memory
        br label %turn
    turn:
        %low = phi i64 [0, %entry], [%low.next, %turn]
        %high = phi i64 [1024, %entry], [%high.next, %turn]
        %sum = add i64 %low, %high
        %middle = lshr i64 %sum, 1
        %at = getelementptr inbounds i32, ptr %memory, i64 %middle
        %found = load i32, ptr %at
        %below = icmp slt i32 %wanted, %found
        %low.next = select i1 %below, i64 %low, i64 %middle
        %high.next = select i1 %below, i64 %middle, i64 %high
        %distance = sub i64 %high.next, %low.next
        %more = icmp sgt i64 %distance, 1
        br i1 %more, label %turn, label %end
    end:
        %result = trunc i64 %low.next to i32
        ret i32 %result
    }
    """
    if jit.target().startswith("x86_64"):
        assert jit.assembly(ir)[1].count("cmov") >= 2
