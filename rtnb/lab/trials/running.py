"""A clip on a live server: one session a setting, and what each tells of speech beside the local prediction."""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtnb._display import counted
from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError, RecordingError
from rtnb.lab.trials.conducting import Places, Shown, conduct
from rtnb.lab.trials.cost import check_budget, trial_cost
from rtnb.lab.trials.outcomes import outcome
from rtnb.lab.trials.plans import Plan, plans_of
from rtnb.lab.trials.predictions import format_of
from rtnb.lab.trials.preparing import Prepared, prepared
from rtnb.lab.trials.results import Trial
from rtnb.lab.trials.sessions import Listened, listen, of_a_trial
from rtnb.session.config.keywords import DEFAULT_MODEL
from rtnb.session.live import notice
from rtnb.session.verbs.streaming import TAIL_LIMIT_S, Pace
from rtnb.session.wire.place import Place
from rtnb.vad.calibration.result import Calibration
from rtnb.vad.corpus import Item
from rtnb.vad.engines.base import Engine
from rtnb.vad.labels.merging import checked_gap
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.setting import Setting
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.tuning_spec import load_tuning

if TYPE_CHECKING:
    from rtnb.server.local import LocalServer

__all__ = ["trial"]

TAIL_S = 1.5
"""Silence behind the clip besides the silence that ends a turn, about as a session streams it."""

LONG_S = 60.0
"""From here on it is told how long a trial takes. Own choice."""

MOST_AT_ONCE = 32
"""Sessions at a time, at most: a slip of the pen is not to open hundreds. Own choice."""


