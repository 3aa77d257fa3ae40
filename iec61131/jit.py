"""IR to object code, and object code to callable addresses.

The two halves are apart on purpose: object code is compiled once, kept by digest, and loaded in whatever process runs
it. `compile_object` runs LLVM's passes and its code generator for this machine's processor; `load` links an object
into the running process. LLVM's linker trusts its input, so `load` looks first: a checksum tells damage, and an
object that refers to anything but `ALLOWED_SYMBOLS` is refused.

Use from one thread at a time: LLVM's global context, in which modules are parsed, is not guarded.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from itertools import count
from typing import Any, cast

import llvmlite.binding as _untyped  # pyright: ignore[reportMissingTypeStubs]

from iec61131.semantics import libm

_llvm = cast(Any, _untyped)  # llvmlite ships no types

ALLOWED_SYMBOLS = (
    *(libm.symbol(name, single=single) for name in libm.LIBM for single in (False, True)),
    *("ceil", "ceilf", "floor", "floorf", "roundeven", "roundevenf"),
    *("bcmp", "memcmp", "memcpy", "memmove", "memset", "strnlen"),
    *("snprintf", "strtod", "strtof"),
)
"""What object code may call: functions of the C library that keep no state and allocate nothing, as they are called."""

INLINING_THRESHOLD = 50
"""LLVM's measure of what is inlined; its own default is 225. Half the time of all passes went into the bodies that the
default makes larger, and no program of `bench/code` became faster by it.
"""

_ELF_MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian
_CHECKSUM_BYTES = 32


class LoadError(Exception):
    """Object code that cannot be loaded here: damaged, for another machine, or in need of a symbol that it may not
    have.
    """


class LoadedCode:
    """Machine code in this process. Addresses are valid as long as this object lives; a thread that runs the code
    must hold on to it.
    """

    def __init__(self, linked: Any, symbols: Sequence[str]) -> None:
        self._linked = linked
        self._addresses = {symbol: int(linked[symbol]) for symbol in symbols}

    def address(self, symbol: str) -> int:
        """The entry point named `symbol`. Raises KeyError for one that was not asked for when loading."""
        return self._addresses[symbol]


def target() -> str:
    """Triple, processor and features that `compile_object` compiles for: part of a program's digest, since code for
    another is of no use.
    """
    return f"{_llvm.get_process_triple()} {_llvm.get_host_cpu_name()} {_features()}"


def compile_object(ir: str, optimise: int = 3) -> bytes:
    """An ELF relocatable for `target()` with its SHA-256 behind it, from the text of a module. `optimise` is LLVM's
    level, 0 to 3.
    """
    machine = _machine(optimise)
    code: bytes = machine.emit_object(_optimised(ir, optimise, machine))
    return code + sha256(code).digest()


def compile_objects(modules: Iterable[str], optimise: int = 3) -> tuple[bytes, ...]:
    """`compile_object` of each module of a program, one after the other."""
    return tuple(compile_object(module, optimise) for module in modules)


def assembly(ir: str, optimise: int = 3) -> tuple[str, str]:
    """The IR after all passes, and the machine's assembly: what comes out, for people."""
    machine = _machine(optimise)
    module = _optimised(ir, optimise, machine)
    return str(module), machine.emit_assembly(module)


def load(objects: Sequence[bytes], symbols: Sequence[str]) -> LoadedCode:
    """Link what `compile_object` made of the modules of one program into this process and look up its entry points.
    Raises LoadError.
    """
    images = [_checked(each) for each in objects]
    tables = [_symbols(image) for image in images]
    defined = {name for table in tables for name, is_defined in table.items() if is_defined}
    foreign = sorted({name for table in tables for name in table} - defined - set(ALLOWED_SYMBOLS))
    if foreign:
        raise LoadError(f"the object code refers to what no program may call: {', '.join(foreign)}")
    library = _llvm.JITLibraryBuilder()
    for image in images:
        library.add_object_img(image)
    for name, address in _c_library().items():
        library.import_symbol(name, address)
    for symbol in symbols:
        library.export_symbol(symbol)
    try:
        linked = library.link(_linker(), f"program-{next(_LIBRARY_NUMBERS)}")
    except RuntimeError as error:  # what llvmlite raises for every failure of the linker
        raise LoadError(f"the object code cannot be linked: {' '.join(str(error).split())}") from error
    return LoadedCode(linked, symbols)


