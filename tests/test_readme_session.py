"""The README's section on what a session does: its code runs as it stands there."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path
from typing import Any

import pytest

import rtnb

README = Path(os.environ.get("RTNB_README", Path(__file__).parents[1] / "README.md"))
HEADING = "## What a session does for you\n"


def blocks() -> list[str]:
    """The Python blocks of the section."""
    _, found, rest = README.read_text(encoding="utf-8").partition(HEADING)
    assert found, f"the README has no {HEADING!r}"
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```python\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)


def test_every_block_runs_in_the_order_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"rtnb": rtnb}
    shown = io.StringIO()
    try:
        with contextlib.redirect_stdout(shown):
            for block in blocks():
                exec(compile(block, "README.md", "exec"), names)
        session = names["s"]
        assert names["turn"].tool_calls[0].name == "lookup_order" and "shipped" in names["turn"].text
        label = session.classify(["billing", "delivery", "praise"], about="My parcel never came.")
        assert label in ("billing", "delivery", "praise", "unsure")
        assert (tmp_path / "talk.rtnb").exists() and len(names["recording"].turns) == len(session.turns)
        assert session.config["max_output_tokens"] == 400
    finally:
        rtnb.close_all()
    assert len(blocks()) >= 5
