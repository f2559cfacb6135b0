"""Values as GA writes them, from all the ways in which they are written; each change with a reason.

What is of no known shape passes unchanged: the server judges it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from rtnb.audio.formats import PCM16, PCMA, PCMU
from rtnb.protocol.beta_data import beta_data

__all__ = ["NORMALISERS", "Normaliser", "Note"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """What was done to a value.

    Attributes
    ----------
    why : str
    before, after : str or None
        Behind the path of the value; `after` is None for what was left out.
    added : bool
        Whether it was not there before.
    """

    why: str
    before: str = ""
    after: str | None = ""
    added: bool = False


Result = tuple[Any, list[Note]]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """A place in the GA objects, and how values there are read."""

    path: tuple[str, ...]
    apply: Callable[[Any], Result]
    where: frozenset[str] = frozenset({"session", "response"})


def modalities(value: Any) -> Result:
    """Both at once meant speech with its transcript.

    Examples
    --------
    >>> modalities(["text", "audio"])[0], modalities("text")[0], modalities(["text"])[1]
    (['audio'], ['text'], [])
    """
    if isinstance(value, str):
        return [value], [Note("a list in GA")]
    if isinstance(value, list) and len(value) == 2 and "text" in value and "audio" in value:
        return ["audio"], [Note('"audio" alone brings the transcript along')]
    return value, []


_FORMATS: Final = {
    name: form.to_wire() for form in (PCM16, PCMU, PCMA) for name in (form.type, form.beta, form.type[6:])
} | {"g711-ulaw": PCMU.to_wire(), "g711-alaw": PCMA.to_wire(), "ulaw": PCMU.to_wire(), "alaw": PCMA.to_wire()}


def audio_format(value: Any) -> Result:
    """Names of formats as objects.

    Examples
    --------
    >>> audio_format("g711_ulaw")[0], audio_format({"type": "audio/pcm"})[0]
    ({'type': 'audio/pcmu'}, {'type': 'audio/pcm', 'rate': 24000})
    """
    if isinstance(value, str) and value in _FORMATS:
        return dict(_FORMATS[value]), [Note("an object in GA")]
    if isinstance(value, dict):
        kind = value.get("type")
        if isinstance(kind, str) and kind in _FORMATS and kind != _FORMATS[kind]["type"]:
            return {**value, **_FORMATS[kind]}, [Note("the GA name of the format")]
        if kind == PCM16.type and "rate" not in value:
            return {**value, "rate": PCM16.rate_hz}, [Note("GA wants the rate stated", after=".rate", added=True)]
        if kind in (PCMU.type, PCMA.type) and value.get("rate") == PCMU.rate_hz:
            return {"type": kind}, [Note("G.711 has but one rate, and GA no member for it", ".rate", None)]
    return value, []


def _named(member: str) -> Callable[[Any], Result]:
    def apply(value: Any) -> Result:
        return ({member: value}, [Note("an object in GA")]) if isinstance(value, str) else (value, [])

    return apply


def transcription(value: Any) -> Result:
    """A model's name stands for an object; False for none.

    Examples
    --------
    >>> transcription("whisper-1")[0], transcription(False)[0]
    ({'model': 'whisper-1'}, None)
    """
    if value is False:
        return None, [Note("null turns it off in GA")]
    if isinstance(value, dict) and "enabled" in value:
        rest = {name: inner for name, inner in value.items() if name != "enabled"}
        return (rest if value["enabled"] else None), [Note("an object turns it on, null off", ".enabled", None)]
    return _named("model")(value)


def noise_reduction(value: Any) -> Result:
    """A kind stands for an object; False for none."""
    if value is False:
        return None, [Note("null turns it off in GA")]
    return _named("type")(value)


def turn_detection(value: Any) -> Result:
    """One object with the members of both kinds was the beta shape; "none" turned it off.

    Examples
    --------
    >>> turn_detection({"type": "semantic_vad", "threshold": 0.5})[0], turn_detection({"type": "none"})[0]
    ({'type': 'semantic_vad'}, None)
    """
    notes: list[Note] = []
    if value in ("none", "disabled", False) or (isinstance(value, dict) and value.get("type") in ("none", "disabled")):
        return None, [Note("null turns it off in GA")]
    if isinstance(value, str):
        return {"type": value}, [Note("an object in GA")]
    if not isinstance(value, dict):
        return value, []
    if "type" not in value and value:
        kind = "semantic_vad" if "eagerness" in value else "server_vad"
        value = {"type": kind, **value}
        notes.append(Note(f"GA wants it stated; the members are those of {kind}", after=".type", added=True))
    other = beta_data().other_kind.get(value["type"], frozenset()) if isinstance(value.get("type"), str) else ()
    notes += [Note(f"no member of {value['type']}", f".{name}", None) for name in value if name in other]
    return {name: inner for name, inner in value.items() if name not in other}, notes


def tools(value: Any) -> Result:
    """Chat Completions nests a function one level deeper.

    Examples
    --------
    >>> tools([{"type": "function", "function": {"name": "now", "parameters": {}}}])[0]
    [{'type': 'function', 'name': 'now', 'parameters': {}}]
    """
    if isinstance(value, dict):
        found, notes = tools([value])
        return found, [Note("a list in GA"), *notes]
    if not isinstance(value, list):
        return value, []
    made, notes = [], []
    for index, one in enumerate(value):
        tool, said = _tool(one, f"[{index}]")
        made.append(tool)
        notes += said
    return made, notes


def _tool(value: Any, at: str) -> Result:
    if not isinstance(value, dict):
        return value, []
    notes: list[Note] = []
    inner = value.get("function")
    if isinstance(inner, dict) and isinstance(inner.get("name"), str) and "name" not in value:
        value = {"type": "function", **{name: one for name, one in value.items() if name != "function"}, **inner}
        notes.append(Note("GA has no object around name and parameters", f"{at}.function", at))
    if "type" not in value and isinstance(value.get("name"), str):
        value = {"type": "function", **value}
        notes.append(Note("GA tells functions and MCP servers apart by it", after=f"{at}.type", added=True))
    if value.get("type") == "function":
        if "input_schema" in value and "parameters" not in value:
            value = {("parameters" if name == "input_schema" else name): one for name, one in value.items()}
            notes.append(Note("the name that GA has for it", f"{at}.input_schema", f"{at}.parameters"))
        if "strict" in value:
            value = {name: one for name, one in value.items() if name != "strict"}
            notes.append(Note("functions of realtime sessions know no strict mode", f"{at}.strict", None))
    return value, notes


def tool_choice(value: Any) -> Result:
    """Chat Completions nests the name of the function.

    Examples
    --------
    >>> tool_choice({"type": "function", "function": {"name": "now"}})[0]
    {'type': 'function', 'name': 'now'}
    """
    inner = value.get("function") if isinstance(value, dict) else None
    if isinstance(inner, dict) and isinstance(inner.get("name"), str) and "name" not in value:
        rest = {name: one for name, one in value.items() if name != "function"}
        flat = {"type": "function", **rest, **inner}
        return flat, [Note("GA has no object around the name", ".function.name", ".name")]
    if isinstance(value, dict) and set(value) == {"name"}:
        return {"type": "function", **value}, [
            Note("GA tells functions and MCP servers apart by it", "", ".type", True)
        ]
    return value, []


def tracing(value: Any) -> Result:
    """True and False meant on and off."""
    if isinstance(value, bool):
        return ("auto" if value else None), [Note('"auto" or null in GA')]
    return value, []


def max_output_tokens(value: Any) -> Result:
    """No bound is called "inf"."""
    if value is None or value in ("infinite", "infinity") or value == float("inf"):
        return "inf", [Note('no bound is "inf" in GA')]
    return value, []


def voice(value: Any) -> Result:
    """Ids of voices of one's own are objects."""
    if isinstance(value, str) and value.startswith("voice_"):
        return {"id": value}, [Note("an object in GA, for voices of one's own")]
    return value, []


