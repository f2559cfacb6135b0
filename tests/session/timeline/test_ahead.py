"""Looking ahead in slices: the same timeline as in one go, with little left for the look itself."""

from __future__ import annotations

import rtnb
from rtnb.session.record.recording import Recording
from rtnb.session.timeline.placing import rows_for, turn_starts
from rtnb.session.timeline.seen import Eyes


def test_slices_see_what_one_look_sees() -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        for word in ("cat", "dog", "cow"):
            s.ask(f"Spell {word}.", show=False)
    observer = Recording(s.events, endpoint="here")._observer
    eyes, slices = Eyes(), 0
    while eyes.ahead(observer, seconds=-1.0, live=False, now_s=None):
        # Nothing is looked at in no time, and time goes on: each of these is refused.
        slices += 1
        assert not eyes._settled
        if slices == 3:
            break
    assert slices == 3
    while eyes.ahead(observer, seconds=0.001, live=False, now_s=None):
        pass
    assert len(eyes._settled) == 2 and len(eyes._charges) == 3  # the last turn may go on
    assert eyes.look(observer) == Eyes().look(observer)


def test_rows_and_turns_have_places() -> None:
    assert rows_for([(0.0, 1.0), (1.0, 2.0), (1.5, 3.0), (1.6, 9.0)], most=2) == [0, 0, 1, 1]
    with rtnb.connect(modalities=["text"], journal=False) as s:
        s.ask("Spell cat.", show=False)
        s.ask("Spell dog.", show=False)
        found = turn_starts(s.timeline)
    assert list(found) == [0, 1] and found[0] < found[1]
