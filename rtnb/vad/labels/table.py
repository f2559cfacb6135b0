"""Labels as tables: CSV and DataFrames, whose columns say what they hold.

A label has a start, an end or a duration, and perhaps a speaker, a mark (which names the speaker, or says whether it is
speech), and the recording. Names of columns are compared without case, spaces and underscores; times are seconds, and
milliseconds in columns whose names end in ``_ms`` or ``Ms``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rtnb.errors import LabelsError
from rtnb.vad.labels.marks import is_silence, named
from rtnb.vad.labels.reading import NUMBER, Source, written
from rtnb.vad.labels.segments import Labels

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["looks_like", "of_frame", "parse", "render", "to_frame"]

_NAMES = {
    "start": "start begin onset from tmin xmin starttime begintime tbeg segmentstart",
    "end": "end stop offset to tmax xmax endtime stoptime tend segmentend",
    "duration": "duration dur length tdur",
    "speaker": "speaker spk speakerid speakerlabel who tier",
    "label": "label mark text class speech isspeech annotation",
    "recording": "recording file filename audio uri path name clip",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}
_TIMES = ("start", "end", "duration")
_UNIT = re.compile(r"(.+?)[\s_]*(?:\(|\[)?(ms|msec|milliseconds|s|sec|secs|seconds)(?:\)|\])?", re.IGNORECASE)
_MILLI = frozenset({"ms", "msec", "milliseconds"})
_DELIMITERS = "\t;,"


def looks_like(text: str) -> bool:
    """Whether the first line has columns for a start and an end, or begins with two numbers."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    try:
        cells = next(csv.reader([first], delimiter=_delimiter(first)), [])
    except csv.Error:
        return False
    roles = {role for role, _ in map(_role, cells)}
    return ("start" in roles and bool({"end", "duration"} & roles)) or _headless(cells)


def parse(text: str, source: Source) -> None:
    """Gather the labels of a CSV file, with a header or, where the first row begins with two numbers, without.

    Examples
    --------
    >>> source = Source("a.csv")
    >>> parse("start_ms,end_ms,speaker\\n500,1750,Ann", source)
    >>> source.recordings
    {'': [Segment(start_s=0.5, end_s=1.75, speaker='Ann')]}
    """
    first = next((line for line in text.split("\n") if line.strip()), None)
    source.known("")
    if first is None:
        return
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(first))
    rows: list[tuple[int, list[str]]] = []
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        source.fail(reader.line_num, f"this is not CSV: {error}.")
    if not rows:
        return
    header = ["start_s", "end_s", "label"] if _headless(rows[0][1]) else rows.pop(0)[1]
    _gather(header, rows, source)


def of_frame(frame: pd.DataFrame, *, name: str = "") -> Labels:
    """As :meth:`rtnb.vad.Labels.from_frame`."""
    source = Source("The table", unit="row")
    source.known("")
    _gather([str(column) for column in frame.columns], enumerate(frame.itertuples(index=False, name=None)), source)
    found = {each: segments for each, segments in source.recordings.items() if segments or each}
    if name in found:
        found = {name: found[name]}
    if len(found) > 1:
        names = ", ".join(repr(each) for each in sorted(found))
        raise LabelsError(f"The table holds {len(found)} recordings; choose one by name=...: {names:.500}")
    own = next(iter(found), "")
    return Labels(tuple(found.get(own, ())), name or own, source.told())


def render(labels: Labels, name: str) -> str:
    """The text of a file."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("start_s", "end_s", "speaker"))
    table.writerows((written(each.start_s), written(each.end_s), each.speaker) for each in labels.segments)
    return out.getvalue()


def to_frame(labels: Labels) -> pd.DataFrame:
    """As :meth:`rtnb.vad.Labels.to_frame`."""
    import pandas as pd

    rows = [(each.start_s, each.end_s, each.speaker) for each in labels.segments]
    frame = pd.DataFrame(rows, columns=["start_s", "end_s", "speaker"])
    return frame.astype({"start_s": float, "end_s": float, "speaker": "str"})


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _headless(cells: Sequence[str]) -> bool:
    return len(cells) >= 2 and all(NUMBER.fullmatch(cell.strip()) for cell in cells[:2])


def _role(column: str) -> tuple[str, bool]:
    """What a column holds, and whether it is in milliseconds; nothing for a column that no label needs."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.strip())
    if found := _UNIT.fullmatch(spaced):
        role = _ROLES.get(_plain(found[1]), "")
        if role in _TIMES:
            return role, found[2].lower() in _MILLI
    return _ROLES.get(_plain(spaced), ""), False


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-.]", "", name).lower()


def _columns(header: Sequence[str], source: Source) -> dict[str, tuple[int, bool]]:
    """Where each role is, and whether it is in milliseconds."""
    columns: dict[str, tuple[int, bool]] = {}
    for place, column in enumerate(header):
        role, milli = _role(column)
        if not role:
            continue
        if role in columns and role in _TIMES:
            source.fail(None, f"the columns {header[columns[role][0]]!r:.40} and {column!r:.40} both hold the {role}.")
        columns.setdefault(role, (place, milli))
    if "start" not in columns or not {"end", "duration"} & columns.keys():
        source.fail(
            None, f"a start and an end are needed, as columns start_s and end_s; there are: {', '.join(header):.300}."
        )
    return columns


def _gather(header: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]], source: Source) -> None:
    columns = _columns(header, source)
    if "recording" in columns:
        source.recordings.pop("", None)
    for number, row in rows:
        if len(row) < len(header):
            row = [*row, *[""] * (len(header) - len(row))]
        elif len(row) > len(header) and any(str(cell).strip() for cell in row[len(header) :]):
            source.fail(number, f"there are {len(row)} fields, but {len(header)} columns.")
        times = {
            role: _seconds(number, role, row[place], milli, source)
            for role, (place, milli) in columns.items()
            if role in _TIMES
        }
        end = times["end"] if "end" in times else times["start"] + times["duration"]
        speaker, label, recording = (_text(row, columns, role) for role in ("speaker", "label", "recording"))
        if "recording" in columns:
            source.known(recording)
        if label and is_silence(label):
            source.silent(label)
        else:
            source.add(number, float(times["start"]), float(end), speaker or named(label), recording=recording)


def _seconds(number: int, what: str, cell: Any, milli: bool, source: Source) -> Decimal:
    if hasattr(cell, "total_seconds"):
        cell, milli = cell.total_seconds(), False
    text = cell if isinstance(cell, str) else repr(float(cell)) if _is_number(cell) else str(cell)
    return source.number(number, what, text, per_second=1000 if milli else 1)


def _is_number(cell: object) -> bool:
    return hasattr(cell, "__float__") and not isinstance(cell, bool)


def _text(row: Sequence[Any], columns: dict[str, tuple[int, bool]], role: str) -> str:
    """A cell as text; missing values are empty."""
    if role not in columns:
        return ""
    cell = row[columns[role][0]]
    if cell is None or cell != cell or str(cell) == "<NA>":
        return ""
    return str(cell).strip()
