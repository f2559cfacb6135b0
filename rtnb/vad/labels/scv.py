"""The ``.scv`` labels of the TEN VAD test set: in one line a name, then start, end and 0 or 1 again and again.

(github.com/TEN-framework/ten-vad, folder ``testset``.)
"""

from __future__ import annotations

from rtnb.vad.labels.merging import merged
from rtnb.vad.labels.reading import Source, written
from rtnb.vad.labels.segments import Labels

__all__ = ["looks_like", "parse", "render"]

_ROUNDING_S = 0.01
"""Neighbours whose common edge was rounded to hundredths overlap by so much. Own choice."""


def looks_like(text: str) -> bool:
    """Whether the first line is a name and whole triples that end in 0 or 1."""
    for line in text.split("\n"):
        if line.strip():
            fields = _fields(line)
            return len(fields) >= 4 and len(fields) % 3 == 1 and {field.strip() for field in fields[3::3]} <= {"0", "1"}
    return False


def parse(text: str, source: Source) -> None:
    """Gather the stretches of every recording that are marked with 1.

    Examples
    --------
    >>> source = Source("a.scv")
    >>> parse("call,0.0,0.5,0,0.5,1.75,1", source)
    >>> source.recordings
    {'call': [Segment(start_s=0.5, end_s=1.75, speaker='')]}
    """
    for number, line in source.lines(text):
        fields = _fields(line)
        name = fields[0].strip()
        if len(fields) % 3 != 1:
            source.fail(
                number, f"after the name come start, end and 0 or 1 each, but {len(fields) - 1} fields follow it."
            )
        source.known(name)
        silences: list[tuple[float, float]] = []
        for start, end, mark in zip(fields[1::3], fields[2::3], fields[3::3], strict=True):
            times = (source.seconds(number, "start", start), source.seconds(number, "end", end))
            if mark.strip() == "1":
                source.add(number, *times, recording=name)
            elif mark.strip() == "0":
                silences.append(times)
            else:
                source.fail(
                    number, f"the mark of {start.strip()} s to {end.strip()} s is {mark.strip()!r:.20}, not 0 or 1."
                )
        _refuse_both(number, silences, source, name)


def render(labels: Labels, name: str) -> str:
    """The text of a file; the format has no speakers, so labels that overlap or touch are one."""
    fields = [" ".join(name.replace(",", " ").split()) or "recording"]
    last = written(0.0)
    for span in labels.speech:
        start, end = written(span.start_s), written(span.end_s)
        if start != last:
            fields += [last, start, "0"]
        fields += [start, end, "1"]
        last = end
    return ",".join(fields) + "\n"


def _fields(line: str) -> list[str]:
    fields = line.strip().split(",")
    while len(fields) > 1 and not fields[-1].strip():
        fields.pop()
    return fields


def _refuse_both(number: int, silences: list[tuple[float, float]], source: Source, name: str) -> None:
    """What is marked as speech and as silence at once cannot be scored."""
    speech = merged((each.start_s, each.end_s) for each in source.recordings[name])
    for start, end in silences:
        for begin, stop in speech:
            if min(end, stop) - max(start, begin) > _ROUNDING_S:
                source.fail(number, f"{max(start, begin):g} s to {min(end, stop):g} s is marked both 0 and 1.")
