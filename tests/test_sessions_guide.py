"""docs/guides/sessions.md: its code runs as it stands there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

import rtnb

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guides" / "sessions.md"


def blocks() -> list[str]:
    """The Python blocks of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_every_block_runs_in_the_order_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    names: dict[str, Any] = {}
    shown = io.StringIO()
    try:
        with contextlib.redirect_stdout(shown):
            for block in blocks():
                exec(compile(block, str(PAGE), "exec"), names)
        session = names["s"]
        assert names["turn"].tool_calls[0].name == "lookup_order" and "shipped" in names["turn"].text
        label = session.classify(["billing", "delivery", "praise"], about="My parcel never came.")
        assert label in ("billing", "delivery", "praise", "unsure")
        assert (tmp_path / "talk.rtnb").exists() and len(names["recording"].turns) == len(session.turns)
        assert session.config["max_output_tokens"] == 400
        assert len(names["talk"].turns) > 10 and names["talk"].usage.total_usd > 0
        assert "9 plus 8 is 17" in asyncio.run(names["main"]())
    finally:
        rtnb.close_all()
    assert len(blocks()) >= 7
