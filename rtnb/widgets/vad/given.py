"""What a lab is given, in the forms that people have it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rtnb.audio.clip import Clip
from rtnb.errors import AudioError
from rtnb.vad.corpus import Item
from rtnb.vad.setting import Setting
from rtnb.vad.tuning import DetectorTuning, default_tuning
from rtnb.vad.tuning_spec import load_tuning

__all__ = ["told_recording", "told_setting", "told_tuning"]


def told_recording(clip: Clip | Item | str | Path, labels: object) -> tuple[Clip, object, str]:
    """The sound, its labels (an item of a corpus brings its own), and its name.

    Raises
    ------
    AudioError
        It is empty.
    """
    if isinstance(clip, Item):
        sound, labels, name = clip.clip(), clip.labels if labels is None else labels, clip.name
    elif isinstance(clip, Clip):
        sound, name = clip, ""
    else:
        sound, name = Clip.load(clip), Path(clip).stem
    if len(sound) == 0:
        raise AudioError("The clip is empty: the lab needs sound to find turns in.")
    return sound, labels, name


def told_setting(value: object) -> tuple[Setting, Any]:
    """A setting, and the idle timeout that came with it."""
    value = getattr(value, "setting", value)
    return Setting.of(_without(value, "idle_timeout_ms")), _member(value, "idle_timeout_ms")


def told_tuning(value: object) -> DetectorTuning:
    """A detector, in whatever form it was given; the usual one where none was.

    Raises
    ------
    ConfigError
        It is none.
    """
    if value is None:
        return default_tuning()
    # A calibration has one.
    told = getattr(value, "tuning", None)
    return told if isinstance(told, DetectorTuning) else load_tuning(value)  # type: ignore[arg-type]


def _member(setting: object, name: str) -> Any:
    return setting.get(name) if isinstance(setting, Mapping) else getattr(setting, name, None)


def _without(setting: object, name: str) -> object:
    return {key: value for key, value in setting.items() if key != name} if isinstance(setting, Mapping) else setting
