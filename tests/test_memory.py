"""Memory that is given back."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from rtnb._memory import give_back

PIECES, SIZE = 2000, 100_000


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is asked")
def test_what_is_free_leaves_the_process() -> None:
    # The last piece of the heap stays, so that nothing before it goes by itself.
    pieces = [bytearray(b"x" * SIZE) for _ in range(PIECES)]
    stays = bytearray(b"x" * SIZE)
    full = resident()
    del pieces
    gc.collect()
    give_back()
    assert full - resident() > PIECES * SIZE / 2
    assert len(stays) == SIZE


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert give_back() is False
