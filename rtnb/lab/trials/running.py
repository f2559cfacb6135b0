"""A clip on a live server: one session a setting, and what each tells of speech beside the local prediction."""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError, RecordingError
from rtnb.lab.trials.conducting import Places, conduct
from rtnb.lab.trials.cost import check_budget, trial_cost
from rtnb.lab.trials.heard import HeardTurn, heard_turns
from rtnb.lab.trials.pairs import timed_as_predicted
from rtnb.lab.trials.plans import Plan, plans_of
from rtnb.lab.trials.predictions import Predicted, bytes_of, format_of, predicted, track_of
from rtnb.lab.trials.results import Trial, TrialRun
from rtnb.lab.trials.sessions import Listened, listen
from rtnb.session.config.keywords import DEFAULT_MODEL
from rtnb.session.live import notice
from rtnb.session.verbs.streaming import TAIL_LIMIT_S, Pace
from rtnb.session.wire.place import Place
from rtnb.vad.corpus import Item
from rtnb.vad.engines.base import Engine
from rtnb.vad.labels.merging import checked_gap
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.scoring import score_turns
from rtnb.vad.setting import Setting
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.turns import TurnTable

if TYPE_CHECKING:
    from rtnb.server.local import LocalServer

__all__ = ["trial"]

TAIL_S = 1.5
"""Silence behind the clip besides the silence that ends a turn, about as a session streams it."""

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
    tuning: DetectorTuning | None = None,
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
    tuning : DetectorTuning, optional
        The detector that predicts: a calibration's ``tuning``; the local emulation by default.
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
        Takes the seconds that were streamed and those that there are in all; a line shows them if not given. What
        it raises ends the trial.
    cancel : threading.Event, optional
        Ends the trial early when it is set: sessions are closed, and what was heard until then is returned.
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
    used = default_tuning() if tuning is None else tuning
    name = DEFAULT_MODEL if model is None else model

    format = format_of(session.get("input_format"))
    whole = bytes_of(sound, format, TAIL_LIMIT_S)
    track = track_of(whole, format, engine)
    expected = [predicted(track, plan.setting, used) for plan in plans]
    cost = _told_cost(places, name, sound, plans, expected, responses, session, budget_usd)

    heard = [Listened() for _ in plans]
    files = [_file(folder, sound, plan, number) for number, plan in enumerate(plans, 1)]

    def session_of(number: int, place: Callable[[], Place]) -> Awaitable[None]:
        return listen(
            heard[number],
            place,
            plans[number],
            # What comes faster than it can be listened to is followed by its silence at once, or the last turn might
            # still be unknown when silence is looked for.
            whole if pace == "source" else bytes_of(sound, format),
            model=name,
            pace=pace,
            session=session,
            recording=files[number],
        )

    label = conduct(places, heard, session_of, at_once, sound.duration_s, progress, cancel)
    if all(each.error is not None and not each.opened for each in heard) and (error := heard[0].error) is not None:
        raise error.with_traceback(None) from None
    return Trial(
        clip=sound,
        track=track,
        tuning=used,
        runs=tuple(
            _result(plan, each, guess, known, scoring, sound.duration_s, label, pace)
            for plan, each, guess in zip(plans, heard, expected, strict=True)
        ),
        endpoint=label,
        model=name,
        labels=known,
        scoring=scoring,
        cost=cost,
        notes=tuple(dict.fromkeys(note for plan in plans for note in plan.notes)),
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
    expected: list[Predicted],
    responses: bool,
    session: Mapping[str, Any],
    budget_usd: float | None,
) -> str:
    """What it will cost, in words, shown where anybody may charge."""
    endpoint = places.endpoint
    tails = [TAIL_S + plan.setting.silence_duration_ms / 1000 for plan in plans if isinstance(plan.setting, Setting)]
    transcription = session.get("transcription")
    cost = None
    if endpoint is not None:
        cost = trial_cost(
            endpoint,
            model,
            clip_s=clip.duration_s,
            tail_s=max(tails, default=TAIL_LIMIT_S),
            sessions=len(plans),
            responses=responses,
            turns=max((len(each.turns) for each in expected), default=0),
            speech_s=max((sum(turn.end_s - turn.onset_s for turn in each.turns) for each in expected), default=0.0),
            transcription=getattr(transcription, "model", transcription),
        )
    check_budget(cost, budget_usd)
    if cost is None:
        return ""
    assert endpoint is not None
    notice(f"Trial on {endpoint.label}: {cost.text}")
    return cost.text


# What came of it


def _result(
    plan: Plan,
    heard: Listened,
    expected: Predicted,
    labels: Labels | None,
    scoring: Scoring | None,
    duration_s: float,
    endpoint: str,
    pace: Pace,
) -> TrialRun:
    prefix_ms, silence_ms = 0.0, 0.0
    if isinstance(plan.setting, Setting):
        prefix_ms = _told(heard.applied, "prefix_padding_ms", plan.setting.prefix_padding_ms)
        silence_ms = _told(heard.applied, "silence_duration_ms", plan.setting.silence_duration_ms)
    turns = heard_turns(heard.events, prefix_ms=prefix_ms, silence_ms=silence_ms, sent_ms=heard.sent_ms)
    if pace == "source":
        turns = timed_as_predicted(turns, expected.turns)
    score = None
    if labels is not None and scoring is not None and not heard.problem:
        score = _score(turns, plan, labels, scoring, duration_s, endpoint)
    return TrialRun(
        setting=plan.setting,
        vad=plan.vad,
        title=plan.title,
        events=heard.events,
        heard=turns,
        predicted=expected.turns,
        prediction=expected.name,
        applied=heard.applied,
        sent_s=heard.sent_ms / 1000,
        problem=heard.problem,
        score=score,
        recording=heard.recording,
        notes=tuple(heard.notes),
        format=heard.format,
        noise_reduction=heard.noise_reduction,
    )


def _told(applied: Mapping[str, Any], name: str, asked: float) -> float:
    value = applied.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float(asked)


def _score(
    turns: tuple[HeardTurn, ...], plan: Plan, labels: Labels, scoring: Scoring, duration_s: float, endpoint: str
) -> Score:
    setting: Any = plan.setting
    rows: Any = [_whole(turn) for turn in turns]
    score, _ = score_turns(
        TurnTable.of(rows), labels, setting, scoring=scoring, duration_s=duration_s, prediction=f"heard from {endpoint}"
    )
    return score


def _whole(turn: HeardTurn) -> HeardTurn:
    """With an end, for what has none."""
    return turn if turn.audio_end_ms is not None else replace(turn, audio_end_ms=round(1000 * turn.end_s))
