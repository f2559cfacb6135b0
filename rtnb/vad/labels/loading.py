"""Labels from files and back, and from whatever else holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtnb.errors import ConfigError, LabelsError
from rtnb.vad.labels import audacity, rttm, scv, table, textgrid
from rtnb.vad.labels.reading import Source, decoded
from rtnb.vad.labels.segments import Labels, Segment, Span

__all__ = ["FORMATS", "holds_labels", "labels_of", "load", "save"]


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is recognised, read and written.

    Attributes
    ----------
    looks_like : callable
        Whether a text is in the format.
    parse : callable
        Gathers the labels of a text.
    render : callable
        The text of labels, given them and the name of the recording.
    suffixes : tuple of str
        Suffixes that mean this format and no other.
    """

    looks_like: Callable[[str], bool]
    parse: Callable[[str, Source], None]
    render: Callable[[Labels, str], str]
    suffixes: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    "textgrid": Format(textgrid.looks_like, textgrid.parse, textgrid.render, (".textgrid",)),
    "rttm": Format(rttm.looks_like, rttm.parse, rttm.render, (".rttm",)),
    "scv": Format(scv.looks_like, scv.parse, scv.render, (".scv",)),
    "audacity": Format(audacity.looks_like, audacity.parse, audacity.render),
    "csv": Format(table.looks_like, table.parse, table.render, (".csv", ".tsv")),
}
"""The formats, in the order in which a file of an unknown suffix is tried."""

_BY_SUFFIX = {suffix: name for name, each in FORMATS.items() for suffix in each.suffixes}
_PLAIN = ".txt"
"""Of Audacity's label tracks, and of everything else that is text."""


def load(path: str | Path, *, name: str | None = None, format: str | None = None, tier: str | None = None) -> Labels:
    """As :meth:`rtnb.vad.Labels.load`."""
    place = Path(path)
    text = decoded(_bytes(place), place.name)
    source = Source(place.name)
    kind = _known(format) if format is not None else _format_of(place, text)
    if kind == "textgrid":
        textgrid.parse(text, source, tier)
    elif tier is not None and format is not None:
        raise LabelsError(f"{place.name}: tier={tier!r:.60} is of TextGrids, and this is {kind}.")
    else:
        FORMATS[kind].parse(text, source)
    return _chosen(source, place.stem, name)


def save(labels: Labels, path: str | Path, *, format: str | None = None) -> Path:
    """As :meth:`rtnb.vad.Labels.save`."""
    place = Path(path)
    suffix = place.suffix.lower()
    kind = _known(format) if format is not None else "audacity" if suffix == _PLAIN else _BY_SUFFIX.get(suffix)
    if kind is None or suffix == ".tsv":  # tables are written with commas
        suffixes = ", ".join(each for each in (*_BY_SUFFIX, _PLAIN) if each != ".tsv")
        raise LabelsError(
            f"'{place.name}' names no format of labels that is written; use {suffixes}, or say format=..."
        )
    text = FORMATS[kind].render(labels, labels.name or place.stem)
    try:
        place.write_bytes(text.encode())
    except OSError as error:
        raise LabelsError(f"'{path}' cannot be written: {error.strerror or error}.") from None
    return place


def holds_labels(path: Path) -> bool:
    """Whether a file is one of labels: by its suffix, or where that is ``.txt``, by its first lines."""
    suffix = path.suffix.lower()
    if suffix != _PLAIN:
        return suffix in _BY_SUFFIX
    try:
        return _looks(decoded(_bytes(path), path.name)) is not None
    except LabelsError:
        return False


def labels_of(value: object, *, name: str = "") -> Labels:
    """As :meth:`rtnb.vad.Labels.of`."""
    if isinstance(value, Labels):
        return value
    if isinstance(value, (str, Path)):
        return load(value, name=name or None)
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        return Labels.from_frame(value, name=name)
    if hasattr(value, "itertracks"):  # pyannote.core.Annotation
        value = [(segment.start, segment.end, str(who)) for segment, _, who in value.itertracks(yield_label=True)]
    if not isinstance(value, Iterable) or isinstance(value, (bytes, Mapping)):
        raise LabelsError(
            f"Labels are a file's path, a DataFrame or (start_s, end_s) each, not {type(value).__name__}."
        )
    return Labels(tuple(_segment(number, each) for number, each in enumerate(value)), name)


def _bytes(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        raise LabelsError(
            f"There is no file '{place}'.\nCheck the path; the working directory is what a relative path starts from."
        ) from None
    except OSError as error:
        raise LabelsError(f"'{place}' cannot be read: {error.strerror or error}.") from None


def _known(format: str) -> str:
    if format not in FORMATS:
        raise ConfigError(f"{format!r:.60} is no format of labels; there are: {', '.join(FORMATS)}.")
    return format


def _looks(text: str) -> str | None:
    return next((name for name, each in FORMATS.items() if each.looks_like(text)), None)


def _format_of(place: Path, text: str) -> str:
    kind = _BY_SUFFIX.get(place.suffix.lower())
    if kind is None and not text.strip() and place.suffix.lower() == _PLAIN:
        return "audacity"  # nobody speaks: Audacity writes an empty file
    kind = kind or _looks(text)
    if kind is None:
        raise LabelsError(
            f"{place.name} is in no format of labels that is known: RTTM, Audacity's label track (start, tab, end, "
            "tab, text), .scv, TextGrid, or CSV with columns start_s and end_s. format=... says which it is."
        )
    return kind


def _segment(number: int, value: object) -> Segment:
    if isinstance(value, Segment):
        return value
    if isinstance(value, Span):
        value = (value.start_s, value.end_s)
    elif hasattr(value, "start") and hasattr(value, "end"):  # pyannote.core.Segment
        value = (value.start, value.end)
    parts: tuple[object, ...] = ()
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        parts = tuple(value)
    if len(parts) not in (2, 3):
        raise LabelsError(f"Label {number} is {value!r:.80}: give (start_s, end_s) or (start_s, end_s, speaker).")
    try:
        return Segment(*parts)  # type: ignore[arg-type]
    except LabelsError as error:
        raise LabelsError(f"Label {number}: {error}") from None


def _chosen(source: Source, stem: str, name: str | None) -> Labels:
    """The labels of one recording of a file."""
    found = source.recordings
    if name is not None and name in found:
        chosen = name
    elif len(found) <= 1 and (not name or name == stem or "" in found):
        chosen = next(iter(found), "")
    elif not name and stem in found:
        chosen = stem
    else:
        asked = f"it has no recording {name!r}" if name else f"it holds {len(found)} recordings"
        names = ", ".join(repr(each) for each in sorted(found)) or "none"
        source.fail(None, f"{asked}; choose one by name=...: {names:.500}")
    return Labels(tuple(found.get(chosen, ())), chosen or name or stem, source.told())
