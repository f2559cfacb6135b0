from __future__ import annotations

import pytest
from support.command import Command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Commands in this process, on a terminal of 120 columns, at the prices that rtnb carries."""
    monkeypatch.delenv("RTNB_PRICES", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return Command(capsys)
