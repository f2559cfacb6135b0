"""What a waveform is shown of, in the forms that people have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.audio.sources import ArraySource
from rtnb.errors import ConfigError
from rtnb.plots.scene import Scene, run_scene, session_scene, turn_scene
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.record.recording import Recording
from rtnb.session.views.shapes import RunView, SessionView, TurnView
from rtnb.session.views.snapshots import Observer
from rtnb.widgets.waveform.entries import scene_entry, turn_entry
from rtnb.widgets.waveform.talking import Talking
from rtnb.widgets.waveform.tracks import Entry, Sheet, Sound, Track

__all__ = ["Taken", "named", "scene_sheet", "told"]

KINDS = (
    "a Clip, the path of an audio file, samples (with rate_hz=), a Turn, a Run, a Session, a Recording, "
    "or several sounds as a list or a dict of names"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that has sound.

    Parameters
    ----------
    take : callable
        Gives the sheet as it stands.
    still : callable or None
        Gives what pictures are drawn of; None: the sheet itself.
    code : str
        A Python expression for it, which can be sliced by seconds.
    session : Session or AsyncSession or None
        What it grows with.
    talking : Talking or None
        What looks at it.
    growing : callable or None
        Whether it still grows, where nobody tells.
    """

    take: Callable[[], Sheet]
    still: Callable[[], Any] | None
    code: str
    session: Session | AsyncSession | None = None
    talking: Talking | None = None
    growing: Callable[[], bool] | None = None


def told(of: object, *, rate_hz: int | None = None) -> Taken:
    """Whatever somebody wants to look at.

    Raises
    ------
    ConfigError
        It has no sound, and never will.
    AudioError, AudioFileError
        Samples that are none, or a file that is none.

    Examples
    --------
    >>> sheet = told(Clip.silence(2.0)).take()
    >>> [(track.name, track.side) for track in sheet.tracks], sheet.duration_s
    ([('Sound', 'both')], 2.0)
    """
    if isinstance(of, Recording):
        talking = Talking(lambda: Observer(of._talk, of.events, of.endpoint))
        return Taken(lambda: talking.sheet(talking.take()), None, _call_code(of, "recording"), talking=talking)
    if isinstance(of, Session | AsyncSession):
        return _session(of)
    if isinstance(of, Mapping):
        return _several({str(name): each for name, each in of.items()}, of, rate_hz)
    if isinstance(of, list | tuple) and of and not isinstance(of[0], int | float | np.number):
        return _several({f"Sound {i + 1}": each for i, each in enumerate(of)}, of, rate_hz)
    if isinstance(of, Clip | str | Path | np.ndarray | list | tuple):
        return _sound(of, rate_hz)
    look = getattr(of, "view", None)
    view = look() if callable(look) else of
    if isinstance(view, TurnView | RunView | SessionView):
        return _viewed(of, view)
    raise ConfigError(f"Waveform shows {KINDS}; not {of!r:.60}.")


def named(of: object) -> str | None:
    """What the notebook calls it; None where it has no name, or there is no notebook."""
    try:
        from IPython import get_ipython

        shell = get_ipython()
        names = {} if shell is None else dict(shell.user_ns)
    except Exception:
        return None
    found = [name for name, value in names.items() if value is of and not name.startswith("_")]
    return min(found, key=len) if found else None


def _call_code(of: object, usual: str) -> str:
    return f"rtnb.Waveform({named(of) or usual})"


def _source(of: object, rate_hz: int | None) -> ArraySource:
    if isinstance(of, Clip):
        return ArraySource.of(of)
    if isinstance(of, str | Path):
        return ArraySource.of(Clip.load(of))
    if rate_hz is None:
        raise ConfigError("Bare samples need their rate: Waveform(samples, rate_hz=24000).")
    if isinstance(of, np.ndarray) and of.dtype == np.int16 and of.ndim == 1:
        # Hours of them are not copied.
        return ArraySource(of, rate_hz)
    return ArraySource.of(Clip(of, rate_hz))  # type: ignore[arg-type]


