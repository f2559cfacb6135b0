"""What was asked of a session against what it runs on.

The service answers an update with the whole effective session. It rounds, fills in, and drops what it does not
take; this module says which of these happened to what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args, overload

from rtnb._display import Drawable
from rtnb.protocol.beta_objects import session_from_beta
from rtnb.protocol.defaults import default, default_row
from rtnb.protocol.url_secrets import BLANK, url_without_secrets
from rtnb.session.config.checking import SECRET_MEMBERS, shown
from rtnb.session.config.mixture_values import audio_format

__all__ = ["ABSENT", "ConfigDiff", "DiffRow", "Kind", "diff", "ga_session"]

Kind: TypeAlias = Literal["same", "changed by the server", "ignored", "defaulted", "not echoed"]


class _Absent:
    """What is not there, which is not the same as null."""

    def __repr__(self) -> str:
        return "–"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One setting.

    Attributes
    ----------
    path : str
        Such as ``"audio.output.voice"``.
    requested, effective : object
        Values of the wire; :data:`ABSENT` where there is none.
    kind : Kind
        ``"same"``; ``"changed by the server"``: another value than the one asked for; ``"ignored"``: as if it had not
        been asked for; ``"defaulted"``: nobody asked, so it is the server's default; ``"not echoed"``: the service
        takes it and never shows it.
    """

    path: str
    requested: Any
    effective: Any
    kind: Kind


SAID_ROWS: Final = 4
"""Of a sentence about differences."""

SAID_CHARS: Final = 40
"""A longer value is not told in a sentence."""

_COLUMNS: Final = ("setting", "requested", "effective", "kind")


