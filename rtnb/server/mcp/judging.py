"""JSON schemas that strangers wrote, judged with a bound on the work that they can make.

A regular expression of a schema can keep Python's ``re`` busy for years while nothing else of the process runs, and a
dozen ``$ref`` that each name the next one twice multiply into thousands of steps. Every step is counted here instead;
what cannot be judged within the bound is not judged, and the MCP server has the last word as it always has.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["MOST_STEPS", "Unjudged", "complaint", "parts"]

MOST_STEPS: Final = 20_000
"""Keywords that are looked at, and members of their values (own choice: some tens of milliseconds; the schema of a tool
has tens of keywords)."""

TURNING: Final = frozenset({"not", "oneOf", "if", "contains"})
"""Keywords with which a rule that is passed over may refuse what is right."""

ELSEWHERE: Final = frozenset({"patternProperties", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef"})
"""Keywords that the library judges with regular expressions, or by walks of its own that are not counted."""

NAMED_DRAFTS: Final = ("Draft7Validator", "Draft201909Validator", "Draft202012Validator")
"""Those in which ``$id`` names a part of a schema; older ones use a word that is every other property's name."""


class Unjudged(Exception):
    """The schema cannot be judged within the bound, or at all."""


@dataclass(slots=True)
class _Work:
    left: int
    each: int
    """What a step costs at least: a complaint quotes what it is about."""
    passed_over: bool = False
    turned: bool = False

    def take(self, steps: int) -> None:
        self.left -= self.each + steps
        if self.left < 0:
            raise Unjudged("too many steps")


_WORK: ContextVar[_Work] = ContextVar("rtnb_schema_work")


def complaint(schema: Mapping[str, Any], instance: Any, *, size_chars: int = 0, most_steps: int = MOST_STEPS) -> Any:
    """What is wrong with an instance, as ``jsonschema`` says it; None where nothing is.

    Parameters
    ----------
    schema : mapping
    instance : object
        What is judged.
    size_chars : int
        How long it is as text.
    most_steps : int

    Raises
    ------
    Unjudged
        That cannot be said within the bound. `ImportError` is raised where ``jsonschema`` is missing.

    Examples
    --------
    >>> complaint({"type": "object", "required": ["city"]}, {}).message
    "'city' is a required property"
    >>> complaint({"type": "string", "pattern": "^(a+)+$"}, "a" * 30 + "!")
    """
    from jsonschema.validators import Draft202012Validator, validator_for  # type: ignore[import-untyped]
    from referencing import Registry

    try:
        kind = validator_for(schema, default=Draft202012Validator)
    except Exception:
        # A dialect that is no name.
        raise Unjudged("$schema") from None
    rules = {name: value for name, value in schema.items() if name not in ("$schema", "$id")}
    if kind.__name__ not in NAMED_DRAFTS or any(isinstance(part, Mapping) and _leaves(part) for part in parts(rules)):
        raise Unjudged("a dialect or a name that is not followed")
    # An empty registry: a schema must not make the server fetch what it refers to.
    return _judge(_counted(kind)(rules, registry=Registry()), instance, _Work(most_steps, 1 + size_chars // 256))


def _judge(validator: Any, instance: Any, work: _Work) -> Any:
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    token = _WORK.set(work)
    try:
        found = best_match(validator.iter_errors(instance))
    except Unjudged:
        raise
    except Exception as error:
        # A reference that leads nowhere or round in circles, an expression that is none.
        raise Unjudged(type(error).__name__) from None
    finally:
        _WORK.reset(token)
    if found is not None and work.passed_over and work.turned:
        raise Unjudged("a rule that decides was passed over")
    return found


@functools.cache
def _counted(kind: Any) -> Any:
    """The validator of a dialect with all its steps counted."""
    from jsonschema.validators import extend

    return extend(kind, {name: _step(name, judge) for name, judge in kind.VALIDATORS.items()})


def _step(name: str, judge: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def step(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        work = _WORK.get()
        work.take(len(value) if isinstance(value, list | dict) else 0)
        if name == "uniqueItems" and isinstance(instance, list):
            plain = all(isinstance(each, str) for each in instance)
            work.take(len(instance) if plain else len(instance) ** 2)
        work.turned |= name in TURNING
        if name == "pattern":
            work.passed_over = True
            return
        if name in ELSEWHERE or (name == "additionalProperties" and "patternProperties" in schema):
            raise Unjudged(name)
        if name == "$ref":
            if not (value == "#" or str(value).startswith("#/")):
                raise Unjudged(name)
            work.take(len(value))
        yield from judge(validator, value, instance, schema) or ()

    return step


def parts(schema: Any) -> Iterator[Any]:
    """A schema and all objects and lists in it.

    Examples
    --------
    >>> len(list(parts({"type": "object", "properties": {"city": {"enum": ["Paris"]}}})))
    4
    """
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            yield part
            waiting += part.values() if isinstance(part, dict) else part


def _leaves(part: Mapping[str, Any]) -> bool:
    """Whether this part has a name or a dialect of its own: the library would go on with rules that are not counted."""
    return isinstance(part.get("$schema"), str) or isinstance(part.get("$id"), str)
