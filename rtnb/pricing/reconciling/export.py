"""The vendor's usage and cost exports, read into rows of one day and model.

Understood are the CSV files of the usage page (completions usage, and costs), with commas, tabs or semicolons, and
saved pages of the Usage API in JSON. Columns that are not known are ignored.

Whether the columns of input tokens by modality include the cached ones differs: the Usage API documents
``input_audio_tokens`` as including them, and CSV files have been seen whose ``input_text_tokens`` leaves them out
(59,200 input tokens, 5,760 of them cached, and 53,440 text tokens). So each row is read the way in which it adds up.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError
from rtnb.tokens import TokenUsage

__all__ = ["Export", "ExportRow", "read_export"]

_MODALITIES = ("text", "audio", "image")
_TIMES = ("start_time", "start_time_iso")
_STANDARD_TIERS = frozenset({"", "default", "standard", "auto"})
_DAY_S = 86_400
_LARGEST = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One row of an export.

    Parameters
    ----------
    day : datetime.date
        UTC.
    model : str
        Empty where the row names none.
    requests : int or None
        None in an export of costs.
    usage : TokenUsage or None
        None in an export of costs.
    usd : decimal.Decimal or None
        None in an export of usage.
    tier : str
        ``"batch"`` or a service tier with prices of its own; empty for the usual one.
    unstated : frozenset of str
        What the row does not tell: ``"input"`` and ``"output"`` by modality, and the ``"cached"`` part. Its `usage`
        then has sums only, as tokens of unstated modality.
    """

    day: date
    model: str
    requests: int | None = None
    usage: TokenUsage | None = None
    usd: Decimal | None = None
    tier: str = ""
    unstated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Export:
    """A whole export: its rows, the days it covers, and how it was read."""

    rows: tuple[ExportRow, ...]
    first_day: date | None = None
    last_day: date | None = None
    notes: tuple[str, ...] = ()
    foreign: tuple[tuple[date, str, str], ...] = ()
    """Day, model and currency of rows that are left out because they are not in USD."""


def read_export(path: str | Path) -> Export:
    """Read an exported file.

    Parameters
    ----------
    path : str or Path
        A CSV file of the usage page, or saved JSON of the Usage API.

    Raises
    ------
    ConfigError
        It cannot be read, lacks columns (all of them are named), or holds what is no number or no time.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "usage.csv")
    ...     _ = path.write_text(
    ...         "start_time,model,num_model_requests,input_tokens,input_cached_tokens,"
    ...         "input_text_tokens,output_tokens\\n"
    ...         "1767225600,gpt-realtime,3,59200.0,5760,53440,800\\n"
    ...     )
    ...     export = read_export(path)
    >>> row = export.rows[0]
    >>> str(row.day), row.requests, row.usage.input_text, row.usage.cached_text
    ('2026-01-01', 3, 59200, 5760)
    """
    text = _text(Path(path))
    if not text.strip():
        raise ConfigError(f"The export '{path}' is empty: it has no header row, and no rows.")
    if text.lstrip()[:1] in ("{", "["):
        lines, notes = list(_json_rows(text, path)), _json_notes(text)
    else:
        lines, notes = list(_csv_rows(text, path)), []
    reader = _Reader(path)
    rows, days = [], []
    for number, line in lines:
        reader.number = number
        day = reader.day(line)
        days.append(day)
        if (row := reader.row(line, day)) is not None:
            rows.append(row)
    return Export(
        tuple(rows),
        min(days, default=None),
        max(days, default=None),
        (*notes, *reader.notes()),
        tuple(reader.foreign),
    )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"There is no export '{path}'.") from None
    except OSError as error:
        raise ConfigError(f"The export '{path}' cannot be read: {error.strerror or error}.") from None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise ConfigError(f"The export '{path}' is no text; a CSV file or JSON of the Usage API is needed.") from None


