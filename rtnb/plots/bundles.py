"""What Jupyter gets of each value object: HTML for notebooks, PNG for where HTML is not shown, plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtnb._display import register
from rtnb.audio import Clip
from rtnb.plots import cards, text
from rtnb.plots.render import png_base64
from rtnb.plots.scene import Scene, clip_scene, run_scene, session_scene, turn_scene
from rtnb.plots.waveform import draw
from rtnb.pricing import Cost
from rtnb.session.views import RunView, SessionView, TurnView, UsageReport

__all__ = ["register_all"]

_Bundle = Mapping[str, Any]


def _bundle(html: object, plain: str | None = None, scene: Scene | None = None) -> _Bundle:
    bundle: dict[str, Any] = {"text/html": str(html)}
    if plain is not None:
        bundle["text/plain"] = plain
    if scene is not None and not scene.empty:
        bundle["image/png"] = png_base64(draw(scene))
    return bundle


def clip_bundle(clip: Clip) -> _Bundle:
    """A sound; its repr says enough in plain text."""
    return _bundle(cards.clip_card(clip), scene=clip_scene(clip))


def turn_bundle(turn: TurnView) -> _Bundle:
    """A turn; while it goes on without pictures, which take too long to be drawn over and over."""
    return _bundle(cards.turn_card(turn), text.turn_text(turn), turn_scene(turn) if turn.over else None)


def run_bundle(run: RunView) -> _Bundle:
    """A run; its picture when it is done."""
    return _bundle(cards.run_card(run), text.run_text(run), run_scene(run) if run.done else None)


def session_bundle(session: SessionView) -> _Bundle:
    """A session so far."""
    return _bundle(cards.session_card(session), text.session_text(session), session_scene(session))


def cost_bundle(cost: Cost) -> _Bundle:
    """A bill."""
    return _bundle(cards.cost_card(cost), text.cost_text(cost))


def report_bundle(report: UsageReport) -> _Bundle:
    """Tokens and cost of a session."""
    return _bundle(cards.report_card(report), text.report_text(report))


def register_all() -> None:
    """Tell :mod:`rtnb._display` how each value object draws itself."""
    register(Clip, clip_bundle)
    register(TurnView, turn_bundle)
    register(RunView, run_bundle)
    register(SessionView, session_bundle)
    register(Cost, cost_bundle)
    register(UsageReport, report_bundle)
