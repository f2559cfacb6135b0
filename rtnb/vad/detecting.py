"""The turns that a setting makes of a track."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ResolvedSemanticVad, SemanticVad, ServerVad, from_wire, turn_detection_of
from rtnb.vad.batch import detect_table
from rtnb.vad.detector import TurnSettings
from rtnb.vad.prediction import prediction_from
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.turns import DetectedTurn

__all__ = ["detect", "settings_of"]


def detect(track: Track, config: object, *, tuning: DetectorTuning | None = None) -> tuple[DetectedTurn, ...]:
    """The turns that a server with these settings would make of the clip, as the local detector has it.

    Each is called by what it is in its ``prediction``: "local emulation" by default, the name of a calibration with
    one, and of ``semantic_vad``, whose judge is not published, an estimate of rtnb.

    Speech still under way at the end of the clip is closed by silence after it, as when a file is streamed.

    Parameters
    ----------
    track : Track
        Of :func:`probabilities`.
    config : ServerVad, SemanticVad, Setting, mapping or TurnSettings
        How turns are detected: members that are not set are the server's defaults. Anything else needs
        ``threshold``, ``prefix_padding_ms`` and ``silence_duration_ms``. For ``semantic_vad`` these are the turns of
        an estimate, in which nobody judges; :func:`rtnb.vad.semantic_turns` has the bounds that are documented.
    tuning : DetectorTuning, optional
        What the API does not document.

    Raises
    ------
    ConfigError
        The track has no frame length, or `config` is no turn detection.

    Examples
    --------
    >>> import numpy as np
    >>> import rtnb
    >>> from rtnb.vad import Track, detect
    >>> track = Track(np.repeat([0.1, 0.9, 0.1], [10, 20, 10]).astype("float32"), 0.032, "silero")
    >>> for turn in detect(track, rtnb.ServerVad(silence_duration_ms=200)):
    ...     print(turn.onset_s, turn.end_s, turn.audio_start_ms, turn.audio_end_ms, turn.stopped_at_s, turn.closed)
    0.32 0.96 20 1160 1.216 True
    >>> detect(track, rtnb.SemanticVad())[0].prediction
    "estimate of rtnb, not the server's model"
    """
    settings = settings_of(config)
    if isinstance(settings, ResolvedSemanticVad):
        from rtnb.vad.semantic_bounds import semantic_turns

        return semantic_turns(track, settings, tuning=tuning).turns
    prediction = prediction_from(tuning or default_tuning(), [track], hysteresis=getattr(settings, "hysteresis", None))
    return detect_table(track, settings, tuning=tuning).turns(prediction)


def settings_of(config: object) -> TurnSettings | ResolvedSemanticVad:
    """What a detector is to be told, every member set.

    Raises
    ------
    ConfigError
        It is no turn detection, or has a value that the API would refuse.

    Examples
    --------
    >>> settings_of({"type": "server_vad", "threshold": 0.6, "create_response": False}).silence_duration_ms
    200
    """
    # Of a score, or of the best of a sweep.
    config = getattr(config, "setting", config)
    if isinstance(config, Mapping):
        # With a hysteresis it is one of the lab, otherwise one of the wire.
        if "hysteresis" in config:
            return Setting.of(config)
        config = from_wire(turn_detection_of({"type": ServerVad.type, **config}))
    if isinstance(config, (ServerVad, SemanticVad)):
        return config.resolved()
    if isinstance(config, ResolvedSemanticVad) or all(
        hasattr(config, name) for name in ("threshold", "prefix_padding_ms", "silence_duration_ms")
    ):
        return cast("TurnSettings | ResolvedSemanticVad", config)
    raise ConfigError(
        "Turn detection is rtnb.ServerVad(...), rtnb.SemanticVad(...), rtnb.vad.Setting(...) or a mapping of their "
        f"members, not {config!r:.200}."
    )
