"""Frame by frame: how well probabilities tell speech from silence, whatever is made of them.

These are diagnostics of an engine. They do not say how turns come out: a pause of 300 ms is ten frames, and whether it
ends a turn is what a user hears.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.detection import Detection, detection, spans_above
from rtnb.vad.track import Track

__all__ = ["FrameMetrics", "average_precision", "curve", "frame_metrics", "roc_auc"]

_F = NDArray[np.float64]
_Scored = list[tuple[NDArray[np.float32], NDArray[np.bool_]]]

_SHIFT_S = 0.26
"""How far labels are shifted in search of the best alignment: eight frames of Silero. Own choice."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FrameMetrics(Drawable):
    """Probabilities against labels; frames of all recordings are pooled, and a frame is speech if most of it is.

    Attributes
    ----------
    engine : str
    hop_s : float
        Seconds a frame.
    frames : int
    speech_share : float
        Of the frames that are labelled speech.
    threshold : float
        What the numbers below that need one are at; a frame is taken for speech from there on.
    accuracy, precision, recall, f1, false_positive_rate : float
        Of frames. Recall is the share of speech that is found, the false positive rate the share of silence that is
        taken for speech.
    roc : tuple of ndarray
        False positive rates, true positive rates and thresholds, from the strictest on.
    roc_auc : float
        Area under it by trapezoids: the chance that a frame of speech has a higher probability than one of silence
        (ties count half), as ``sklearn.metrics.roc_auc_score``. NaN without either.
    precision_recall : tuple of ndarray
        Precisions, recalls and thresholds, from the strictest on.
    pr_auc : float
        Average precision: precisions weighted by the steps of recall, without interpolation, as
        ``sklearn.metrics.average_precision_score``. NaN without speech.
    detection : Detection
        Durations instead of frames, at the threshold; as pyannote.metrics has them.
    best_shift : int
        By how many frames the probabilities are late against the labels where the ROC is best. What is off by one frame
        looks like a worse engine.
    best_shift_roc_auc : float
        The area with that shift.
    best_threshold : float
        Where the accuracy is best on these very recordings: optimistic for others.
    best_accuracy : float
        The accuracy there.

    Examples
    --------
    >>> import rtnb
    >>> item = rtnb.vad.Corpus.load(rtnb.sample("labelled"))["ami_trn01"]
    >>> track = rtnb.vad.probabilities(item, engine="energy")
    >>> metrics = rtnb.vad.frame_metrics(track, item.labels)
    >>> metrics.engine, 0 < metrics.f1 < 1
    ('energy', True)
    """

    engine: str
    hop_s: float
    frames: int
    speech_share: float
    threshold: float
    accuracy: float
    precision: float
    recall: float
    f1: float
    false_positive_rate: float
    roc: tuple[_F, _F, _F]
    roc_auc: float
    precision_recall: tuple[_F, _F, _F]
    pr_auc: float
    detection: Detection
    best_shift: int
    best_shift_roc_auc: float
    best_threshold: float
    best_accuracy: float

    @property
    def detection_error(self) -> float:
        """Missed speech and false alarms, as a share of the labelled speech; above 1 when there is little of it."""
        return self.detection.error_rate

    def __repr__(self) -> str:
        return (
            f"FrameMetrics({self.engine}: ROC-AUC {self.roc_auc:.4f}, PR-AUC {self.pr_auc:.4f}; at {self.threshold:g} "
            f"accuracy {self.accuracy:.3f}, recall {self.recall:.3f}, false positives {self.false_positive_rate:.3f}; "
            f"{self.frames:,} frames, {self.speech_share:.0%} speech)"
        )


def frame_metrics(
    tracks: Track | Sequence[Track],
    labels: object,
    threshold: float = 0.5,
    *,
    collar_s: float = 0.0,
) -> FrameMetrics:
    """How well tracks tell speech from silence.

    Parameters
    ----------
    tracks : Track or sequence of Track
        Of one engine.
    labels : Labels, sequence of Labels, or Corpus
        In the order of the tracks; of one track, also what :meth:`rtnb.vad.Labels.of` takes.
    threshold : float
        For the numbers that need one.
    collar_s : float
        For the durations: so much around each edge of a label does not count, half of it on either side.

    Raises
    ------
    ConfigError
        Tracks and labels do not match, or the tracks are of different engines.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad import Track
    >>> track = Track(np.array([0.1, 0.4, 0.9, 0.8], dtype=np.float32), 0.5, "mine")
    >>> frame_metrics(track, [(1.0, 2.0)])
    FrameMetrics(mine: ROC-AUC 1.0000, PR-AUC 1.0000; at 0.5 accuracy 1.000, recall 1.000, false positives 0.000; \
4 frames, 50% speech)
    """
    pairs = _paired(tracks, labels)
    hop_s, engine = pairs[0][0].hop_s, pairs[0][0].engine
    for track, _ in pairs:
        if (track.hop_s, track.engine) != (hop_s, engine):
            raise ConfigError(
                f"Tracks are pooled: they must be of one engine, not of {engine} ({1000 * hop_s:g} ms) and "
                f"{track.engine} ({1000 * track.hop_s:g} ms)."
            )
    scored: _Scored = [(track.p, marks.mask(hop_s, track.p.size)) for track, marks in pairs]
    p, truth = _pooled(scored, 0)
    if not p.size:
        raise ConfigError("There are no frames: the tracks are empty.")
    hits, false, thresholds = curve(p, truth)
    speech, silence = int(truth.sum()), int((~truth).sum())
    found = p >= threshold
    true_positives, false_positives = int((found & truth).sum()), int((found & ~truth).sum())
    correct = hits + silence - false
    best = int(np.argmax(correct))
    shift, shifted = _best_shift(scored, hop_s)
    total = sum(
        (
            detection(marks, spans_above(track, threshold), duration_s=track.duration_s, collar_s=collar_s)
            for track, marks in pairs
        ),
        Detection(),
    )
    return FrameMetrics(
        engine=engine,
        hop_s=hop_s,
        frames=int(p.size),
        speech_share=speech / p.size,
        threshold=float(threshold),
        accuracy=(true_positives + silence - false_positives) / p.size,
        precision=_ratio(true_positives, true_positives + false_positives),
        recall=_ratio(true_positives, speech),
        f1=_ratio(2 * true_positives, true_positives + false_positives + speech),
        false_positive_rate=_ratio(false_positives, silence),
        roc=_from_nothing(_shares(false, silence), _shares(hits, speech), thresholds),
        roc_auc=roc_auc(p, truth),
        precision_recall=(hits / (hits + false), _shares(hits, speech), thresholds),
        pr_auc=average_precision(p, truth),
        detection=total,
        best_shift=shift,
        best_shift_roc_auc=shifted,
        best_threshold=float(thresholds[best]),
        best_accuracy=float(correct[best] / p.size),
    )


