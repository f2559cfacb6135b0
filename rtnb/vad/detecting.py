"""The turns that a setting makes of a track."""

from __future__ import annotations

from rtnb.errors import ConfigError
from rtnb.vad.detector import Detector, SpeechStarted, TurnSettings
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import DetectedTurn

__all__ = ["detect"]


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
