"""The handle on a streamed recording."""

from __future__ import annotations

from dataclasses import replace

from rtnb.audio import Clip
from rtnb.session.verbs.run import Run
from rtnb.session.views.shapes import RunView, TurnView


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


def test_a_turn_of_it_may_be_interrupted_after_its_end() -> None:
    sounding = replace(view(True), turns=(TurnView(0, "completed"),))
    cut = replace(view(True), turns=(TurnView(0, "completed", heard_s=0.5, settled=True),))
    views = [sounding, cut, view(False)]
    run = Run(lambda: views.pop(0), lambda: (), streamed=lambda: 1.5, duration_s=3.0)
    assert run.view() is sounding
    assert run.view() is cut
    assert run.view() is cut and len(views) == 1