def _csv_rows(text: str, path: str | Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    header = text.partition("\n")[0]
    delimiter = max(",\t;", key=header.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().lower() for name in next(table, [])]
    _check_columns(names, path)
    for cells in table:
        if any(cell.strip() for cell in cells):
            line = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            if delimiter == ";":  # then commas separate decimals
                line = {name: value.replace(",", ".") if name != "line_item" else value for name, value in line.items()}
            yield f"line {table.line_num}", line


def _check_columns(names: Iterable[str], path: str | Path) -> None:
    found = set(names)
    missing = [] if found & set(_TIMES) else ["start_time"]
    if "amount_value" not in found:
        missing += [name for name in ("model", "input_tokens", "output_tokens") if name not in found]
    if missing:
        raise ConfigError(
            f"The export '{path}' lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}. Export "
            "completions usage by day and model (or costs, with amount_value) from the usage page, as CSV."
        )


def _pages(text: str, path: str | Path = "") -> list[Mapping[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"The export '{path}' is broken JSON: {error}.") from None
    pages = found if isinstance(found, list) else [found]
    if not all(
        isinstance(page, Mapping) and (isinstance(page.get("data"), list) or "results" in page) for page in pages
    ):
        raise ConfigError(f"The export '{path}' is no page of the Usage API: a member 'data' with buckets is needed.")
    return pages


def _json_rows(text: str, path: str | Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    pages = _pages(text, path)
    buckets = [bucket for page in pages for bucket in (page.get("data") if "data" in page else [page]) or ()]
    for number, bucket in enumerate(buckets, start=1):
        results = bucket.get("results") if isinstance(bucket, Mapping) else None
        if not isinstance(results, list) or not all(isinstance(result, Mapping) for result in results):
            raise ConfigError(f"The export '{path}', bucket {number}: a list of 'results' of objects is needed.")
        times = {name: bucket.get(name) for name in (*_TIMES, "end_time")}
        for result in results or [{}]:
            amount = result.get("amount")
            money = {f"amount_{k}": v for k, v in amount.items()} if isinstance(amount, Mapping) else {}
            line = {**times, **{k: v for k, v in result.items() if v is not None}, **money}
            if result:
                _check_columns({"model", *line}, path)
            yield f"bucket {number}", line


def _json_notes(text: str) -> list[str]:
    more = any(page.get("has_more") for page in _pages(text))
    return ["The export ends in the middle: its last page says that there are more."] if more else []


class _Reader:
    """Reads lines and remembers how."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.number = ""
        self._without_cached = 0
        self._unexplained = 0
        self._unstated: dict[frozenset[str], int] = {}
        self.foreign: dict[tuple[date, str, str], int] = {}
        self._wide = False

    def notes(self) -> Iterator[str]:
        for unstated, count in self._unstated.items():
            yield (
                f"In {_rows(count)} of the export there are {_missing_columns(unstated)}: only sums are compared, and "
                "a difference in tokens is not priced in USD."
            )
        if self._without_cached:
            yield (
                f"In {_rows(self._without_cached)} of the export the input tokens by modality leave the cached ones "
                "out; they were added, as only so the row adds up."
            )
        if self._unexplained:
            yield f"In {_rows(self._unexplained)} of the export the tokens by modality do not add up to input_tokens."
        currencies: dict[str, int] = {}
        for (_, _, currency), count in self.foreign.items():
            currencies[currency] = currencies.get(currency, 0) + count
        for currency, count in currencies.items():
            yield f"{_rows(count)} of the export in {currency} left out: only USD is compared."
        if self._wide:
            yield "The export has periods longer than a day; each is counted to the day on which it begins."

    def day(self, line: Mapping[str, Any]) -> date:
        start, end = (self._time(line.get(name)) for name in ("start_time", "end_time"))
        if start is None:
            start = self._time(line.get("start_time_iso"))
        if start is None:
            raise self._error("start_time", line.get("start_time"), "a time")
        self._wide = self._wide or (end is not None and (end - start).total_seconds() > _DAY_S)
        return start.date()

    def row(self, line: Mapping[str, Any], day: date) -> ExportRow | None:
        """The row, or None where nothing was used."""
        if "amount_value" in line:
            return self._cost(line, day)
        total, made = self._count(line, "input_tokens"), self._count(line, "output_tokens")
        requests, model = self._count(line, "num_model_requests"), str(line.get("model") or "")
        if not (total or made or requests or model):
            return None
        batch = str(line.get("batch") or "").lower() in ("true", "1", "1.0", "yes")
        tier = str(line.get("service_tier") or "").lower()
        unstated = _unstated(line, total, made)
        if unstated:
            self._unstated[unstated] = self._unstated.get(unstated, 0) + 1
        return ExportRow(
            day,
            model,
            requests=requests if line.get("num_model_requests") not in (None, "") else None,
            usage=self._input(line, total, unstated) + self._output(line, made, unstated),
            tier="batch" if batch else "" if tier in _STANDARD_TIERS else tier,
            unstated=unstated,
        )

    def _input(self, line: Mapping[str, Any], total: int, unstated: frozenset[str]) -> TokenUsage:
        cached_total = self._count(line, "input_cached_tokens")
        if "input" in unstated:
            return TokenUsage(input_other=total, cached_other=cached_total)
        stated = {name: self._count(line, f"input_{name}_tokens") for name in _MODALITIES}
        cached = {name: self._count(line, f"input_cached_{name}_tokens") for name in _MODALITIES}
        if not _has(line, "input_text_tokens"):
            # The Usage API names audio and leaves text to be worked out.
            stated["text"] = max(0, total - stated["audio"] - stated["image"])
        given = self._given(stated, cached, cached_total, total)
        rest = cached_total - sum(cached.values())
        if rest > 0:
            for name in ("text", "image", "audio"):  # least saving first, as TokenUsage.from_wire does
                more = min(rest, max(0, given[name] - cached[name]))
                cached[name] += more
                rest -= more
        return TokenUsage(
            input_text=given["text"],
            input_audio=given["audio"],
            input_image=given["image"],
            cached_text=cached["text"],
            cached_audio=cached["audio"],
            cached_image=cached["image"],
            input_other=max(0, total - sum(given.values())),
        )

    def _output(self, line: Mapping[str, Any], made: int, unstated: frozenset[str]) -> TokenUsage:
        if "output" in unstated:
            return TokenUsage(output_other=made)
        text, audio = (self._count(line, f"output_{name}_tokens") for name in ("text", "audio"))
        if not _has(line, "output_text_tokens"):
            text = max(0, made - audio - self._count(line, "output_image_tokens"))
        return TokenUsage(output_text=text, output_audio=audio, output_other=max(0, made - text - audio))

    def _given(
        self, stated: Mapping[str, int], cached: Mapping[str, int], cached_total: int, total: int
    ) -> dict[str, int]:
        """Input by modality with the cached tokens included, in the reading that adds up."""
        for without in _READINGS:
            given = {name: stated[name] + (cached[name] if name in without else 0) for name in _MODALITIES}
            if sum(given.values()) == total and all(given[name] >= cached[name] for name in _MODALITIES):
                self._without_cached += any(cached[name] for name in without)
                return given
        if sum(stated.values()) + cached_total == total and not any(cached.values()):
            # Only the sum of the cached tokens is known, and the columns leave them out.
            self._without_cached += 1
            return {**stated, "text": stated["text"] + cached_total}
        self._unexplained += 1
        return dict(stated)

    def _cost(self, line: Mapping[str, Any], day: date) -> ExportRow | None:
        value = line.get("amount_value")
        if value in (None, ""):
            return None
        currency = str(line.get("amount_currency") or "usd").upper()
        model = str(line.get("model") or "") or str(line.get("line_item") or "").partition(",")[0].strip()
        if currency != "USD":
            key = (day, model, currency)
            self.foreign[key] = self.foreign.get(key, 0) + 1
            return None
        return ExportRow(day, model, usd=self._number(line, "amount_value"))

    def _time(self, value: object) -> datetime | None:
        if value in (None, ""):
            return None
        try:
            if isinstance(value, int | float) or str(value).replace(".", "", 1).isdigit():
                return datetime.fromtimestamp(float(str(value)), UTC)
            found = datetime.fromisoformat(str(value))
        except (ValueError, OverflowError, OSError):
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    def _number(self, line: Mapping[str, Any], name: str) -> Decimal:
        value = line.get(name)
        if value in (None, ""):
            return Decimal(0)
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise self._error(name, value, "a number") from None
        if not number.is_finite() or abs(number) > _LARGEST:
            raise self._error(name, value, "a number")
        return number

    def _count(self, line: Mapping[str, Any], name: str) -> int:
        number = self._number(line, name)
        if number != number.to_integral_value() or number < 0:
            raise self._error(name, line.get(name), "a count")
        return int(number)

    def _error(self, name: str, value: object, wanted: str) -> ConfigError:
        return ConfigError(f"The export '{self.path}', {self.number}: {name} is {value!r:.40}, which is not {wanted}.")


# As documented, as seen in CSV files, and everything between: which modalities' columns leave the cached tokens out.
# Readings that add up to the same differ in nothing, but for one pair: as many cached text as cached audio tokens; then
# text is it, as in the CSV files that were seen.
_READINGS = [chosen for size in range(4) for chosen in itertools.combinations(_MODALITIES, size)]


def _has(line: Mapping[str, Any], name: str) -> bool:
    return line.get(name) not in (None, "")


def _unstated(line: Mapping[str, Any], total: int, made: int) -> frozenset[str]:
    """What the row leaves out of what it has tokens of. Without audio, text cannot be worked out as the rest."""
    found = set()
    if total and not (_has(line, "input_text_tokens") or _has(line, "input_audio_tokens")):
        found.add("input")
    if total and not any(_has(line, f"input_cached{name}_tokens") for name in ("", "_text", "_audio", "_image")):
        found.add("cached")
    if made and not (_has(line, "output_text_tokens") or _has(line, "output_audio_tokens")):
        found.add("output")
    return frozenset(found)


def _missing_columns(unstated: frozenset[str]) -> str:
    """What a row has no columns of, in words: ``"no columns of output modality or cache"``."""
    sides = [side for side in ("input", "output") if side in unstated]
    kinds = [f"{'' if len(sides) == 2 else f'{sides[0]} '}modality"] if sides else []
    return f"no columns of {' or '.join([*kinds, *(['cache'] if 'cached' in unstated else [])])}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
