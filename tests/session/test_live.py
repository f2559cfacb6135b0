"""Outside a kernel nothing is shown; what happens in one is tested in tests/kernel."""

from __future__ import annotations

import pytest

from rtnb.session.live import Card, ProgressBar, current_cell, notice


def test_there_is_no_card_no_notice_and_no_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert Card.show(lambda: object()) is None
    assert current_cell() is None
    notice("hello")
    bar = ProgressBar("Loading")
    bar(1, 3, "ears")
    bar.close("ready")
    assert capsys.readouterr().out == ""
