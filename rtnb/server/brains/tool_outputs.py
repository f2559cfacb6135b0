"""What tools answered, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from rtnb.server.brains.tool_words import humanised, split_name, tools_data
from rtnb.server.brains.words import capitalized, sentence

__all__ = ["output_sentences"]

_MOST_MEMBERS: Final = 8
_MOST_ITEMS: Final = 4
_LONGEST: Final = 300
"""In characters: a text of a tool is read out so far."""
_STATES: Final = ("status", "ok", "success", "state")
_GOOD: Final = (True, "ok", "success", "succeeded", "done", "true", "200", 200)
_BAD: Final = (False, "error", "failed", "failure", "fail")
_PLACES: Final = ("city", "location", "place", "town", "destination")
_NO_ARTICLE: Final = re.compile(r"^(?:\d|my |your )")


def output_sentences(text: str, arguments: str = "") -> tuple[str, ...]:
    """One sentence or two on the output of a tool.

    Parameters
    ----------
    text : str
        The output: JSON of any kind, or words.
    arguments : str
        Those of the call, as JSON: where the output does not say what place it is about, they do.

    Examples
    --------
    >>> output_sentences('{"temperature": 18, "unit": "celsius", "condition": "sunny"}', '{"city": "Oslo"}')
    ('In Oslo, the temperature is 18 degrees Celsius and the condition is sunny.',)
    >>> output_sentences('{"error": "No such city."}')
    ('That did not work: No such city.',)
    >>> output_sentences('["tea", "milk"]'), output_sentences("84"), output_sentences("")
    (('There are 2: tea and milk.',), ('The result is 84.',), ('The tool answers nothing.',))
    """
    texts = tools_data("texts")
    value = _read(text)
    if isinstance(value, Mapping) and (why := _failure(value)) is not None:
        return (texts["failed"].replace("{why}", sentence(why)) if why else texts["failed_plain"],)
    match value:
        case None | "":
            return (texts["nothing"],)
        case bool():
            return (texts["yes" if value else "no"],)
        case int() | float():
            return (texts["result"].replace("{value}", _said(value)),)
        case str():
            return (sentence(_cut(value)),) if any(c.isalnum() for c in value) else (texts["nothing"],)
        case list():
            return (_of_list(value),)
        case _:
            return _of_object(value, _place_of(_read(arguments)))


def _read(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _cut(text)
    # Some clients encode what was JSON already.
    return _read(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else words[:_LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _failure(value: Mapping[str, Any]) -> str | None:
    """Why it failed; empty without a reason, None if it did not."""
    error = value.get("error")
    bad = any(value.get(key) in _BAD and value.get(key) is not None and value.get(key) != 0 for key in _STATES)
    bad = bad or any(value.get(key) is False for key in _STATES)
    if not error and not bad:
        return None
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("code")
    why = error if isinstance(error, str) else value.get("message") or value.get("reason") or value.get("detail")
    return _cut(str(why)) if why else ""


def _place_of(arguments: Any) -> str | None:
    if not isinstance(arguments, Mapping):
        return None
    return next(
        (str(arguments[key]) for key in _PLACES if isinstance(arguments.get(key), str) and arguments[key]), None
    )


def _of_list(value: list[Any]) -> str:
    texts = tools_data("texts")
    if not value:
        return str(texts["none_found"])
    shown = [_item(each) for each in value[:_MOST_ITEMS]]
    if len(value) > _MOST_ITEMS:
        shown.append(texts["more"].replace("{count}", str(len(value) - _MOST_ITEMS)))
    if len(value) == 1:
        return sentence(f"there is one: {shown[0]}")
    mark = "; " if any(isinstance(each, Mapping | list) for each in value) else ", "
    return str(texts["many"].replace("{count}", str(len(value))).replace("{list}", _joined(shown, mark)))


def _item(value: Any) -> str:
    if isinstance(value, Mapping):
        name = next((value[k] for k in ("name", "title", "label", "id") if isinstance(value.get(k), str | int)), None)
        rest = [f"{humanised(str(k))} {_said(v, str(k))}" for k, v in value.items() if v is not name and v is not None]
        head = [_said(name)] if name is not None else []
        return ", ".join((head + rest)[:_MOST_ITEMS]) or "nothing"
    return _said(value)


def _of_object(value: Mapping[str, Any], place: str | None) -> tuple[str, ...]:
    texts = tools_data("texts")
    members = {str(key): each for key, each in value.items() if each is not None and each not in ("", [], {})}
    if len(members) > 1 or any(isinstance(members.get(key), bool) for key in _STATES):
        # Whether it worked is not worth a word where it did.
        members = {k: v for k, v in members.items() if not (k in _STATES and v in _GOOD)}
        if not members and value:
            return (texts["done"],)
    if not members:
        return (texts["nothing"],)
    # A wrapper around what matters.
    if len(members) == 1 and isinstance(inner := next(iter(members.values())), Mapping | list):
        return output_sentences(json.dumps(inner), json.dumps({"city": place}) if place else "")
    main = next((key for key in tools_data("main_members").split() if key in members), None)
    if main and isinstance(text := members[main], str) and (len(members) == 1 or " " in text.strip()):
        return (sentence(_cut(text)),)
    if main and len(members) == 1:
        return output_sentences(json.dumps(members[main]))
    return (_facts(members, place),)


def _facts(members: dict[str, Any], place: str | None) -> str:
    texts = tools_data("texts")
    own = next((key for key in _PLACES if isinstance(members.get(key), str)), None)
    where = members.pop(own) if own and len(members) > 1 else place
    unit = next((key for key in ("unit", "units", "currency") if isinstance(members.get(key), str)), None)
    unit_said = _unit(members.pop(unit)) if unit and len(members) > 1 else ""
    facts: list[str] = []
    for key, value in members.items():
        said = _said(value, key)
        if unit_said and isinstance(value, int | float) and not isinstance(value, bool):
            said, unit_said = f"{said} {unit_said}", ""
        if isinstance(value, bool):
            facts.append(f"{_subject(key)} is {'true' if value else 'false'}")
        elif isinstance(value, list | Mapping):
            facts.append(f"{_subject(key)}: {said}")
        else:
            facts.append(f"{_subject(key)} {'are' if _plural(key) and not isinstance(value, str) else 'is'} {said}")
    if len(facts) > _MOST_MEMBERS:
        facts = [*facts[:_MOST_MEMBERS], texts["more"].replace("{count}", f"there are {len(facts) - _MOST_MEMBERS}")]
    said = _joined(facts, "; " if any(":" in fact for fact in facts) else ", ")
    return sentence(f"In {where}, {said}" if where else capitalized(said))


def _subject(key: str) -> str:
    words = split_name(key)
    if len(words) > 1 and words[-1] in tools_data("unit_names"):
        words = words[:-1]
    name = humanised("_".join(words)) or key
    return name if _NO_ARTICLE.match(name) else f"the {name}"


def _plural(key: str) -> bool:
    words = split_name(key) or [""]
    # "eta_days" is said as "the eta is 2 days".
    word = words[-2] if len(words) > 1 and words[-1] in tools_data("unit_names") else words[-1]
    return word.endswith("s") and not word.endswith(("ss", "us", "is"))


def _unit(text: str) -> str:
    return str(tools_data("unit_names").get(text.lower(), text))


def _said(value: Any, key: str = "") -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            unit = (split_name(key)[-1:] or [""])[0]
            named = tools_data("unit_names").get(unit) if len(split_name(key)) > 1 else None
            number = (
                f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 and "id" not in unit else f"{value}"
            )
            return f"{number} {named}" if named else number.removesuffix(".0")
        case str():
            return _cut(value).rstrip(".")
        case Mapping():
            inner = [f"{humanised(str(k))} {_said(v, str(k))}" for k, v in value.items() if v not in (None, "", [], {})]
            return _joined(inner[:_MOST_ITEMS], ", ") or "nothing"
        case list():
            more = [f"{len(value) - _MOST_ITEMS} more"] if len(value) > _MOST_ITEMS else []
            shown = [_item(each) for each in value[:_MOST_ITEMS]] + more
            return _joined(shown, "; " if any(isinstance(each, Mapping) for each in value) else ", ") or "nothing"
    return "nothing"


def _joined(parts: list[str], mark: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{mark.join(parts[:-1])}{mark.rstrip() + ' ' if mark == '; ' else ' '}and {parts[-1]}"
