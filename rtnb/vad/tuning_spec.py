"""Detectors by a word, a line or a file, as ``rtnb serve --detector`` takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.vad.tuning import DetectorTuning, default_tuning

__all__ = ["ALTERED", "load_tuning", "spec_of"]

ALTERED: Final = "altered"
"""What a detector is called that was altered by hand and names itself nothing else."""

_NUMBERS: Final = ("hysteresis", "min_speech_ms", "lag_ms", "end_lag_ms")
_FORMS: Final = (
    "local, a file (.json, .yaml), or changes such as hysteresis=0.25,lag_ms=120 "
    f"(of {', '.join(_NUMBERS)}, engine, and threshold=ASKED:EFFECTIVE)"
)
_FILES: Final = (".json", ".yaml", ".yml")


def load_tuning(spec: str | Path | Mapping[str, Any] | DetectorTuning) -> DetectorTuning:
    """The detector that `spec` describes.

    Parameters
    ----------
    spec : str, Path, mapping or DetectorTuning
        ``"local"``: the usual one. Changes to it, separated by commas: ``"hysteresis=0.25,lag_ms=120"``, and
        ``threshold=ASKED:EFFECTIVE`` for the threshold map; ``engine=NAME`` says what they were fitted with. A file:
        JSON or YAML with what :meth:`DetectorTuning.to_dict` gives, or the mapping itself; members that are left out
        are as usual.

    Raises
    ------
    ConfigError
        It describes none; the message says where and what is wrong.

    Examples
    --------
    >>> from rtnb.vad import load_tuning
    >>> load_tuning("hysteresis=0.25,lag_ms=120,threshold=0.5:0.62")
    DetectorTuning(hysteresis=0.25, lag_ms=120.0, threshold_map=((0.5, 0.62),), name='altered')
    >>> load_tuning("lag=120")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: The detector 'lag=120' is none: 'lag' cannot be changed. Write local, a file (.json, \
.yaml), or changes such as hysteresis=0.25,lag_ms=120 (of hysteresis, min_speech_ms, lag_ms, end_lag_ms, engine, and \
threshold=ASKED:EFFECTIVE).
    """
    if isinstance(spec, DetectorTuning):
        return spec
    if isinstance(spec, Mapping):
        return DetectorTuning.from_dict({"name": ALTERED, **spec})
    if isinstance(spec, Path):
        return _of_file(spec)
    if not isinstance(spec, str):
        raise ConfigError(f"A detector is {_FORMS}; not {spec!r:.80}.")
    text = spec.strip()
    if text == "local":
        return default_tuning()
    if text.lower().endswith(_FILES):
        return _of_file(Path(text))
    return _of_line(text)


def spec_of(tuning: DetectorTuning) -> str:
    """The line from which :func:`load_tuning` makes this detector again, but for its name, source and engine.

    The engine decides nothing that a detector does: it only says what its numbers were fitted with.

    Examples
    --------
    >>> from rtnb.vad import DetectorTuning
    >>> spec_of(DetectorTuning(lag_ms=60, threshold_map=[(0.5, 0.62)]))
    'lag_ms=60.0,threshold=0.5:0.62'
    >>> spec_of(DetectorTuning())
    'local'
    """
    usual = default_tuning()
    parts = [f"{name}={getattr(tuning, name)!r}" for name in _NUMBERS if getattr(tuning, name) != getattr(usual, name)]
    parts += [f"threshold={asked!r}:{effective!r}" for asked, effective in tuning.threshold_map]
    return ",".join(parts) or "local"


def _of_line(text: str) -> DetectorTuning:
    members: dict[str, Any] = {"name": ALTERED}
    pairs: list[tuple[float, float]] = []

    def wrong(why: str) -> ConfigError:
        return ConfigError(f"The detector {text!r:.200} is none: {why}. Write {_FORMS}.")

    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise wrong(f"{part.strip()!r:.80} changes nothing" if part.strip() else "a change is missing")
        if name == "threshold":
            asked, colon, effective = value.partition(":")
            if not colon:
                raise wrong(f"threshold takes ASKED:EFFECTIVE, not {value!r:.80}")
            pairs.append((_number(asked, wrong), _number(effective, wrong)))
        elif name == "engine" and name not in members:
            members[name] = value
        elif name not in (*_NUMBERS, "engine"):
            raise wrong(f"{name!r:.80} cannot be changed")
        elif name in members:
            raise wrong(f"{name} stands there twice")
        else:
            members[name] = _number(value, wrong)
    try:
        return DetectorTuning(**members, threshold_map=tuple(pairs))
    except ConfigError as error:
        raise ConfigError(f"The detector {text!r:.200} is none. {error}") from None


def _number(text: str, wrong: Any) -> float:
    try:
        return float(text)
    except ValueError:
        raise wrong(f"{text.strip()!r:.80} is no number") from None


def _of_file(path: Path) -> DetectorTuning:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"There is no detector file '{path}'.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigError(f"The detector file '{path}' cannot be read: {reason}.") from None
    data = _json(text, path) if path.suffix.lower() == ".json" else _yaml(text, path)
    if not isinstance(data, Mapping):
        raise ConfigError(
            f"The detector file '{path}' holds {type(data).__name__}, not members such as hysteresis: 0.25."
        )
    try:
        return DetectorTuning.from_dict({"name": path.stem, **data})
    except ConfigError as error:
        raise ConfigError(f"The detector file '{path}' describes none. {error}") from None


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(path, error.lineno, error.msg) from None
    except RecursionError:
        raise _broken(path, 1, "it is nested too deeply") from None


def _yaml(text: str, path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _broken(path, mark.line + 1 if mark else 1, str(error.problem or error.context)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _broken(path, 1, str(error).splitlines()[0]) from None


def _broken(path: Path, line: int, why: str) -> ConfigError:
    kind = "JSON" if path.suffix.lower() == ".json" else "YAML"
    return ConfigError(f"The detector file '{path}' is not {kind}: line {line}: {why}.")
