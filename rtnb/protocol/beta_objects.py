"""Sessions, responses and items between the beta shape and GA: pure functions over decoded JSON.

Objects may be partial, as those of an update are: only what is there is translated. A value that the shape it
comes from does not know passes unchanged, for validation to refuse.

Examples
--------
>>> from rtnb.protocol.beta_objects import session_from_beta, session_to_beta
>>> ga = session_from_beta({"modalities": ["text", "audio"], "voice": "sage"})
>>> ga
{'type': 'realtime', 'output_modalities': ['audio'], 'audio': {'output': {'voice': 'sage'}}}
>>> session_to_beta(ga)
{'modalities': ['audio', 'text'], 'voice': 'sage'}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rtnb.protocol.beta_data import Shape, beta_data
from rtnb.protocol.session_config import SessionKind

__all__ = [
    "item_from_beta",
    "item_to_beta",
    "response_create_from_beta",
    "response_create_to_beta",
    "response_from_beta",
    "response_to_beta",
    "session_from_beta",
    "session_to_beta",
]

Json = dict[str, Any]


def session_to_beta(session: Mapping[str, Any], *, temperature: float | None = None) -> Json:
    """A GA session, whole or partial, as the flat beta object.

    Parameters
    ----------
    session : mapping
        Of either kind; its ``type`` says which.
    temperature : float, optional
        What a realtime session is said to have, since GA has none; left out when None.
    """
    kind = "transcription" if session.get("type") == "transcription" else "realtime"
    found = _to_beta(session, beta_data().shapes[kind])
    if temperature is not None and kind == "realtime":
        found["temperature"] = temperature
    if "object" in session:
        # Whole sessions of the live service carry it, null outside of REST.
        found["client_secret"] = None
    return found


def session_from_beta(session: Mapping[str, Any], *, kind: SessionKind = "realtime") -> Json:
    """A flat beta session, whole or partial, as a GA one; temperature and client secret have no place there."""
    return {"type": kind, **_from_beta(session, beta_data().shapes[kind])}


def response_create_from_beta(params: Mapping[str, Any]) -> Json:
    """The ``response`` member of a beta ``response.create`` as GA takes it."""
    return _from_beta(params, beta_data().shapes["response_create"])


def response_create_to_beta(params: Mapping[str, Any]) -> Json:
    """The ``response`` member of a GA ``response.create`` as a beta client would have sent it."""
    return _to_beta(params, beta_data().shapes["response_create"])


def response_to_beta(response: Mapping[str, Any], *, temperature: float | None = None) -> Json:
    """A GA response object as the beta shape has it.

    Parameters
    ----------
    response : mapping
        As ``response.created`` and ``response.done`` carry it.
    temperature : float, optional
        What it is said to have run with; left out when None.
    """
    found = _to_beta(response, beta_data().shapes["response"])
    if temperature is not None:
        found["temperature"] = temperature
    return found


def response_from_beta(response: Mapping[str, Any]) -> Json:
    """A beta response object as GA has it."""
    return _from_beta(response, beta_data().shapes["response"])


def item_to_beta(item: Mapping[str, Any]) -> Json:
    """A GA item as the beta shape has it: with ``object``, and assistant parts called ``text`` and ``audio``.

    Examples
    --------
    >>> said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    >>> item_to_beta(said)["content"]
    [{'type': 'text', 'text': 'Hi'}]
    """
    names = {ga: beta for beta, ga in beta_data().assistant_content.items()}
    return _item({"object": "realtime.item", **item}, names, item.get("role"))


def item_from_beta(item: Mapping[str, Any]) -> Json:
    """A beta item as GA has it."""
    plain = {key: value for key, value in item.items() if (key, value) != ("object", "realtime.item")}
    return _item(plain, beta_data().assistant_content, item.get("role"))


def _item(item: Json, names: Mapping[str, str], role: Any) -> Json:
    content = item.get("content")
    if role != "assistant" or not isinstance(content, list):
        return item
    parts = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        known = isinstance(kind, str) and kind in names
        parts.append({**part, "type": names[kind]} if known else part)  # type: ignore[index]
    return {**item, "content": parts}


def _to_beta(value: Mapping[str, Any], shape: Shape) -> Json:
    found: Json = {}
    for field in shape.fields:
        at: Any = value
        for name in field.ga:
            if not isinstance(at, dict) or name not in at:
                break
            at = at[name]
        else:
            found[field.beta] = _TO_BETA.get(field.kind, _same)(at)
    known = {field.ga[0] for field in shape.fields} | shape.ga_only
    found.update((name, inner) for name, inner in value.items() if name not in known)
    return found


def _from_beta(value: Mapping[str, Any], shape: Shape) -> Json:
    fields = {field.beta: field for field in shape.fields}
    found: Json = {}
    for name, inner in value.items():
        field = fields.get(name)
        if field is None:
            if name not in shape.beta_only:
                found[name] = inner
            continue
        into = found
        for step in field.ga[:-1]:
            nested = into.setdefault(step, {})
            if not isinstance(nested, dict):
                # A member that only GA has stands in the way; the beta shape knows better.
                nested = into[step] = {}
            into = nested
        into[field.ga[-1]] = _FROM_BETA.get(field.kind, _same)(inner)
    return found


def _same(value: Any) -> Any:
    return value


def _modalities_to_beta(value: Any) -> Any:
    return list(beta_data().spoken) if value == ["audio"] else value


def _modalities_from_beta(value: Any) -> Any:
    both = isinstance(value, list) and len(value) == 2 and "text" in value and "audio" in value
    return ["audio"] if both else value


def _format_to_beta(value: Any) -> Any:
    kind = value.get("type") if isinstance(value, dict) else None
    return next((name for name, ga in beta_data().formats.items() if ga["type"] == kind), value)


def _format_from_beta(value: Any) -> Any:
    known = isinstance(value, str) and value in beta_data().formats
    return dict(beta_data().formats[value]) if known else value


def _voice_to_beta(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _tool_choice_from_beta(value: Any) -> Any:
    """Also the shape of Chat Completions, which names the function one level down."""
    if isinstance(value, dict) and value.keys() == {"type", "function"} and isinstance(value["function"], dict):
        return {"type": value["type"], **value["function"]}
    return value


def _turn_detection_from_beta(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return value
    other = beta_data().other_kind.get(value["type"], frozenset())
    return {name: inner for name, inner in value.items() if name not in other}


def _only(members: str) -> Callable[[Any], Any]:
    def trimmed(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = beta_data().members[members]
        return {name: inner for name, inner in value.items() if name in known}

    return trimmed


def _usage_to_beta(value: Any) -> Any:
    if not isinstance(value, dict) or "input_token_details" not in value:
        return value
    return {**value, "input_token_details": _only("usage_input_details")(value["input_token_details"])}


def _items(translate: Callable[[Mapping[str, Any]], Json]) -> Callable[[Any], Any]:
    def each(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [translate(item) if isinstance(item, dict) else item for item in value]

    return each


def _input_from_beta(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [inner for item in value for inner in _input_item(item)]


def _input_item(item: Any) -> Sequence[Any]:
    """An input item; one whose content refers to other items becomes those references."""
    if not isinstance(item, dict):
        return [item]
    content = item.get("content")
    if not isinstance(content, list):
        return [item_from_beta(item)]
    references = [part for part in content if isinstance(part, dict) and part.get("type") == "item_reference"]
    if not references:
        return [item_from_beta(item)]
    rest = [part for part in content if part not in references]
    own = [item_from_beta({**item, "content": rest})] if rest else []
    return [*references, *own]


_TO_BETA: Mapping[str, Callable[[Any], Any]] = {
    "modalities": _modalities_to_beta,
    "format": _format_to_beta,
    "voice": _voice_to_beta,
    "transcription": _only("transcription"),
    "noise_reduction": _only("noise_reduction"),
    "items": _items(item_to_beta),
    "input": _items(item_to_beta),
    "usage": _usage_to_beta,
}

_FROM_BETA: Mapping[str, Callable[[Any], Any]] = {
    "modalities": _modalities_from_beta,
    "format": _format_from_beta,
    "tool_choice": _tool_choice_from_beta,
    "turn_detection": _turn_detection_from_beta,
    "items": _items(item_from_beta),
    "input": _input_from_beta,
}
