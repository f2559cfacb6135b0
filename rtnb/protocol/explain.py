"""``rtnb.explain``: what an event, a member, an error, an outcome or a close code means, and what to do about it.

The sentences are in ``explained/*.json``, with their sources; names, members and types come from the catalogue that
is generated from the ``openai`` package, and tests hold the two together.

Examples
--------
>>> from rtnb.protocol.explain import explain
>>> print(explain("input_audio_buffer.clear"))
input_audio_buffer.clear (client event)
  Throws away the audio in the input buffer that is not committed yet.
  sent by    client
  before     input_audio_buffer.append
  after      input_audio_buffer.cleared
  do         Use it to take back what was recorded before it became an item.
  members    type: "input_audio_buffer.clear"
             event_id: string, optional
>>> explain("response.audio.delta").ga
'response.output_audio.delta'
>>> explain("silence_duration_ms").places
('session.audio.input.turn_detection.silence_duration_ms',)
>>> explain("Only model output audio messages can be truncated").severity
'benign'
>>> explain(3000).kind
'close code'
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from rtnb.errors import ApiError, ConfigError, RefusedError
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.envelope import Event
from rtnb.protocol.explain_members import beta_members, beta_paths, members, paths, read, value_names, values
from rtnb.protocol.explanation import SEVERAL, Explanation
from rtnb.protocol.faults import FaultRow, fault_rows, row_of
from rtnb.protocol.places import members_of

__all__ = ["Explainable", "Explanation", "explain", "explainable_names"]

Explainable: TypeAlias = "str | int | Event | ApiError | RefusedError | Mapping[str, Any]"

_INDEX = re.compile(r"\[\d*\]")
_LAST_HTTP_STATUS = 599
_LONGEST_NUMBER = 20
_LIVES = {"client": "client event", "server": "server event", "local": "note of rtnb in its log"}
_SENDERS = {"client": "client", "server": "server", "local": "rtnb", "translation_client": "client",
            "translation_server": "server"}  # fmt: skip


def explain(thing: Explainable) -> Explanation:
    """What something of the Realtime protocol means, who sends it, what comes before and after it, and what to do.

    Parameters
    ----------
    thing : str, int, Event, ApiError, RefusedError or mapping
        The name of an event (GA, beta, translation sessions, rtnb's own notes), of a member
        (``"session.audio.input.turn_detection.threshold"`` or only ``"threshold"``, with or without its event in
        front; beta names too), of an error code, or the text of an error; a response's status or reason; a value such
        as ``"semantic_vad"`` or beta's ``"pcm16"``; a WebSocket close code or an HTTP status; or an event, an error,
        or an exception as it was met. Capitals make no difference.

    Returns
    -------
    Explanation
        Its `parts` tell everything that a name stands for, where that is more than one thing.

    Raises
    ------
    ConfigError
        Nobody knows it; the message lists names that are alike.

    Examples
    --------
    >>> explain("cannot_update_voice").severity
    'config'
    >>> [part.events[0] for part in explain("audio_start_ms").parts]
    ['input_audio_buffer.speech_started', 'input_audio_buffer.timeout_triggered']
    >>> explain("response.done.status_details").places, explain("g711_ulaw").ga
    (('response.status_details',), 'audio/pcmu')
    >>> explain("sesion.update")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    rtnb.errors.ConfigError: Nothing is known of 'sesion.update'. Did you mean 'session.update', ...
    """
    if isinstance(thing, str):
        return _named(thing)
    if isinstance(thing, int) and not isinstance(thing, bool):
        return _numbered(thing)
    if isinstance(thing, Event):
        return _event_met(thing.type, thing.body)
    if isinstance(thing, ApiError):
        return _error({"code": thing.code, "type": thing.type, "param": thing.param, "message": str(thing)})
    if isinstance(thing, RefusedError):
        if thing.code is not None:
            return _error({"code": thing.code, "message": str(thing)})
        return _numbered(thing.close_code or 1006)
    if isinstance(thing, Mapping):
        return _mapping(thing)
    raise ConfigError(
        f"explain() takes a name, a number, an event or an error, not {type(thing).__name__}: "
        "try explain('session.update')."
    )


# What was met -------------------------------------------------------------------------------------------------------


def _mapping(thing: Mapping[str, Any]) -> Explanation:
    kind = thing.get("type")
    if isinstance(kind, str) and (kind in _events() or "." in kind):
        return _event_met(kind, thing)
    if "code" in thing or "message" in thing:
        return _error(thing)
    if isinstance(thing.get("error"), Mapping):
        return _error(thing["error"])
    if isinstance(kind, str):
        return _named(kind)
    raise ConfigError("This mapping is neither an event (type) nor an error (code, message).")


def _event_met(kind: str, body: Mapping[str, Any]) -> Explanation:
    """An event with what is special about this one: the error it carries, how the response ended."""
    if not kind:
        raise ConfigError("This event has no type: whoever sent it broke the protocol.")
    found = _named(kind)
    error, response = body.get("error"), body.get("response")
    if isinstance(error, Mapping):
        return replace(found, parts=(_error(error),))
    if kind == "response.done" and isinstance(response, Mapping):
        return replace(found, parts=tuple(_ended(response)))
    if kind == "rtnb.connection.lost" and isinstance(body.get("code"), int):
        return replace(found, parts=(_numbered(body["code"]),))
    return found


def _ended(response: Mapping[str, Any]) -> Iterator[Explanation]:
    details = response.get("status_details")
    details = details if isinstance(details, Mapping) else {}
    for value in (response.get("status"), details.get("reason")):
        if isinstance(value, str) and value in read("outcomes")["outcomes"]:
            yield _outcome(value)
    if isinstance(details.get("error"), Mapping):
        yield _error(details["error"])


def _error(error: Mapping[str, Any]) -> Explanation:
    row = row_of(error)
    said = error.get("message")
    words = said if isinstance(said, str) else ""
    if row is None:
        name = str(error.get("code") or "error")
        return Explanation(
            name=name, kind="error", sender="server", sample=words, severity="bug", see=("error",),
            means="An error that is not described here; its message is all that is known.",
            do="Read the message; look it up in the service's documentation.",
        )  # fmt: skip
    return replace(_fault(row), sample=words or row.sample)


# By name ------------------------------------------------------------------------------------------------------------


def _named(name: str) -> Explanation:
    asked = _INDEX.sub("", name.strip())
    if asked.isdecimal() and asked.isascii():
        return _numbered(int(asked[:_LONGEST_NUMBER]))
    found = _known(asked) or _known(_as_written().get(asked.lower(), asked.lower()))
    if not found and (row := _by_words(name)) is not None:
        found = [_fault(row)]
    if not found:
        raise ConfigError(_unknown(name))
    return found[0] if len(found) == 1 else _several(asked, found)


@functools.cache
def _as_written() -> Mapping[str, str]:
    """Every name by its small letters."""
    return {one.lower(): one for one in explainable_names()}


def _known(asked: str) -> list[Explanation]:
    """Everything that a name stands for, as it is written."""
    if asked in _events():
        event = _events()[asked]
        # One event has the name of its member: error.
        return [replace(event, parts=(*event.parts, *members(asked))) if "." not in asked else event]
    found = [*_faults(asked), *_outcomes(asked), *(members(asked) or beta_members(asked)), *values(asked)]
    return found or _members_of_event(asked)


def _members_of_event(asked: str) -> list[Explanation]:
    """Members by a path with the event in front; what the event is about may be left out of it."""
    steps = asked.split(".")
    for count in range(len(steps) - 1, 0, -1):
        event = _events().get(".".join(steps[:count]))
        if event is not None:
            inner = ".".join(steps[count:])
            kind = event.ga if event.ga in _events() else event.name
            return members(inner, within=kind) or beta_members(inner)
    return []


def _several(name: str, found: Sequence[Explanation]) -> Explanation:
    return Explanation(name=name, kind=SEVERAL, means=f"{name} stands for {len(found)} things.", parts=tuple(found))


def _unknown(name: str) -> str:
    known = {one: one for one in explainable_names()}
    # What people remember of an event is often its last word.
    known |= {kind.rpartition(".")[2]: kind for kind in _events() if kind.rpartition(".")[2] not in known}
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    near = near or [one for one in known if name and name.lower() in one.lower()][:3]
    alike = list(dict.fromkeys(known[one] for one in near))
    shown = name if len(name) <= 80 else f"{name[:77]}..."
    if not alike:
        return (
            f"Nothing is known of {shown!r}. explain() takes names of events and members, error codes and close codes."
        )
    *others, last = [repr(one) for one in alike]
    before = f"{', '.join(others)} or " if others else ""
    return f"Nothing is known of {shown!r}. Did you mean {before}{last}?"


@functools.cache
def explainable_names() -> tuple[str, ...]:
    """Every name that :func:`explain` knows: events, paths, bare members, error codes, outcomes, numbers."""
    names = dict.fromkeys(_events())
    names.update(dict.fromkeys(row.code or row.name for row in fault_rows()))
    names.update(dict.fromkeys(read("outcomes")["outcomes"]))
    for path in paths():
        names[path] = None
        names[path.rpartition(".")[2]] = None
    names.update(dict.fromkeys(beta_paths()))
    names.update(dict.fromkeys(path.rpartition(".")[2] for path in beta_paths()))
    names.update(dict.fromkeys(value_names()))
    names.update(dict.fromkeys([*read("closes")["closes"], *read("closes")["http"]]))
    return tuple(names)


# Events -------------------------------------------------------------------------------------------------------------


@functools.cache
def _events() -> Mapping[str, Explanation]:
    data, known, beta = read("events"), catalogue(), beta_data()
    found: dict[str, Explanation] = {}
    for side, table in (("client", known.client_events), ("server", known.server_events)):
        for kind, row in data[side].items():
            other = beta.renamed_events.get(kind, "")
            found[kind] = _event(kind, _LIVES[side], side, row, members_of(known.models[table[kind]]), beta=other)
    for kind, row in data["local"].items():
        found[kind] = _event(kind, _LIVES["local"], "local", row, ())
    for side in ("translation_client", "translation_server"):
        models = known.translation_client_events if side == "translation_client" else {}
        for kind, row in data[side].items():
            inside = members_of(known.models[models[kind]]) if kind in models else ()
            inside = inside or tuple((name, "") for name in row.get("members", ()) if "." not in name)
            label = f"{side.rpartition('_')[2]} event of translation sessions"
            here = _event(kind, label, side, row, inside)
            found[kind] = replace(found[kind], parts=(here,)) if kind in found else here
    for ga, old in beta.renamed_events.items():
        if old not in found:
            found[old] = replace(found[ga], name=old, kind=f"beta name of a {found[ga].kind}", beta="", ga=ga)
    for old, row in data["beta_only"].items():
        found[old] = replace(
            found[row["ga"]], name=old, kind=f"beta {row['sender']} event", means=row["means"], ga=row["ga"], parts=()
        )
    return found


def _event(
    kind: str, label: str, side: str, row: Mapping[str, Any], members: tuple[tuple[str, str], ...], beta: str = ""
) -> Explanation:
    return Explanation(
        name=kind, kind=label, sender=_SENDERS[side], means=row["means"], do=row["do"], beta=beta,
        before=tuple(row["before"]), after=tuple(row["after"]), members=members,
    )  # fmt: skip


# Errors, outcomes, numbers ------------------------------------------------------------------------------------------


def _faults(name: str) -> list[Explanation]:
    rows = [row for row in fault_rows() if name in (row.code, row.name)]
    rows = rows or [row for row in fault_rows() if row.code is None and row.type == name]
    return [_fault(row) for row in rows]


def _fault(row: FaultRow) -> Explanation:
    return Explanation(
        name=row.code or row.type or row.name, kind="error", sender="server", means=row.means, do=row.advice,
        severity=row.severity, sample=row.sample, see=row.see,
    )  # fmt: skip


def _by_words(text: str) -> FaultRow | None:
    words = {"message": text}
    return next((row for row in fault_rows() if row.fits_message(words)), None) if " " in text.strip() else None


def _outcomes(name: str) -> list[Explanation]:
    return [_outcome(name)] if name in read("outcomes")["outcomes"] else []


def _outcome(name: str) -> Explanation:
    row = read("outcomes")["outcomes"][name]
    return Explanation(
        name=name, kind="how a response ends", sender="server", means=row["means"], do=row["do"],
        before=tuple(row["before"]), after=tuple(row["after"]),
    )  # fmt: skip


def _numbered(number: int) -> Explanation:
    kind = "http" if number <= _LAST_HTTP_STATUS else "closes"
    row = read("closes")[kind].get(str(number))
    if row is not None:
        label = "HTTP status" if kind == "http" else "close code"
        return Explanation(name=str(number), kind=label, means=row["means"], do=row["do"],
                           sender="server" if kind == "http" else "server or client")  # fmt: skip
    if 4000 <= number <= 4999 or 3000 <= number <= 3999:
        means = "A close code of the service's own that is not described here; its reason says more."
        return Explanation(name=str(number), kind="close code", sender="server", means=means,
                           do="Read the reason, and the last error event.")  # fmt: skip
    raise ConfigError(
        f"{number} is neither a WebSocket close code (such as 1006 or 4000) nor an HTTP status that is known here."
    )
