"""What all formats of labels share: text out of bytes, seconds out of text, and errors that name file and line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn

from rtnb._display import counted
from rtnb.errors import LabelsError
from rtnb.vad.labels.segments import LATEST_S, TOO_LATE, Segment

__all__ = ["NUMBER", "Source", "decoded", "written"]

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes, file: str) -> str:
    """The text of a file: in the encoding of its byte order mark, UTF-8 without one; line ends become ``\\n``.

    Raises
    ------
    LabelsError
        It is not text in these encodings.
    """
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelsError(
            f"{file}, line {line}: this is not {encoding.removesuffix('-sig').upper()} text. "
            "Labels are read as UTF-8, or as UTF-16 with a byte order mark; save the file in one of these."
        ) from None
    if "\0" in text:
        raise LabelsError(f"{file} is not a text file: it holds zero bytes.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def written(seconds: float) -> str:
    """Seconds as they are written to files: to the microsecond, with three decimals at least.

    Examples
    --------
    >>> written(1.5), written(0.0000014)
    ('1.500', '0.000001')
    """
    whole, _, decimals = f"{seconds:.6f}".partition(".")
    return f"{whole}.{decimals[:3]}{decimals[3:].rstrip('0')}"


@dataclass(slots=True)
class Source:
    """A file that is being read: it gathers the labels of each recording, and says where what is wrong.

    Attributes
    ----------
    file : str
        What errors call it.
    recordings : dict of str to list of Segment
        Labels by recording; formats that hold one recording use the empty name.
    notes : list of str
    unit : str
        What the places in it are called.
    """

    file: str
    recordings: dict[str, list[Segment]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unit: str = "line"
    _points: list[int] = field(default_factory=list)
    _silent: list[str] = field(default_factory=list)

    def fail(self, line: int | None, why: str) -> NoReturn:
        """Raise the error of a line, or of the file."""
        place = "" if line is None else f", {self.unit} {line}"
        raise LabelsError(f"{self.file}{place}: {why}")

    def lines(self, text: str) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, with their numbers."""
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield number, line

    def number(self, line: int | None, what: str, text: str, *, per_second: int = 1) -> Decimal:
        """A number of seconds, exactly as it is written, or of milliseconds: 1000 `per_second`."""
        text = text.strip()
        if not NUMBER.fullmatch(text):
            if _COMMA.fullmatch(text):
                self.fail(line, f"the {what} is {text!r}: write a point, not a comma, before the decimals.")
            self.fail(line, f"the {what} is {text!r:.60}, which is not a number of seconds.")
        value = Decimal(text)
        if abs(value) > LATEST_S * per_second:
            unit = "s" if per_second == 1 else "ms"
            self.fail(line, f"the {what} is {text:.60} {unit}, {TOO_LATE}")
        return value / per_second

    def seconds(self, line: int | None, what: str, text: str) -> float:
        """A time, from the beginning of the recording."""
        return float(self.number(line, what, text))

    def known(self, recording: str) -> None:
        """The file speaks of a recording, with or without labels."""
        self.recordings.setdefault(recording, [])

    def add(self, line: int | None, start_s: float, end_s: float, speaker: str = "", *, recording: str = "") -> None:
        """Gather a label; one without length is left out and told of."""
        self.known(recording)
        if start_s == end_s and start_s >= 0:
            self._points.append(line or 0)
            return
        try:
            self.recordings[recording].append(Segment(start_s, end_s, speaker))
        except LabelsError as error:
            self.fail(line, str(error))

    def silent(self, mark: str) -> None:
        """A stretch was left out because its mark means silence."""
        self._silent.append(mark.strip())

    def told(self) -> tuple[str, ...]:
        """What was odd about the file."""
        told = list(self.notes)
        if self._silent:
            marks = ", ".join(repr(mark) for mark in sorted(set(self._silent)))
            told.append(f"{counted(len(self._silent), 'label')} taken as silence for the mark: {marks:.200}")
        if self._points:
            first = f", the first in {self.unit} {self._points[0]}" if self._points[0] else ""
            told.append(f"{counted(len(self._points), 'label')} without length left out{first}")
        return tuple(told)
