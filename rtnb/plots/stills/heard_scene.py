"""What a still of sound shows: voices, detected speech and words on one clock, of anything that has sound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from rtnb.audio import Clip
from rtnb.plots.palette import Speaker
from rtnb.plots.scene import Scene, clip_scene, run_scene, session_scene, turn_scene
from rtnb.session.views.shapes import RunView, SessionView, TurnView

__all__ = ["Heard", "Sounding", "Words", "scene_of", "words_of"]


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody said, from when to when."""

    who: Speaker
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known already: nothing is gathered for it."""

    scene: Scene
    words: tuple[Words, ...] = ()
    length_s: float | None = None
    """How long all of it is, where the scene has only a part."""


Sounding: TypeAlias = Clip | TurnView | RunView | SessionView | Heard
"""What a waveform is shown of."""


def scene_of(source: Sounding) -> Scene:
    """Its voices and detected speech, on the clock that its card has."""
    if isinstance(source, Heard):
        return source.scene
    if isinstance(source, Clip):
        return clip_scene(source)
    if isinstance(source, TurnView):
        return turn_scene(source)
    return run_scene(source) if isinstance(source, RunView) else session_scene(source)


def words_of(source: Sounding, scene: Scene) -> list[Words]:
    """The transcripts, on the clock of the scene, by their beginnings.

    Examples
    --------
    >>> turn = TurnView(0, "completed", user_text="Hi", user_kind="audio", user_audio=Clip.silence(1.0),
    ...                 user_start_s=10.0)
    >>> words_of(turn, scene_of(turn))
    [Words(who='user', start_s=0.0, end_s=1.0, text='Hi')]
    """
    if isinstance(source, Heard):
        return sorted(source.words, key=lambda words: words.start_s)
    if isinstance(source, Clip):
        return []
    turns: Iterable[TurnView] = (source,) if isinstance(source, TurnView) else source.turns
    by = _shift(source, scene)
    found = []
    for turn in turns:
        if turn.user_text and (turn.user_audio is not None or turn.speech):
            start_s = turn.speech[0].onset_s if turn.speech else turn.user_start_s
            found.append(_words("user", turn.user_start_s, start_s, turn.user_audio, turn.user_text, by))
        if turn.assistant_text and turn.assistant_start_s is not None:
            start_s = turn.assistant_start_s
            found.append(_words("assistant", start_s, start_s, turn.assistant_audio, turn.assistant_text, by))
    return sorted(found, key=lambda words: words.start_s)


def _words(who: Speaker, from_s: float, start_s: float, clip: Clip | None, text: str, by: float) -> Words:
    end_s = from_s + (clip.duration_s if clip is not None else 0.0)
    return Words(who, start_s + by, max(end_s, start_s) + by, text)


def _shift(source: TurnView | RunView | SessionView, scene: Scene) -> float:
    """By how much the clock of the scene differs from the session's: it may begin with what is shown."""
    if isinstance(source, SessionView) or not scene.voices:
        return 0.0
    first = scene.voices[0]
    if isinstance(source, RunView):
        return first.start_s - source.input_start_s if first.who == "user" else 0.0
    given_s = source.user_start_s if first.who == "user" else source.assistant_start_s
    return first.start_s - (given_s or 0.0)
