"""The settings of a server for tests: by the names of :class:`rtnb.LocalServer`, and more."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError
from rtnb.server import Options
from rtnb.server.answer.delivery import Delivery
from rtnb.server.faults import Faults
from rtnb.server.mcp.policy import McpPolicy
from rtnb.server.options import Limits
from rtnb.speech import SilentEar, ToneVoice, VoiceStack, check_ear, check_tts
from rtnb.vad import load_engine, load_tuning

__all__ = ["NAMES", "faults_of", "server_options", "tones"]

_LOCAL = ("detector", "realtime_factor", "ear", "tts", "latency_ms", "prompts", "mcp", "session_s")
_SERVICE = ("limits", "api_key", "hosts", "origins", "beta", "strict_models", "secret_keys", "drain_s", "watchers")
_SAME = {"tuning": "detector", "delivery": "realtime_factor"}
"""What :class:`rtnb.server.Options` calls them."""

NAMES = (*_LOCAL, *_SERVICE, *_SAME)
"""Settings besides what the server plays."""


def server_options(given: Mapping[str, Any], folder: Path, **more: Any) -> Options:
    """Options of a server.

    Parameters
    ----------
    given : mapping
        Settings, of the names in :data:`NAMES`.
    folder : Path
        Which relative paths are looked up in.
    **more
        Members of the options as they are.

    Raises
    ------
    ConfigError
        A name that is none, which lists all, or a value that cannot be.

    Examples
    --------
    >>> server_options({"detector": "lag_ms=120", "realtime_factor": 0}, Path()).tuning.lag_ms
    120.0
    >>> server_options({"latency": 5}, Path())
    Traceback (most recent call last):
    rtnb.errors.ConfigError: There is no setting 'latency'; did you mean latency_ms? There are: scenario, brain, \
faults, voice, folder, detector, realtime_factor, ear, tts, latency_ms, prompts, mcp, session_s, limits, api_key, \
hosts, origins, beta, strict_models, secret_keys, drain_s, watchers, tuning, delivery.
    """
    for name in given:
        if name not in NAMES:
            close = difflib.get_close_matches(name, NAMES, 1, 0.6)
            meant = f"; did you mean {close[0]}?" if close else "."
            names = ", ".join(("scenario", "brain", "faults", "voice", "folder", *NAMES))
            raise ConfigError(f"There is no setting {name!r:.80}{meant} There are: {names}.")
    for one, other in _SAME.items():
        if one in given and other in given:
            raise ConfigError(f"{one} and {other} are about the same: give one of the two.")
    made = dict(given)
    if (detector := made.pop("detector", None)) is not None:
        made["tuning"] = load_tuning(_found(detector, folder))
    if "realtime_factor" in made:
        factor = made.pop("realtime_factor")
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 <= factor < float("inf"):
            raise ConfigError(f"realtime_factor is a multiple of real time from 0 up, not {factor!r:.80}.")
        made["delivery"] = Delivery(factor=factor)
    if isinstance(mcp := made.get("mcp"), bool):
        made["mcp"] = McpPolicy(enabled=mcp)
    if (prompts := made.get("prompts")) is not None:
        if not isinstance(prompts, str | Path) or not (folder / prompts).is_dir():
            raise ConfigError(f"prompts takes a folder, and {str(prompts)!r:.300} is none.")
        made["prompts"] = folder / prompts
    for name, check in (("ear", check_ear), ("tts", check_tts)):
        if not ((value := made.get(name)) is None or (isinstance(value, str) and value.strip())):
            raise ConfigError(f"{name} is a name or None, not {value!r:.80}.")
        check(value)
    if (lasts_s := made.pop("session_s", None)) is not None:
        if isinstance(lasts_s, bool) or not isinstance(lasts_s, int | float) or not 0 < lasts_s < float("inf"):
            raise ConfigError(f"session_s is seconds above 0, not {lasts_s!r:.80}.")
        made["limits"] = replace(made.get("limits") or Limits(), session_s=lasts_s)
    return Options(**made, **more)


def faults_of(given: Any, folder: Path) -> Faults | None:
    """A plan of failures, as :class:`rtnb.testing.RtnbServer` takes it.

    Raises
    ------
    ConfigError
        There is a mistake in it.
    """
    if given is None or isinstance(given, Faults):
        return given
    if isinstance(given, str | Path):
        return Faults.load(folder / given)
    if isinstance(given, Mapping | list | tuple):
        return Faults.of(given)
    raise ConfigError(f"faults is a plan, such as [{{'fail': True}}], or its file, not {given!r:.80}.")


def _found(detector: Any, folder: Path) -> Any:
    """A file from the folder; anything else as it is."""
    if isinstance(detector, str) and detector.strip().lower().endswith((".json", ".yaml", ".yml")):
        detector = Path(detector.strip())
    return folder / detector if isinstance(detector, Path) else detector


def tones(progress: object) -> VoiceStack:
    """What loads and hears nothing."""
    return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))