def trial(
    clip: Clip | Item | Path | str,
    settings: object,
    endpoint: str | None = None,
    *,
    concurrency: int = 2,
    responses: bool = False,
    labels: object = None,
    turn_gap_s: float | None = None,
    tuning: DetectorTuning | Calibration | Mapping[str, Any] | Path | str | None = None,
    engine: Engine | str | None = None,
    model: str | None = None,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    server: LocalServer | None = None,
    budget_usd: float | None = None,
    recordings: Path | str | None = None,
    pace: Pace = "real",
    progress: Callable[[float, float], None] | None = None,
    cancel: threading.Event | None = None,
    **session: Any,
) -> Trial:
    """Try settings of turn detection on a live server.

    The clip is streamed at the pace it was spoken, to one session a setting, with silence behind it until the last
    turn is over. What the sessions tell of speech is held against the local prediction, event by event. Unless asked
    for, nothing answers: ``create_response`` and ``interrupt_response`` are off and nothing is transcribed, which the
    API does not bill; on an endpoint that is not on this machine the cost is told before anything is sent.

    Parameters
    ----------
    clip : Clip, Item, Path or str
        Sound, or the path of an audio file; an item of a corpus brings its labels, which are scored against if
        `turn_gap_s` is given.
    settings
        One or several: :class:`rtnb.ServerVad`, :class:`rtnb.SemanticVad`, :class:`rtnb.vad.Setting`, mappings,
        scores, or a table such as ``sweep.pareto()``. A setting's hysteresis is the detector's and cannot be sent.
    endpoint, model, key, headers, server
        As for :func:`rtnb.connect`; the embedded server by default.
    concurrency : int
        Sessions at a time.
    responses : bool
        Whether the model answers, as far as the settings let it.
    labels : optional
        Who speaks when, as :meth:`rtnb.vad.Labels.of` takes it: labels, their file, a table, or pairs of seconds. Then
        what was heard is scored as well, which needs `turn_gap_s`.
    turn_gap_s : float, optional
        Labelled speech with pauses shorter than this is one turn.
    tuning : DetectorTuning, Calibration, mapping, path or str, optional
        The detector that predicts: a calibration, or what :func:`rtnb.vad.load_tuning` takes, such as its file; the
        local emulation by default.
    engine : Engine or str, optional
        Whose probabilities the prediction is made of; the default one, which is the embedded server's, if not given.
    budget_usd : float, optional
        A trial that may cost more is not started.
    recordings : path, optional
        A folder for recordings of the sessions, which ``rtnb.vad.calibrate`` and :func:`rtnb.replay` take.
    pace : {"real", "source"}
        ``"source"`` sends as fast as the server takes it: for servers that do not mind, such as the embedded one. When
        an event arrived then says nothing of latency; that of the prediction stands for it.
    progress : callable, optional
        Takes the seconds that were streamed and those that there are in all; a line shows them if not given. While
        the sound is encoded and the prediction is made, nothing is streamed yet. What it raises ends the trial.
    cancel : threading.Event, optional
        Ends the trial early when it is set, at whatever it is: sessions are closed, and what was heard until then is
        returned. Of a session that ended early only the turns are expected that it could tell by then.
    **session
        More settings of the sessions, as for :func:`rtnb.connect`.

    Returns
    -------
    Trial
        A session that failed leaves the others alone; ``trial.problems`` names it.

    Raises
    ------
    ConfigError
        Something that cannot be used, no key, labels without `turn_gap_s`.
    AudioError
        The clip cannot be read or is empty.
    BudgetError
        It may cost more than `budget_usd`; nothing was sent.
    UnreachableError, RefusedError, ApiError
        No session could be opened.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.lab import trial
    >>> question = rtnb.Clip.load(rtnb.sample("weather_question"))
    >>> result = trial(question, [rtnb.ServerVad(), rtnb.ServerVad(silence_duration_ms=400)], pace="source")
    >>> [(run.title, len(run.heard), max(run.residuals_ms)) for run in result.runs]
    [('0.50 / 300 / 200', 1, 0.0), ('0.50 / 300 / 400', 1, 0.0)]
    """
    plans = plans_of(settings, responses=_flag("responses", responses))
    sound, known = _sound(clip, labels)
    # Labels that came with an item may just be shown; whoever gives them wants scores.
    scored = known is not None and (labels is not None or turn_gap_s is not None)
    scoring = Scoring(turn_gap_s=checked_gap(turn_gap_s)) if scored else None
    at_once = _count(concurrency)
    if pace not in ("real", "source"):
        raise ConfigError(f"pace is 'real' or 'source', not {pace!r:.60}.")
    if "turn_detection" in session:
        raise ConfigError("Turn detection is what a trial varies: give it as settings, not as turn_detection.")
    places = Places(endpoint, key, headers, session, server)
    folder = None if recordings is None else _folder(Path(recordings))
    used = _tuning(tuning)
    name = DEFAULT_MODEL if model is None else model

    notes = list(dict.fromkeys(note for plan in plans for note in plan.notes))
    notes += [f"labels: {note}" for note in known.notes] if known is not None else []
    shown = Shown(progress, len(plans) * sound.duration_s)
    ready = prepared(sound, format_of(session.get("input_format")), plans, used, engine, shown.preparing, cancel)
    cost = "" if ready.ended else _told_cost(places, name, sound, plans, ready, responses, session, budget_usd)
    if not ready.ended:
        if not cost and progress is None and pace == "real":
            _tell_length(sound, len(plans), at_once)
        try:
            places.let_in()
        except ConfigError as error:
            raise ConfigError(of_a_trial(str(error))) from None

    heard = [Listened() for _ in plans]
    files = [_file(folder, sound, plan, number) for number, plan in enumerate(plans, 1)]

    def session_of(number: int, place: Callable[[], Place]) -> Awaitable[None]:
        return listen(
            heard[number],
            place,
            plans[number],
            # What comes faster than it can be listened to is followed by its silence at once, or the last turn might
            # still be unknown when silence is looked for.
            ready.whole if pace == "source" else ready.spoken,
            model=name,
            pace=pace,
            session=session,
            recording=files[number],
        )

    label = ""
    if ready.ended:
        shown.ended("cancelled.")
    else:
        label = conduct(places, heard, session_of, at_once, sound.duration_s, shown, cancel)
    if all(each.error is not None and not each.opened for each in heard) and (reason := heard[0].error) is not None:
        reason.args = tuple(of_a_trial(each) if isinstance(each, str) else each for each in reason.args)
        raise reason.with_traceback(None) from None
    return Trial(
        clip=sound,
        track=ready.track,
        tuning=used,
        runs=tuple(
            outcome(plan, each, guess, known, scoring, sound.duration_s, label, pace)
            for plan, each, guess in zip(plans, heard, ready.expected, strict=True)
        ),
        endpoint=label or places.label,
        model=name,
        labels=known,
        scoring=scoring,
        cost=cost,
        notes=tuple(notes),
    )