def curve(p: NDArray[np.floating], truth: NDArray[np.bool_]) -> tuple[_F, _F, _F]:
    """How many frames of speech and of silence have at least each of the probabilities that occur, highest first.

    Returns
    -------
    hits, false, thresholds : ndarray of float64, shape (distinct probabilities,)
    """
    order = np.argsort(-p, kind="stable")
    ordered, speech = p[order].astype(np.float64), truth[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1) if ordered.size else np.zeros(0, np.int64)
    hits = np.cumsum(speech, dtype=np.int64)[last].astype(np.float64)
    return hits, last + 1 - hits, ordered[last]


def roc_auc(p: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Area under the ROC by trapezoids; NaN without speech or without silence.

    Examples
    --------
    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    hits, false, _ = curve(p, truth)
    if not hits.size or not hits[-1] or not false[-1]:
        return float("nan")
    heights = hits + np.append(0.0, hits[:-1])
    return float(np.sum(np.diff(false, prepend=0.0) * heights) / 2 / (hits[-1] * false[-1]))


def average_precision(p: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Precisions, weighted by the steps of recall; NaN without speech.

    Examples
    --------
    >>> round(average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])), 4)
    0.8333
    """
    hits, false, _ = curve(p, truth)
    if not hits.size or not hits[-1]:
        return float("nan")
    return float(np.sum(np.diff(hits, prepend=0.0) / hits[-1] * hits / (hits + false)))


def _paired(tracks: Track | Sequence[Track], labels: object) -> list[tuple[Track, Labels]]:
    if isinstance(tracks, Track):
        marks = [labels.items[0].labels] if isinstance(labels, Corpus) and len(labels) == 1 else [labels]
        return [(tracks, Labels.of(marks[0]))]
    many: Iterable[object]
    if isinstance(labels, Corpus):
        many = [item.labels for item in labels]
    elif isinstance(labels, Iterable) and not isinstance(labels, (str, bytes, Labels)):
        many = list(labels)
    else:
        raise ConfigError(f"For several tracks, labels is a sequence of Labels or a Corpus, not {labels!r:.80}.")
    pairs = list(zip(tracks, many, strict=False))
    if not pairs or len(pairs) != len(tracks) or len(pairs) != len(list(many)):
        raise ConfigError(f"There are {len(tracks)} tracks, but {len(list(many))} labels.")
    bare = [track.name or str(place) for place, (track, marks) in enumerate(pairs) if marks is None]
    if bare:
        raise ConfigError(f"There are no labels of: {', '.join(bare):.300}.")
    return [(track, Labels.of(marks)) for track, marks in pairs]


def _pooled(scored: _Scored, shift: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Probabilities, `shift` frames after the labels that they go with; what has no counterpart is left out."""
    late, early = max(shift, 0), max(-shift, 0)
    return (
        np.concatenate([p[late : max(late, p.size - early)] for p, _ in scored]),
        np.concatenate([truth[early : max(early, truth.size - late)] for _, truth in scored]),
    )


def _best_shift(scored: _Scored, hop_s: float) -> tuple[int, float]:
    most = max(1, int(_SHIFT_S / hop_s))
    # The smallest of those that are equally good.
    shifts = sorted(range(-most, most + 1), key=abs)
    areas = [roc_auc(*_pooled(scored, shift)) for shift in shifts]
    if np.isnan(areas).all():
        return 0, float("nan")
    best = int(np.nanargmax(areas))
    return shifts[best], areas[best]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _shares(counts: _F, whole: int) -> _F:
    return counts / whole if whole else np.full(counts.shape, np.nan)


def _from_nothing(fpr: _F, tpr: _F, thresholds: _F) -> tuple[_F, _F, _F]:
    """With the point at which nothing is taken for speech."""
    return np.append(0.0, fpr), np.append(0.0, tpr), np.append(np.inf, thresholds)