def _sound(of: Any, rate_hz: int | None) -> Taken:
    source = _source(of, rate_hz)
    name = Path(of).name if isinstance(of, str | Path) else "Sound"
    sounds = (Sound(0.0, source),) if len(source) else ()
    sheet = Sheet((Track(name, "user", "both", sounds),), note="Empty: 0 s of sound.", subject=f"Waveform of {name}")
    code = f"rtnb.Clip.load({str(of)!r})" if isinstance(of, str | Path) else named(of) or "clip"
    if isinstance(of, np.ndarray | list | tuple):
        code = f"rtnb.Clip({named(of) or 'samples'}, {source.rate_hz})"
    return Taken(lambda: sheet, lambda: source, code)


def _several(sounds: Mapping[str, object], of: object, rate_hz: int | None) -> Taken:
    if not sounds:
        raise ConfigError("There is no sound in it: give at least one.")
    tracks = []
    for name, each in sounds.items():
        source = _source(each, rate_hz) if isinstance(each, Clip | str | Path | np.ndarray | list | tuple) else None
        if source is None:
            raise ConfigError(f"Several sounds are clips, paths or samples; {name!r} is {each!r:.60}.")
        shown = Path(each).name if isinstance(each, str | Path) and name.startswith("Sound ") else name
        tracks.append(Track(shown, "user", "both", (Sound(0.0, source),) if len(source) else ()))
    sheet = Sheet(tuple(tracks), note="Empty: 0 s of sound.", subject=f"Waveform of {len(tracks)} sounds")
    return Taken(lambda: sheet, lambda: sheet.clip(sheet.start_s, sheet.end_s), _call_code(of, "sounds"))


def scene_sheet(scene: Scene, entries: Sequence[Entry]) -> Sheet:
    """Of a scene as the pictures have it."""
    voices = {
        who: tuple(
            Sound(voice.start_s, ArraySource.of(voice.clip), voice.heard_s)
            for voice in sorted(scene.voices, key=lambda each: each.start_s)
            if voice.who == who
        )
        for who in ("user", "assistant")
    }
    return Sheet(
        (
            Track("You", "user", "above", voices["user"]),
            Track("Assistant", "assistant", "below", voices["assistant"]),
        ),
        tuple(entries) or (scene_entry(scene),),
        note=f"{scene.note[:1].upper()}{scene.note[1:]}." if scene.note else "No audio.",
        subject=scene.subject,
    )


def _sheet_of(view: TurnView | RunView | SessionView) -> Sheet:
    if isinstance(view, TurnView):
        scene = turn_scene(view)
        begins_s = view.user_start_s if view.user_audio is not None and len(view.user_audio) else view.assistant_start_s
        by_s = (begins_s or 0.0) - scene.voices[0].start_s if scene.voices else 0.0
        return scene_sheet(scene, [turn_entry(view, 0, number=False, by_s=by_s)] if scene.voices else [])
    if isinstance(view, RunView):
        scene = run_scene(view)
        by_s = view.input_start_s - scene.voices[0].start_s if len(view.input) and scene.voices else 0.0
        return scene_sheet(scene, [turn_entry(turn, i, by_s=by_s) for i, turn in enumerate(view.turns)])
    return scene_sheet(session_scene(view), [turn_entry(turn, i) for i, turn in enumerate(view.turns)])


def _viewed(of: Any, view: TurnView | RunView | SessionView) -> Taken:
    if of is view:
        return Taken(lambda: _sheet_of(view), lambda: view, _call_code(of, "view"))

    def growing() -> bool:
        now = of.view()
        return not (now.done if isinstance(now, RunView) else now.over if isinstance(now, TurnView) else True)

    def take() -> Sheet:
        from dataclasses import replace

        now = of.view()
        live = not (now.done if isinstance(now, RunView) else now.over if isinstance(now, TurnView) else True)
        return replace(_sheet_of(now), live=live)

    usual = "turn" if isinstance(view, TurnView) else "run"
    return Taken(take, of.view, _call_code(of, usual), growing=growing)


def _session(of: Session | AsyncSession) -> Taken:
    inner = of._async if isinstance(of, Session) else of
    core = inner.core
    talking = Talking(
        lambda: Observer(core.talk, core.log, core.endpoint.label),
        live=lambda: core.status in ("new", "open", "reconnecting"),
        now_s=core.now_s,
    )

    def on_its_thread(look: Callable[[], Any]) -> Any:
        return of._call(look) if isinstance(of, Session) else look()

    def take() -> Sheet:
        while on_its_thread(talking.look):
            # Its loop does what else there is.
            pass
        return talking.sheet(on_its_thread(talking.take))

    return Taken(take, None, _call_code(of, "s"), session=of, talking=talking)
