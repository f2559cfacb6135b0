"""Recorded speech that ships with rtnb; licences are in NOTICES.md."""

from __future__ import annotations

from pathlib import Path

from rtnb.errors import ConfigError

__all__ = ["sample", "sample_names"]

_FOLDER = Path(__file__).parent


def sample_names() -> tuple[str, ...]:
    """The names that :func:`sample` knows."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.flac")))


def sample(name: str) -> Path:
    """The path of a sample recording.

    Raises
    ------
    ConfigError
        No sample has that name.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.Clip.load(rtnb.sample("weather_question"))
    Clip(1.868 s, 24000 Hz, peak -7.6 dBFS)
    """
    path = _FOLDER / f"{name}.flac"
    if not path.exists():
        raise ConfigError(f"There is no sample {name!r}; there are: {', '.join(sample_names())}.")
    return path
