"""The state of a lab, without a page: a recording, labels, sliders, and what comes of them. Any thread may call."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.audio.clip import Clip
from rtnb.errors import AudioError
from rtnb.vad.batch import detect_table, thresholds_of
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.scoring import score_turns
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import TurnTable
from rtnb.widgets.vad.editing import Editing
from rtnb.widgets.vad.knobs import Knobs, prediction_of

__all__ = ["Bench", "Row", "Shown"]

PINS = 6
"""How many settings are kept for comparison; the oldest gives way."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A setting in the table of scores.

    Attributes
    ----------
    name : str
        ``"default"``, ``"this"``, or what it was pinned as.
    knobs : Knobs
    detected : int
        Turns that it finds.
    score : Score or None
        None without labels.
    """

    name: str
    knobs: Knobs
    detected: int
    score: Score | None


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Everything that one position of the sliders comes to. Immutable, so that any thread may draw it.

    Attributes
    ----------
    seq : int
        Counts changes.
    knobs : Knobs
    setting : Setting
    table : TurnTable
    labels : Labels
    score : Score or None
        None without labels.
    mistakes : tuple of Mistake
    rows : tuple of Row
        The default setting, those that were pinned, and this one last.
    prediction : str
        What the turns are called.
    exit_threshold : float
        Where speech ends.
    took_ms : float
        What it took to compute.
    """

    seq: int
    knobs: Knobs
    setting: Setting
    table: TurnTable
    labels: Labels
    score: Score | None
    mistakes: tuple[Mistake, ...]
    rows: tuple[Row, ...]
    prediction: str
    exit_threshold: float
    took_ms: float


class Bench:
    """A recording on the bench.

    Parameters
    ----------
    clip : Clip
    track : Track
        Its probabilities.
    labels : Labels
        Without segments where there are none yet.
    setting : Setting
    tuning : DetectorTuning
        What the detector is supposed to be like.
    turn_gap_s : float
        Labelled speech with shorter pauses is one turn.

    Raises
    ------
    AudioError
        The clip is empty.
    ConfigError
        A gap that is none; :class:`rtnb.errors.LabelsError` for labels that lie outside of the clip.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb import Clip
    >>> from rtnb.vad import Labels, Setting, Track, default_tuning
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 30]).astype("float32"), 0.032, "silero")
    >>> bench = Bench(Clip.silence(1.92), track, Labels(()), Setting(0.5, 300, 200), default_tuning(), turn_gap_s=0.7)
    >>> len(bench.shown.table), len(bench.set({"threshold": 0.95}).table)
    (1, 0)
    """

    def __init__(
        self,
        clip: Clip,
        track: Track,
        labels: Labels,
        setting: Setting,
        tuning: DetectorTuning,
        *,
        turn_gap_s: float,
        idle_timeout_ms: int | None = None,
    ) -> None:
        if len(clip) == 0:
            raise AudioError("The clip is empty: the lab needs sound to find turns in.")
        self.clip, self.track, self.tuning = clip, track, tuning
        self._lock = threading.RLock()
        self._editing = Editing(labels, clip.duration_s)
        self._scoring = Scoring(turn_gap_s=turn_gap_s)
        self._knobs = Knobs.of(setting, tuning, idle_timeout_ms=idle_timeout_ms)
        self._default = Knobs.of(Setting.of({}), tuning)
        self._pins: dict[Knobs, str] = {}
        # What does not change while a slider is dragged.
        self._kept: dict[Knobs, Row] = {}
        self._seq = 0
        self._shown = self._look()

    @property
    def shown(self) -> Shown:
        """What there is to see."""
        return self._shown

    @property
    def scoring(self) -> Scoring:
        """How mistakes are counted."""
        return self._scoring

    @property
    def can_undo(self) -> bool:
        """Whether a change of the labels can be taken back."""
        return self._editing.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether one was."""
        return self._editing.can_redo

    def set(self, values: Mapping[str, Any]) -> Shown:
        """Move sliders; ``turn_gap_s`` is one of them.

        Raises
        ------
        TypeError
            There is no such parameter.
        ConfigError
            It cannot have that value; nothing changed then.
        """
        told = dict(values)
        with self._lock:
            scoring = self._scoring
            if "turn_gap_s" in told:
                scoring = dataclasses.replace(scoring, turn_gap_s=told.pop("turn_gap_s"))
            knobs = self._knobs.changed(told)
            if scoring != self._scoring:
                self._kept.clear()
            self._knobs, self._scoring = knobs, scoring
            return self._look()

    def stand(self, knobs: Knobs) -> Shown:
        """Every slider at once."""
        with self._lock:
            self._knobs = knobs
            return self._look()

    def edit(self, operation: str, *values: Any) -> Shown:
        """Change the labels: ``add``, ``move``, ``remove``, ``replace``, ``undo`` or ``redo``.

        Raises
        ------
        LabelsError
            Labels cannot be like that.
        """
        with self._lock:
            getattr(self._editing, operation)(*values)
            self._kept.clear()
            return self._look()

    def pin(self, name: str, knobs: Knobs | None = None) -> Shown:
        """Keep a setting in the table of scores; the present one, if none is given."""
        with self._lock:
            chosen = self._knobs if knobs is None else knobs
            self._pins.pop(chosen, None)
            self._pins[chosen] = name
            while len(self._pins) > PINS:
                del self._pins[next(iter(self._pins))]
            return self._look()

    def unpin(self, place: int) -> Shown:
        """Take the pinned setting at that place out of the table."""
        with self._lock:
            for knobs in list(self._pins)[place : place + 1]:
                del self._pins[knobs]
            return self._look()

    def _look(self) -> Shown:
        begun = time.perf_counter()
        knobs, labels = self._knobs, self._editing.labels
        table, score, mistakes = self._tried(knobs, labels)
        this = Row("this", knobs, len(table), score)
        others = [self._row("default", self._default, labels)]
        others += [self._row(name, pinned, labels) for pinned, name in self._pins.items()]
        self._seq += 1
        setting = knobs.setting(self.tuning)
        tuning = knobs.tuning(self.tuning)
        self._shown = Shown(
            seq=self._seq,
            knobs=knobs,
            setting=setting,
            table=table,
            labels=labels,
            score=score,
            mistakes=mistakes,
            rows=(*others, this),
            prediction=prediction_of(knobs, self.tuning, self.track),
            exit_threshold=thresholds_of(setting, tuning)[1],
            took_ms=1000 * (time.perf_counter() - begun),
        )
        return self._shown

    def _tried(self, knobs: Knobs, labels: Labels) -> tuple[TurnTable, Score | None, tuple[Mistake, ...]]:
        setting = knobs.setting(self.tuning)
        table = detect_table(self.track, setting, tuning=knobs.tuning(self.tuning))
        if not labels.segments:
            return table, None, ()
        score, mistakes = score_turns(
            table,
            labels,
            setting,
            scoring=self._scoring,
            duration_s=self.track.duration_s,
            prediction=prediction_of(knobs, self.tuning, self.track),
            recording=labels.name,
            track=self.track,
        )
        return table, score, mistakes

    def _row(self, name: str, knobs: Knobs, labels: Labels) -> Row:
        if (kept := self._kept.get(knobs)) is None:
            table, score, _ = self._tried(knobs, labels)
            kept = self._kept[knobs] = Row(name, knobs, len(table), score)
        return kept if kept.name == name else dataclasses.replace(kept, name=name)
