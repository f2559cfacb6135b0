"""One setting held against labels: its score, and its mistakes."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb.vad.batch import detect_table
from rtnb.vad.engines.base import Engine
from rtnb.vad.labels.merging import checked_gap
from rtnb.vad.labels.segments import Labels, Span
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.describing import mistakes_of
from rtnb.vad.scores.gathering import Gathered, gather
from rtnb.vad.scores.known import Tracks, tell
from rtnb.vad.scores.matching import Outcome
from rtnb.vad.scores.mistakes import Mistake, Mistakes
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.tallying import intervals_of, outcome_of, score_of
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import LOCAL_EMULATION, DetectorTuning, as_tuning
from rtnb.vad.turns import TurnTable

__all__ = ["mistakes", "score", "score_gathered", "score_turns"]


def score(
    corpus: object,
    setting: object,
    *,
    turn_gap_s: float | None = None,
    labels: object = None,
    collar_s: float = 0.05,
    late_s: float = 2.0,
    tuning: DetectorTuning | None = None,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    tracks: Tracks = None,
) -> Score:
    """What a setting of ``server_vad`` gets right and wrong on labelled recordings.

    Parameters
    ----------
    corpus : Corpus, folder, pairs of audio and labels, or one recording
        What :meth:`rtnb.vad.Corpus.of` takes.
    setting : ServerVad, Setting or mapping
        Unset members are the server's defaults.
    turn_gap_s : float
        Labelled speech with pauses shorter than this is one turn. There is no default: it decides every score.
    labels : optional
        Those of one recording.
    collar_s, late_s : float
        As of :class:`rtnb.vad.Scoring`.
    tuning : DetectorTuning, optional
        What the API does not document; a calibration, or the local emulation. Where the hysteresis of the setting or
        the engine is not the calibration's, ``prediction`` says so.
    engine, as_sent, cache
        As of :func:`rtnb.vad.probabilities`.
    tracks : sequence of Track or mapping by name, optional
        Tracks that are there already; the others are computed. Each must be as long as its recording.

    Returns
    -------
    Score
        Recordings that cannot be scored are named in its ``problems``, and in a :class:`CorpusWarning`; with two or
        more, its ``intervals`` say how far the numbers move with other recordings of the same kind.

    Raises
    ------
    ConfigError
        No turn gap, a value that the API would refuse, tracks of something else, or no recording that can be scored.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import score
    >>> spoken = [(1.0, 2.0), (3.0, 4.5)]
    >>> score(rtnb.Clip.silence(5.0), rtnb.ServerVad(threshold=0.6), labels=spoken, turn_gap_s=0.7, engine="energy")
    Score(0.60 / 300 / 200: 2 turns, 2 missed, no latency; local emulation)
    """
    scoring = _scoring(turn_gap_s, collar_s, late_s)
    chosen, tuning = Setting.of(setting), as_tuning(tuning)
    gathered = gather(corpus, labels, tracks=tracks, engine=engine, as_sent=as_sent, cache=cache)
    tell(gathered.untold, len(gathered.tracks), stacklevel=2)
    return score_gathered(gathered, chosen, scoring=scoring, tuning=tuning)


def score_gathered(gathered: Gathered, setting: Setting, *, scoring: Scoring, tuning: DetectorTuning) -> Score:
    """The score of recordings whose tracks are there; of this, :func:`score` is the public side.

    Parameters
    ----------
    gathered : Gathered
    setting : Setting
    scoring : Scoring
    tuning : DetectorTuning
        Without the hysteresis of the setting.
    """
    outcomes = [held.outcome for held in _held(gathered, setting, scoring, setting.tuning(tuning))]
    return score_of(
        setting,
        outcomes,
        scoring=scoring,
        prediction=prediction_from(tuning, gathered.tracks, hysteresis=setting.hysteresis),
        problems=gathered.corpus.problems,
        spread=intervals_of(setting, outcomes),
    )


def mistakes(
    corpus: object,
    setting: object,
    *,
    turn_gap_s: float | None = None,
    labels: object = None,
    collar_s: float = 0.05,
    late_s: float = 2.0,
    tuning: DetectorTuning | None = None,
    engine: Engine | str | None = None,
    as_sent: bool | str = False,
    cache: bool = True,
    tracks: Tracks = None,
) -> Mistakes:
    """The mistakes of a setting, each with its place and what happened there; parameters as of :func:`score`.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import mistakes
    >>> clip, spoken = rtnb.Clip.silence(5.0), [(1.0, 2.0), (3.0, 4.5)]
    >>> for mistake in mistakes(clip, rtnb.ServerVad(), labels=spoken, turn_gap_s=0.7, engine="energy"):
    ...     print(mistake.kind, mistake.start_s, mistake.detail)
    missed 1.0 1.00 s of labelled speech without a detected turn; the probability is 0.00 at most
    missed 3.0 1.50 s of labelled speech without a detected turn; the probability is 0.00 at most
    """
    scoring = _scoring(turn_gap_s, collar_s, late_s)
    chosen, tuning = Setting.of(setting), as_tuning(tuning)
    gathered = gather(corpus, labels, tracks=tracks, engine=engine, as_sent=as_sent, cache=cache)
    tell(gathered.untold, len(gathered.tracks), stacklevel=2)
    held = _held(gathered, chosen, scoring, chosen.tuning(tuning))
    found: list[Mistake] = []
    for one, item, track in zip(held, gathered.corpus, gathered.tracks, strict=True):
        found += mistakes_of(
            one.outcome, one.table, one.turns, duration_s=track.duration_s, recording=item.name, track=track
        )
    return Mistakes(
        setting=chosen,
        mistakes=tuple(found),
        items=gathered.corpus.items,
        turns=tuple(one.table.turns() for one in held),
        labelled=tuple(one.turns for one in held),
        tracks=gathered.tracks,
        scoring=scoring,
        prediction=prediction_from(tuning, gathered.tracks, hysteresis=chosen.hysteresis),
    )


def score_turns(
    table: TurnTable,
    labels: Labels,
    setting: Setting,
    *,
    scoring: Scoring,
    duration_s: float,
    prediction: str = LOCAL_EMULATION,
    recording: str = "",
    track: Track | None = None,
) -> tuple[Score, tuple[Mistake, ...]]:
    """Score and mistakes of turns that are there already, of one recording: detected here, or heard from a server.

    Parameters
    ----------
    table : TurnTable
        The turns; :meth:`rtnb.vad.TurnTable.of` makes one of turns that a server has announced.
    labels : Labels
        Of the recording.
    setting : Setting
        What the score is said to be of.
    scoring : Scoring
        Turn gap, collar, lateness.
    duration_s : float
        Length of the audio.
    prediction : str
        What found the turns.
    recording : str
        What the recording is called.
    track : Track, optional
        To say how loud the engine found what was missed.
    """
    turns = labels.turns(scoring.turn_gap_s)
    outcome = outcome_of(table, turns, scoring, duration_s=duration_s)
    found = mistakes_of(outcome, table, turns, duration_s=duration_s, recording=recording, track=track)
    return score_of(setting, [outcome], scoring=scoring, prediction=prediction), found


@dataclass(frozen=True, slots=True)
class _Held:
    """One recording against its labels."""

    table: TurnTable
    turns: tuple[Span, ...]
    outcome: Outcome


def _held(gathered: Gathered, setting: Setting, scoring: Scoring, tuning: DetectorTuning) -> list[_Held]:
    found = []
    for place, track in enumerate(gathered.tracks):
        table = detect_table(track, setting, tuning=tuning)
        turns = gathered.labels(place).turns(scoring.turn_gap_s)
        found.append(_Held(table, turns, outcome_of(table, turns, scoring, duration_s=track.duration_s)))
    return found


def _scoring(turn_gap_s: float | None, collar_s: float, late_s: float) -> Scoring:
    return Scoring(turn_gap_s=checked_gap(turn_gap_s), collar_s=collar_s, late_s=late_s)
