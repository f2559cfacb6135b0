"""Memory that is given back."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from rtnb import _memory
from rtnb._memory import give_back

# A process of its own, as other threads' memory would count: the last piece of the heap stays, so that nothing before
# it goes by itself.
PROGRAM = """
import gc, resource
from pathlib import Path
from rtnb._memory import give_back

def resident():
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * resource.getpagesize()

pieces = [bytearray(b"x" * 100_000) for _ in range(2000)]
stays = bytearray(b"x" * 100_000)
full = resident()
del pieces
gc.collect()
print(give_back(), full - resident() > 100_000_000)
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    _memory._malloc_trim.cache_clear()
    yield
    _memory._malloc_trim.cache_clear()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is asked")
def test_what_is_free_leaves_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("True True\n", "")


@pytest.mark.parametrize("error", [OSError("Dynamic loading not supported"), AttributeError("malloc_trim")])
def test_where_the_library_cannot_be_asked_nothing_is_raised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refused(name: object) -> Any:
        raise error

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", refused)
    assert give_back() is False


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert give_back() is False