@dataclass(frozen=True, slots=True, repr=False)
class ConfigDiff(Drawable, Sequence[DiffRow]):
    """Requested against effective, row by row.

    Examples
    --------
    >>> diff({"audio": {"output": {"voice": "marin"}}}, {"audio": {"output": {"voice": "alloy", "speed": 1.0}}})
    ConfigDiff(1 of 1 settings differs)
      setting             requested  effective  what happened
      audio.output.voice  'marin'    'alloy'    ignored
    """

    rows: tuple[DiffRow, ...]

    @property
    def differences(self) -> tuple[DiffRow, ...]:
        """The rows where the session runs on something else than was asked for."""
        return tuple(row for row in self.rows if row.kind in ("changed by the server", "ignored"))

    @property
    def asked(self) -> tuple[DiffRow, ...]:
        """The rows of what was asked for."""
        return tuple(row for row in self.rows if row.kind != "defaulted")

    def of_kind(self, kind: Kind) -> tuple[DiffRow, ...]:
        """The rows of one kind."""
        if kind not in get_args(Kind):
            raise ValueError(f"{kind!r} is no kind of row; there are {', '.join(get_args(Kind))}.")
        return tuple(row for row in self.rows if row.kind == kind)

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row."""
        return [
            {
                "setting": row.path,
                "requested": _cell(row.requested),
                "effective": _cell(row.effective),
                "kind": row.kind,
            }
            for row in self.rows
        ]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a setting."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records(), columns=list(_COLUMNS))

    @property
    def headline(self) -> str:
        """How many settings differ."""
        asked, differ = len(self.asked), len(self.differences)
        if not asked:
            return "nothing was asked for"
        if not differ:
            return f"{'all ' if asked > 1 else ''}{asked} setting{'s' if asked > 1 else ''} as asked"
        return f"{differ} of {asked} settings differ{'s' if differ == 1 else ''}"

    @property
    def sentence(self) -> str:
        """What differs, for somebody who reads along; empty where nothing does.

        Examples
        --------
        >>> diff({"audio": {"output": {"voice": "marin"}}}, {"audio": {"output": {"voice": "alloy"}}}).sentence
        "The server made something else of one setting: voice is 'alloy' instead of 'marin'."
        """
        found = self.differences
        if not found:
            return ""
        count = "one setting" if len(found) == 1 else f"{len(found)} settings"
        told = [_told(row) for row in found[:SAID_ROWS]]
        rest = [f"{len(found) - SAID_ROWS} more"] if len(found) > SAID_ROWS else []
        return f"The server made something else of {count}: {'; '.join([*told, *rest])}."

    @overload
    def __getitem__(self, place: int) -> DiffRow: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[DiffRow, ...]: ...
    def __getitem__(self, place: int | slice) -> DiffRow | tuple[DiffRow, ...]:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        head = ("setting", "requested", "effective", "what happened")
        table = [head, *((row.path, _cell(row.requested), _cell(row.effective), row.kind) for row in self.rows)]
        widths = [max(len(line[i]) for line in table) for i in range(3)]
        lines = [
            "  " + "  ".join([*(cell.ljust(width) for cell, width in zip(line[:3], widths, strict=True)), line[3]])
            for line in (table if self.rows else ())
        ]
        return "\n".join([f"ConfigDiff({self.headline})", *lines])


def diff(
    requested: Mapping[str, Any],
    effective: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
    all: bool = False,
) -> ConfigDiff:
    """What was asked of a session against what it runs on.

    Parameters
    ----------
    requested : mapping
        Everything that was asked for so far, as GA has it: the updates laid over each other.
    effective : mapping
        The session of ``session.created`` or ``session.updated``, in the GA or the beta shape.
    before : mapping, optional
        The effective session before the update. With it, a value that stayed is "ignored"; without it, one that is
        the default is.
    all : bool
        Whether to list also what nobody asked for.

    Examples
    --------
    >>> asked = {"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper", "delay": "low"}}}}
    >>> runs = {"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper", "language": None}}}}
    >>> [(row.path.rpartition(".")[2], row.kind) for row in diff(asked, runs)]
    [('model', 'same'), ('delay', 'not echoed')]
    """
    wanted, runs = dict(_leaves(ga_session(requested))), dict(_leaves(ga_session(effective)))
    earlier = dict(_leaves(ga_session(before))) if before is not None else None
    rows = []
    for path, value in wanted.items():
        if path in _SERVERS_OWN or (path == "type" and runs.get(path, value) == value):
            continue
        found = _found(path, runs, ga_session(effective))
        rows.append(DiffRow(path, value, found, _kind(path, value, found, earlier)))
    if all:
        rows += [
            DiffRow(path, ABSENT, value, "defaulted")
            for path, value in runs.items()
            if path not in wanted and path not in _SERVERS_OWN and path != "type" and not _covered(path, wanted)
        ]
    return ConfigDiff(tuple(rows))


_SERVERS_OWN: Final = frozenset({"object", "id", "expires_at", "client_secret"})
"""Members of a session that nobody asks for."""

_WHOLE: Final = frozenset({"format", "voice", "prompt", "tracing", "tool_choice", "truncation"})
"""Objects that are one setting, compared as a whole."""

_TRANSCRIPTION: Final = "audio.input.transcription"


def ga_session(session: Mapping[str, Any]) -> dict[str, Any]:
    """A session object as GA has it, if it is of the beta shape."""
    beta = "audio" not in session and any(name in session for name in ("modalities", "voice", "input_audio_format"))
    return session_from_beta(session) if beta else dict(session)


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        where = f"{path}.{name}" if path else name
        if isinstance(inner, Mapping) and inner and name not in _WHOLE:
            yield from _leaves(inner, where)
        else:
            yield where, inner


def _found(path: str, runs: Mapping[str, Any], effective: Mapping[str, Any]) -> Any:
    """The effective value at a path, whether or not it is a leaf there."""
    if path in runs:
        return runs[path]
    value: Any = effective
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return ABSENT if value is not None else None
        if name not in value:
            return ABSENT
        value = value[name]
    return value


def _covered(path: str, wanted: Mapping[str, Any]) -> bool:
    """Whether an object above it, or all of one below it, was asked for."""
    return any(path.startswith(f"{name}.") or name.startswith(f"{path}.") for name in wanted)


def _kind(path: str, requested: Any, effective: Any, before: Mapping[str, Any] | None) -> Kind:
    if same(path, requested, effective):
        return "same"
    hidden = default("transcription_not_echoed")
    parent, _, name = path.rpartition(".")
    if effective is ABSENT:
        return "not echoed" if parent == _TRANSCRIPTION and name in hidden else "ignored"
    stayed = _default(path) if before is None else before.get(path, ABSENT)
    return "ignored" if stayed is not ABSENT and same(path, stayed, effective) else "changed by the server"


def same(path: str, requested: Any, effective: Any) -> bool:
    """Whether two values of a setting mean the same.

    Examples
    --------
    >>> same("audio.input.format", "pcm16", {"type": "audio/pcm", "rate": 24000}), same("include", None, [])
    (True, True)
    >>> same("model", "gpt-realtime", "gpt-realtime-2025-08-28")
    True
    """
    if _nothing(requested) and (effective is ABSENT or _nothing(effective)):
        return True
    name = path.rpartition(".")[2]
    match name:
        case "format":
            requested, effective = audio_format(requested)[0], audio_format(effective)[0]
        case "voice":
            requested, effective = _voice(requested), _voice(effective)
        case "eagerness":
            requested, effective = ("auto" if value == "medium" else value for value in (requested, effective))
        case "model" if isinstance(requested, str) and isinstance(effective, str):
            # A name without a date stands for a dated snapshot.
            rest = effective.removeprefix(f"{requested}-")
            return effective == requested or (rest != effective and rest.replace("-", "").isdigit() and len(rest) >= 8)
    return _holds(requested, effective)


def _nothing(value: Any) -> bool:
    return value is None or (isinstance(value, list | dict) and not value)


def _voice(value: Any) -> Any:
    return value["id"] if isinstance(value, Mapping) and "id" in value else value


def _holds(requested: Any, effective: Any) -> bool:
    """Whether everything that was asked for is there; secrets are not echoed, and more may be."""
    if isinstance(requested, Mapping) and isinstance(effective, Mapping):
        return all(
            name in SECRET_MEMBERS or _holds(value, effective.get(name)) or (_nothing(value) and name not in effective)
            for name, value in requested.items()
        )
    if isinstance(requested, list | tuple) and isinstance(effective, list | tuple):
        pairs = zip(requested, effective, strict=False)
        return len(requested) == len(effective) and all(_holds(mine, theirs) for mine, theirs in pairs)
    if isinstance(requested, bool) or isinstance(effective, bool):
        return requested is effective
    if isinstance(requested, str) and isinstance(effective, str):
        # What is blanked in an address, or of a text that has a key in it, is not a difference.
        return requested == effective or url_without_secrets(requested) == effective or _blanked(requested, effective)
    return bool(requested == effective)


def _blanked(requested: str, effective: str) -> bool:
    """Whether a text is another one with its secrets blanked.

    Examples
    --------
    >>> _blanked("The key is sk-0123456789abcdef.", "The key is [redacted]."), _blanked("Use it.", "Use [redacted]!")
    (True, False)
    """
    return BLANK in effective and bool(
        re.fullmatch(".+?".join(map(re.escape, effective.split(BLANK))), requested, re.DOTALL)
    )


def _told(row: DiffRow) -> str:
    name = row.path.rpartition(".")[2]
    asked, runs = _cell(row.requested), _cell(row.effective)
    if row.effective is ABSENT:
        return f"{name} was ignored"
    return f"{name} is another" if max(len(asked), len(runs)) > SAID_CHARS else f"{name} is {runs} instead of {asked}"


def _default(path: str) -> Any:
    """What a setting is where nobody sets it; :data:`ABSENT` where that is not known."""
    parent, _, name = path.rpartition(".")
    session = default_row("session")
    match parent:
        case "" | "audio.output" if name in session:
            return session[name]
        case "audio.input.turn_detection" if name == "type":
            return "server_vad"
        case "audio.input.turn_detection":
            return default_row("server_vad").get(name, ABSENT)
        case "audio.input" if name in ("transcription", "noise_reduction"):
            return None
        case "audio.input.transcription" | "audio.input.noise_reduction":
            return None
    return default("format") if name == "format" else ABSENT


def _cell(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        names = [str(one.get("name") or one.get("server_label") or one.get("type")) for one in value]
        count = f"{len(value)} tool{'s' if len(value) != 1 else ''}: "
        joined = ", ".join(names)
        return count + (joined if len(joined) <= 40 else f"{joined[:39]}…")
    text = shown(value)
    return text if len(text) <= 48 else f"{text[:46]}…{text[-1]}"