# What is given


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} is True or False, not {value!r:.60}.")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_AT_ONCE:
        raise ConfigError(f"concurrency is a whole number of sessions from 1 to {MOST_AT_ONCE}, not {value!r:.60}.")
    return value


def _sound(clip: object, labels: object) -> tuple[Clip, Labels | None]:
    if isinstance(clip, Item):
        labels = clip.labels if labels is None else labels
        clip = clip.clip()
    if isinstance(clip, str | Path):
        clip = Clip.load(clip)
    if not isinstance(clip, Clip):
        raise ConfigError(f"A trial takes a Clip, an Item of a corpus or the path of an audio file, not {clip!r:.200}.")
    if not clip.samples.size:
        raise AudioError("The clip is empty: there is nothing to stream.")
    return clip, None if labels is None else Labels.of(labels).within(clip.duration_s)


def _tuning(value: object) -> DetectorTuning:
    if value is None:
        return default_tuning()
    value = value.tuning if isinstance(value, Calibration) else value
    if not isinstance(value, DetectorTuning | Mapping | Path | str):
        raise ConfigError(
            "tuning is a rtnb.vad.DetectorTuning, a calibration, or what rtnb.vad.load_tuning takes, such as its file; "
            f"not {value!r:.80}."
        )
    return load_tuning(value)


def _tell_length(clip: Clip, sessions: int, at_once: int) -> None:
    """Speech takes its time, and hours of it hours: nobody should wonder."""
    seconds = -(-sessions // at_once) * clip.duration_s
    if seconds >= LONG_S:
        notice(
            f"Trial: {counted(sessions, 'session')} of {clip.duration_s:.0f} s at the pace of speech, "
            f"{min(at_once, sessions)} at a time: about {counted(round(seconds / 60), 'minute')}. "
            'pace="source" is faster where a server does not mind.'
        )


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"'{folder}' cannot hold recordings: {error.strerror or error}.") from None
    return folder


def _file(folder: Path | None, clip: Clip, plan: Plan, number: int) -> Path | None:
    """A name that no file has yet: recordings cost time, and maybe money."""
    if folder is None:
        return None
    stem = f"trial-{number:02}-{re.sub(r'[^0-9A-Za-z.]+', '-', plan.title)}"
    taken, path = 1, folder / f"{stem}.rtnb"
    while path.exists():
        taken += 1
        path = folder / f"{stem}-{taken}.rtnb"
    return path


def _told_cost(
    places: Places,
    model: str,
    clip: Clip,
    plans: tuple[Plan, ...],
    ready: Prepared,
    responses: bool,
    session: Mapping[str, Any],
    budget_usd: float | None,
) -> str:
    """What it will cost, in words, shown where anybody may charge."""
    endpoint = places.endpoint
    tails = [TAIL_S + plan.setting.silence_duration_ms / 1000 for plan in plans if isinstance(plan.setting, Setting)]
    transcription = session.get("transcription")
    cost = None
    speech_s = [sum(turn.end_s - turn.onset_s for turn in each.turns) for each in ready.expected]
    if endpoint is not None:
        cost = trial_cost(
            endpoint,
            model,
            clip_s=clip.duration_s,
            tail_s=max(tails, default=TAIL_LIMIT_S),
            sessions=len(plans),
            responses=responses,
            turns=max((len(each.turns) for each in ready.expected), default=0),
            speech_s=max(speech_s, default=0.0),
            transcription=getattr(transcription, "model", transcription),
        )
    check_budget(cost, budget_usd)
    if cost is None:
        return ""
    assert endpoint is not None
    notice(f"Trial on {endpoint.label}: {cost.text}")
    return cost.text
