"""The handle on a streamed recording."""

from __future__ import annotations

from rtnb.audio import Clip
from rtnb.session.verbs.run import Run
from rtnb.session.views.shapes import RunView


def view(done: bool) -> RunView:
    return RunView(source="call.wav", input=Clip.silence(1.5), input_start_s=0.0, turns=(), done=done)


def test_it_follows_and_then_keeps_what_it_was() -> None:
    views = [view(False)]
    run = Run(lambda: views[-1], lambda: (), streamed=lambda: 1.5, duration_s=3.0)
    assert "running" in repr(run) and run.turns == [] and (run.streamed_s, run.duration_s) == (1.5, 3.0)
    views.append(view(True))
    assert run.view().done
    views.append(view(False))
    assert run.view().done and repr(run) == "Run('call.wav', 1.5 s, 0 turns)"
