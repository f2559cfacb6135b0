from __future__ import annotations

import pytest

from rtnb.vad.labels.marks import is_silence, named


@pytest.mark.parametrize("mark", ["sil", "SP", " silent ", "<p:>", "#", "noise", "0", "False"])
def test_marks_of_silence(mark: str) -> None:
    assert is_silence(mark)


@pytest.mark.parametrize("mark", ["", "spn", "Ann", "speech", "1", "silver", "no"])
def test_everything_else_is_speech(mark: str) -> None:
    assert not is_silence(mark)


@pytest.mark.parametrize(("mark", "who"), [("Speech", ""), ("1", ""), (" Ann ", "Ann"), ("", ""), ("sounding", "")])
def test_who_is_named(mark: str, who: str) -> None:
    assert named(mark) == who
