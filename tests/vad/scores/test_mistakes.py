from __future__ import annotations

import pytest

from rtnb import Clip
from rtnb.errors import ConfigError
from rtnb.vad import Mistake, Mistakes, Setting
from rtnb.vad.corpus import Item
from rtnb.vad.scores.definitions import KINDS

ITEMS = (Item("a", Clip.silence(10.0)), Item("b", Clip.silence(10.0)))
FOUND = Mistakes(
    Setting(0.5, 300, 200),
    (
        Mistake("missed", "a", 1.0, 2.0, "1.00 s of labelled speech", 0),
        Mistake("false_start", "a", 4.0, 4.5, "500 ms of sound"),
        Mistake("cut_off", "b", 2.0, 3.0, "a stop", 1),
    ),
    ITEMS,
)


def test_they_are_a_list() -> None:
    assert len(FOUND) == 3 and FOUND[1].kind == "false_start" and [each.recording for each in FOUND] == ["a", "a", "b"]
    assert (
        repr(FOUND)
        == "Mistakes(0.50 / 300 / 200: 1 false start, 1 missed, 1 cut off, in 2 recordings; local emulation)"
    )


def test_counts_have_every_kind() -> None:
    assert tuple(FOUND.counts) == KINDS and sum(FOUND.counts.values()) == 3


def test_some_of_them() -> None:
    assert [each.kind for each in FOUND.of("missed", "cut_off")] == ["missed", "cut_off"]
    assert [each.kind for each in FOUND.of(recording="a")] == ["missed", "false_start"]
    assert len(FOUND.of("missed", recording="b")) == 0
    assert FOUND.of("missed").items == ITEMS
    with pytest.raises(ConfigError, match="no kind of mistake 'lost'"):
        FOUND.of("lost")
    with pytest.raises(ConfigError, match="no recording 'c'"):
        FOUND.of(recording="c")


def test_where_a_recording_is() -> None:
    assert (FOUND.place("a"), FOUND.place("b")) == (0, 1)


def test_the_table() -> None:
    frame = FOUND.frame
    assert list(frame.columns) == ["recording", "kind", "start_s", "end_s", "turn", "detail"]
    assert frame["turn"].isna().tolist() == [False, True, False] and frame["turn"][2] == 1
    empty = Mistakes(FOUND.setting, (), ITEMS).frame
    assert list(empty.columns) == list(frame.columns) and empty.empty
