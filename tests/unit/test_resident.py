"""What a scan touches is there before it begins."""

from __future__ import annotations

import mmap
import os
import threading
from pathlib import Path

from runtime.engine import resident
from runtime.image.block import Block, BlockLayout
from runtime.image.trace import Setting, TraceSlot
from runtime.image.trace_layout import RING_WORDS, TRACES
from tests.faults.rig import wait_for
from tests.unit import handmade

MAPS = """\
55d0c8a00000-55d0c8b00000 r-xp 00000000 08:01 10                         /usr/bin/python3.11
7f0000000000-7f0000028000 r--p 00000000 08:01 11                         /usr/lib/x86_64-linux-gnu/libc.so.6
7f0000028000-7f0000180000 r-xp 00028000 08:01 11                         /usr/lib/x86_64-linux-gnu/libc.so.6
7f00001d0000-7f00001d4000 ---p 001d0000 08:01 11                         /usr/lib/x86_64-linux-gnu/libc.so.6
7f0000200000-7f0000280000 r-xp 00000000 08:01 12                         /usr/lib/x86_64-linux-gnu/libm.so.6
7f0000300000-7f0008000000 r-xp 00000000 08:01 13                         /opt/lib/libllvmlite.so
7f0008000000-7f0008001000 rw-p 00000000 00:00 0
"""


def test_the_library_of_programs_is_found() -> None:
    found = resident.library_ranges(MAPS)
    assert found == [
        (0x7F0000000000, 0x7F0000028000),
        (0x7F0000028000, 0x7F0000180000),
        (0x7F0000200000, 0x7F0000280000),
    ]
    here = resident.library_ranges(Path("/proc/self/maps").read_text())
    assert here, "on this machine too"


def taken_bytes(block: Block) -> int:
    return os.fstat(block.fd).st_blocks * 512


def test_all_of_a_block_is_brought_in_but_rings_of_traces() -> None:
    """They were 8 MiB of locked memory in each PLC, whether it had traces or not."""
    program = handmade.program()
    block, view = handmade.make(program, handmade.bound(program))
    layout: BlockLayout = block.layout
    rings = TRACES * RING_WORDS * 8
    resident.bring_in(block, view)
    whole = layout.fixed_bytes + layout.bank_bytes
    assert (
        whole - rings - TRACES * 2 * mmap.PAGESIZE <= taken_bytes(block) <= whole - rings + TRACES * 2 * mmap.PAGESIZE
    )
    before = taken_bytes(block)
    TraceSlot(block, 1).set_up(Setting(channels=[(0, 4, -1)], text=b""), 0)
    assert taken_bytes(block) - before >= RING_WORDS * 8 - mmap.PAGESIZE, "whoever sets a trace up brings its ring in"
    block.close()


def test_a_scan_has_no_page_faults() -> None:
    """Measured where it counts: of the scan thread, from its first scan on."""
    program = handmade.program()
    with handmade.running(program, handmade.bound(program)) as block:
        scan = next(thread for thread in threading.enumerate() if thread.name == "scan")
        assert scan.native_id is not None
        wait_for(lambda: block.get("scans") > 2, "scans")
        faults, scans = faults_of(scan.native_id), block.get("scans")
        wait_for(lambda: block.get("scans") > scans + 50, "scans")
        assert faults_of(scan.native_id) == faults


def faults_of(thread: int) -> tuple[int, int]:
    """Minor and major ones."""
    fields = Path(f"/proc/self/task/{thread}/stat").read_text().rpartition(")")[2].split()
    return int(fields[7]), int(fields[9])
