"""The demo's own parts; the whole of it runs in tests/test_cli.py."""

from __future__ import annotations

import pytest

from rtnb.lab.demo import terminal_progress


def test_where_nobody_watches_each_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = terminal_progress()
    for part, label in [(0.1, "asking"), (0.3, "streaming"), (0.6, "streaming"), (1.0, "done")]:
        progress(part, label)
    assert capsys.readouterr().err.splitlines() == ["[ 10%] asking", "[ 30%] streaming", "[100%] done"]
