"""Whole clips: a probability track computed once, and the turns that a setting makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError
from rtnb.vad.detector import Detector, SpeechStarted, TurnSettings
from rtnb.vad.engines import Engine, default_engine, load_engine
from rtnb.vad.tuning import DetectorTuning

__all__ = ["DetectedTurn", "Track", "detect", "probabilities"]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Speech probabilities of a clip.

    Attributes
    ----------
    p : ndarray of float32, shape (n,)
        One probability a frame, read-only.
    hop_s : float
        Seconds a frame.
    engine : str
        The engine that computed them.
    """

    p: NDArray[np.float32]
    hop_s: float
    engine: str

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover: the clip's length, rounded up to whole frames."""
        return self.p.size * self.hop_s

    def __repr__(self) -> str:
        return f"Track({self.duration_s:.3f} s, {self.p.size} frames of {1000 * self.hop_s:g} ms, {self.engine})"


@dataclass(frozen=True, slots=True)
class DetectedTurn:
    """A turn that the detector found.

    Attributes
    ----------
    onset_s, end_s : float
        Where speech begins and where the silence that ended it begins.
    audio_start_ms, audio_end_ms : int
        What the events would say: with the prefix padding and with the silence.
    closed : bool
        False when the clip ended before the silence had lasted long enough; the end is then the one that
        silence after the clip brings about.
    """

    onset_s: float
    end_s: float
    audio_start_ms: int
    audio_end_ms: int
    closed: bool = True


def probabilities(clip: Clip, *, engine: Engine | str | None = None) -> Track:
    """The speech probabilities of `clip`, frame by frame.

    Parameters
    ----------
    clip : Clip
        Of any rate; it is resampled to the engine's. A last frame that is not full is filled with silence.
    engine : Engine or str, optional
        An engine or its name; the best that is installed by default.

    Raises
    ------
    ConfigError
        No engine has that name.
    MissingExtraError
        The engine that was named is not installed.

    Examples
    --------
    >>> from rtnb.audio import Clip
    >>> from rtnb.vad import probabilities
    >>> probabilities(Clip.silence(1.0), engine="energy")
    Track(1.024 s, 32 frames of 32 ms, energy)
    """
    chosen = default_engine() if engine is None else load_engine(engine) if isinstance(engine, str) else engine
    samples = clip.resample(chosen.rate_hz).samples
    missing = -samples.size % chosen.hop
    p = chosen.stream().push(np.concatenate([samples, np.zeros(missing, dtype=np.float32)]))
    p.flags.writeable = False
    return Track(p, chosen.hop / chosen.rate_hz, chosen.name)


def detect(track: Track, config: TurnSettings, *, tuning: DetectorTuning | None = None) -> tuple[DetectedTurn, ...]:
    """The turns that ``server_vad`` with these settings would make of the clip (local emulation).

    Speech still under way at the end of the clip is closed by silence after it, as when a file is streamed.

    Parameters
    ----------
    track : Track
        Of :func:`probabilities`.
    config : TurnSettings
        Anything with ``threshold``, ``prefix_padding_ms`` and ``silence_duration_ms``, all set.
    tuning : DetectorTuning, optional
        What the API does not document.

    Raises
    ------
    ConfigError
        The track has no frame length.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from rtnb.vad import Track, detect
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 10]).astype("float32"), 0.032, "silero")
    >>> config = SimpleNamespace(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=200)
    >>> detect(track, config)
    (DetectedTurn(onset_s=0.32, end_s=0.96, audio_start_ms=20, audio_end_ms=1160, closed=True),)
    """
    if not track.hop_s > 0:
        raise ConfigError(f"A track's hop_s is a positive number of seconds, not {track.hop_s!r}.")
    # Milliseconds to the microsecond: 1000 * 0.032 is not 32 to the last bit, and comparisons would notice.
    detector = Detector(config, hop_ms=round(1000 * track.hop_s, 6), tuning=tuning)
    turns: list[DetectedTurn] = []
    start: SpeechStarted | None = None
    frames = 0
    values = track.p.tolist()
    while frames < len(values) or detector.speaking:
        for event in detector.push(values[frames] if frames < len(values) else 0.0):
            if isinstance(event, SpeechStarted):
                start = event
            elif start is not None:
                turns.append(
                    DetectedTurn(
                        onset_s=start.onset_ms / 1000,
                        end_s=event.speech_end_ms / 1000,
                        audio_start_ms=start.audio_start_ms,
                        audio_end_ms=event.audio_end_ms,
                        closed=frames < len(values),
                    )
                )
        frames += 1
    return tuple(turns)