def items(value: Any) -> Result:
    """Items and chat messages as GA items.

    Examples
    --------
    >>> items([{"role": "user", "content": "Hello."}])[0]
    [{'type': 'message', 'role': 'user', 'content': [{'type': 'input_text', 'text': 'Hello.'}]}]
    """
    if not isinstance(value, list):
        return value, []
    made: list[Any] = []
    notes: list[Note] = []
    for index, one in enumerate(value):
        for inner, said in _item(one, f"[{index}]"):
            made.append(inner)
            notes += said
    return made, notes


def _item(value: Any, at: str) -> list[Result]:
    if not isinstance(value, dict):
        return [(value, [])]
    notes: list[Note] = []
    if "type" not in value and isinstance(value.get("role"), str):
        value = {"type": "message", **value}
        notes.append(Note("GA tells items apart by it", after=f"{at}.type", added=True))
    content = value.get("content")
    part = "output_text" if value.get("role") == "assistant" else "input_text"
    if isinstance(content, str):
        notes.append(Note("a list of parts in GA", f"{at}.content", f"{at}.content"))
        return [({**value, "content": [{"type": part, "text": content}]}, notes)]
    if not isinstance(content, list):
        return [(value, notes)]
    references = [one for one in content if isinstance(one, dict) and one.get("type") == "item_reference"]
    made = []
    for index, one in enumerate(content):
        if one in references:
            notes.append(Note("an item of its own in GA", f"{at}.content[{index}]", at))
            continue
        found, why = _part(one, value.get("role"), part)
        notes += [Note(why, f"{at}.content[{index}]", f"{at}.content[{index}]")] if why else []
        made.append(found)
    found_items: list[Result] = [(one, []) for one in references]
    if made or not references:
        found_items.append(({**value, "content": made}, []))
    first, said = found_items[0]
    found_items[0] = (first, [*said, *notes])
    return found_items


def _part(value: Any, role: Any, text_part: str) -> tuple[Any, str]:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "text":
        return {**value, "type": text_part}, "renamed in GA"
    if kind == "audio" and role == "assistant":
        return {**value, "type": "output_audio"}, "renamed in GA"
    image = value.get("image_url") if kind == "image_url" else None
    if isinstance(image, dict) and isinstance(image.get("url"), str):
        detail = {"detail": image["detail"]} if "detail" in image else {}
        return {"type": "input_image", "image_url": image["url"], **detail}, "images are parts of their own in GA"
    return value, ""


_SESSION = frozenset({"session"})
_RESPONSE = frozenset({"response"})
Where = Literal["session", "response"]

NORMALISERS: Final = (
    Normaliser(("output_modalities",), modalities),
    Normaliser(("audio", "input", "format"), audio_format, _SESSION),
    Normaliser(("audio", "input", "turn_detection"), turn_detection, _SESSION),
    Normaliser(("audio", "input", "transcription"), transcription, _SESSION),
    Normaliser(("audio", "input", "noise_reduction"), noise_reduction, _SESSION),
    Normaliser(("audio", "output", "format"), audio_format),
    Normaliser(("audio", "output", "voice"), voice),
    Normaliser(("tools",), tools),
    Normaliser(("tool_choice",), tool_choice),
    Normaliser(("max_output_tokens",), max_output_tokens, _SESSION),
    Normaliser(("tracing",), tracing, _SESSION),
    Normaliser(("reasoning",), _named("effort")),
    Normaliser(("prompt",), _named("id")),
    Normaliser(("input",), items, _RESPONSE),
)
"""In the order in which changes are told."""
