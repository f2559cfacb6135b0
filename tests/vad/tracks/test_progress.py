from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.kernel import Cell, Kernel

from rtnb.vad.tracks import progress
from rtnb.vad.tracks.progress import Progress


def test_quick_work_has_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []
    monkeypatch.setattr(Progress, "_show", lambda self, done: shown.append(done))
    with Progress(None, 10, "work") as told:
        for done in range(10):
            told(done)
    assert shown == []
    monkeypatch.setattr(progress, "AFTER_S", 0.0)
    with Progress(None, 10, "work") as told:
        for done in range(10):
            told(done)
    # At most a few times a second.
    assert shown == [0]
    with Progress(False, 10, "work") as told:
        told(1)
    assert shown == [0]


def test_a_callable_hears_of_the_end_only_if_it_was_reached() -> None:
    told: list[tuple[float, float]] = []
    with pytest.raises(OSError, match="disk"), Progress(lambda *each: told.append(each), 2, "work") as bar:
        bar(1)
        raise OSError("disk")
    assert told == [(1, 2)]


@pytest.mark.skipif(sys.platform == "win32", reason="no terminals of this kind")
def test_a_terminal_has_a_bar_that_goes() -> None:
    import fcntl
    import pty
    import struct
    import termios

    program = (
        "from rtnb.vad.tracks.progress import Progress\n"
        "import threading, time\n"
        "with Progress(True, 4, 'voice activity') as told:\n"
        "    told(0); time.sleep(0.25); told(2)\n"
        "assert threading.active_count() == 1\n"
    )
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    running = subprocess.Popen([sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while data := os.read(ours, 4096):
            seen += data
    # What a terminal says when its last user has gone.
    except OSError:
        pass
    os.close(ours)
    assert running.wait(20) == 0
    *_, last, left = seen.decode().split("\r")
    assert "voice activity" in seen.decode() and "50%" in seen.decode()
    assert not last.strip() and not left.strip()


@pytest.mark.kernel
def test_a_notebook_has_a_bar_that_goes_and_can_be_interrupted(tmp_path: Path) -> None:
    with Kernel(tmp_path) as kernel:
        kernel.run("from pathlib import Path\nfiles = sorted(Path(rtnb.sample('labelled')).glob('*.flac'))")

        def begun(cell: Cell) -> bool:
            return bool(cell.outputs)

        long = "rtnb.vad.probabilities(files * 2000, engine='energy', cache=False, progress=True);"
        since_s = time.monotonic()
        cell = kernel.finish(kernel.start(long), when=begun, then=kernel.interrupt)
        assert cell.error == "KeyboardInterrupt"
        assert "<progress" in cell.outputs[0]["text/html"]
        assert cell.updates[-1]["text/html"] == ""
        assert time.monotonic() - since_s < 60
        left = "import threading\n[each.name for each in threading.enumerate() if 'rtnb-tracks' in each.name]"
        assert kernel.run(left).result == "[]"
