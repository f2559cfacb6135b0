"""Recorded speech that ships with rtnb; licences are in NOTICES.md."""

from __future__ import annotations

from pathlib import Path

from rtnb.errors import ConfigError

__all__ = ["sample", "sample_names"]

_FOLDER = Path(__file__).parent
_LABELLED = "labelled"


def sample_names() -> tuple[str, ...]:
    """The names of recordings that :func:`sample` knows."""
    return tuple(sorted(path.stem for path in _FOLDER.rglob("*.flac")))


def sample(name: str) -> Path:
    """The path of a sample recording, or of the folder of labelled ones.

    Parameters
    ----------
    name : str
        A recording such as ``"weather_question"``, or ``"labelled"``: eight recordings of 30 s, seven of them of
        meetings, with an RTTM file beside each, for :mod:`rtnb.vad`.

    Raises
    ------
    ConfigError
        No sample has that name.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.Clip.load(rtnb.sample("weather_question"))
    Clip(1.868 s, 24000 Hz, peak -7.6 dBFS)
    >>> len(list(rtnb.sample("labelled").glob("*.rttm")))
    8
    """
    if name == _LABELLED:
        return _FOLDER / _LABELLED
    if name not in sample_names():
        raise ConfigError(f"There is no sample {name!r}; there are: {', '.join((*sample_names(), _LABELLED))}.")
    return next(_FOLDER.rglob(f"{name}.flac"))