def is_sound(object_code: bytes) -> bool:
    """Whether this is what `compile_object` made, undamaged."""
    code, checksum = object_code[:-_CHECKSUM_BYTES], object_code[-_CHECKSUM_BYTES:]
    return code.startswith(_ELF_MAGIC) and sha256(code).digest() == checksum


def _checked(object_code: bytes) -> bytes:
    """The ELF relocatable without its checksum."""
    if not is_sound(object_code):
        raise LoadError("the object code is damaged, or is none: compile the program again")
    return object_code[:-_CHECKSUM_BYTES]


# --------------------------------------------------------------------------------------------------------------- target


@cache
def _features() -> str:
    return _llvm.get_host_cpu_features().flatten()


@cache
def _machine(optimise: int) -> Any:
    """Position-independent code: the linker may put it anywhere, however far from the C library."""
    _initialise()
    host = _llvm.Target.from_triple(_llvm.get_process_triple())
    return host.create_target_machine(
        cpu=_llvm.get_host_cpu_name(), features=_features(), opt=optimise, reloc="pic", codemodel="small"
    )


def _optimised(ir: str, optimise: int, machine: Any) -> Any:
    module = _llvm.parse_assembly(ir)
    module.triple, module.data_layout = _llvm.get_process_triple(), str(machine.target_data)
    module.verify()
    tuning = _llvm.create_pipeline_tuning_options(speed_level=optimise)
    tuning.loop_vectorization = tuning.slp_vectorization = optimise >= 2
    tuning.inlining_threshold = INLINING_THRESHOLD
    passes = _llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(module, passes)
    return module


# -------------------------------------------------------------------------------------------------------------- linking

_LIBRARY_NUMBERS = count(1)


@cache
def _initialise() -> None:
    """Once in a process: LLVM's options are global, and saying one twice ends the process.

    LLVM would turn selects in loops into branches where it guesses that they can be predicted. Process values often
    cannot (a search in a table took five times as long), and a scan's time should not depend on them.
    """
    _llvm.initialize_native_target()
    _llvm.initialize_native_asmprinter()
    if _llvm.get_process_triple().startswith("x86_64"):
        _llvm.set_option("rung", "--x86-cmov-converter=false")


@cache
def _linker() -> Any:
    """One for the process; each program is a library of its own in it. JITLink keeps an object's sections together,
    within reach of each other.
    """
    _initialise()
    return _llvm.create_lljit_compiler(use_jit_link=True, suppress_errors=True)


@cache
def _c_library() -> dict[str, int]:
    """Addresses in this process's own C library, the one that the interpreter calls too."""
    library = ctypes.CDLL(None)
    addresses = {name: ctypes.cast(library[name], ctypes.c_void_p).value for name in ALLOWED_SYMBOLS}
    return {name: address for name, address in addresses.items() if address is not None}


# ------------------------------------------------------------------------------------------------------------------ ELF

_SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")  # name type flags address offset size link info align entry-size
_SYMBOL = struct.Struct("<IBBHQQ")  # name info other section value size
_SYMBOL_TABLE = 2  # section type
_UNDEFINED = 0  # section number


def _symbols(code: bytes) -> dict[str, bool]:
    """The names in the symbol table of an ELF relocatable that others see, and whether it defines them."""
    (sections_at,) = struct.unpack_from("<Q", code, 0x28)
    (section_count,) = struct.unpack_from("<H", code, 0x3C)
    sections: list[tuple[int, ...]] = [
        _SECTION_HEADER.unpack_from(code, sections_at + n * _SECTION_HEADER.size) for n in range(section_count)
    ]
    names: dict[str, bool] = {}
    for section in sections:
        _, type_, _, _, offset, size, link, first_global, *_ = section
        if type_ != _SYMBOL_TABLE:
            continue
        text_at: int = sections[link][4]
        for name, _, _, number, _, _ in _SYMBOL.iter_unpack(code[offset + first_global * _SYMBOL.size : offset + size]):
            if name:
                text = code[text_at + name : code.index(0, text_at + name)].decode()
                names[text] = names.get(text, False) or number != _UNDEFINED
    return names
