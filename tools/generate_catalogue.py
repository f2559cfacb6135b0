"""Write ``rtnb/protocol/catalogue.json`` from the types of the installed ``openai`` package.

The client side comes from the package's parameter types (``TypedDict``), because they tell a member that may
be null from one that may only be left out; the server side and the objects come from its pydantic models.

Run it after raising the pinned version of ``openai``::

    python tools/generate_catalogue.py            # writes the file
    python tools/generate_catalogue.py --check    # exit status 1 when the file is out of date
"""

from __future__ import annotations

import argparse
import collections.abc
import datetime
import importlib
import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

import openai
import pydantic
import typing_extensions
from openai.types import realtime
from openai.types.realtime import realtime_server_event
from openai.types.realtime.realtime_client_event_param import RealtimeClientEventParam
from openai.types.realtime.realtime_translation_client_event_param import RealtimeTranslationClientEventParam
from openai.types.realtime.response_create_event_with_references_param import (
    ResponseCreateEventWithReferencesParam,
)

TARGET = Path(__file__).resolve().parent.parent / "rtnb" / "protocol" / "catalogue.json"

OBJECTS = {
    "realtime_session": realtime.RealtimeSessionCreateRequest,
    "transcription_session": realtime.RealtimeTranscriptionSessionCreateRequest,
    "realtime_session_with_id": importlib.import_module(
        "openai.types.realtime.realtime_session_create_response"
    ).RealtimeSessionCreateResponse,
    "transcription_session_with_id": importlib.import_module(
        "openai.types.realtime.realtime_transcription_session_create_response"
    ).RealtimeTranscriptionSessionCreateResponse,
    "response": realtime.RealtimeResponse,
    "usage": realtime.RealtimeResponseUsage,
}

TAGS = ("type", "role")
SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", object: "any"}


def is_model(hint: Any) -> bool:
    return isinstance(hint, type) and (issubclass(hint, pydantic.BaseModel) or typing_extensions.is_typeddict(hint))


def model_name(model: type) -> str:
    """Its own name in the module named after it, else ``Main.Own`` (many modules have a ``Content``)."""
    module = importlib.import_module(model.__module__)
    main = getattr(module, "__all__", [model.__name__])[0]
    return model.__name__ if main == model.__name__ else f"{main}.{model.__name__}"


def without_annotations(hint: Any) -> Any:
    while typing.get_origin(hint) in (
        typing.Annotated,
        typing_extensions.Required,
        typing_extensions.NotRequired,
    ):
        hint = typing.get_args(hint)[0]
    return hint


class Catalogue:
    """Collects every model that is reached from the roots."""

    def __init__(self) -> None:
        self.models: dict[str, dict[str, Any]] = {}
        self._classes: dict[str, type] = {}

    def add(self, model: type) -> str:
        name = model_name(model)
        known = self._classes.setdefault(name, model)
        if known is not model:
            raise SystemExit(f"Two classes would be called {name!r}: {known} and {model}.")
        if name not in self.models:
            self.models[name] = {}
            self.models[name] = dict(self._members(model))
        return name

    def _members(self, model: type) -> collections.abc.Iterator[tuple[str, dict[str, Any]]]:
        if issubclass(model, pydantic.BaseModel):
            for name, info in model.model_fields.items():
                yield info.alias or name, self._member(info.annotation, required=info.is_required())
            return
        for name, hint in typing_extensions.get_type_hints(model, include_extras=True).items():
            origin: Any = typing.get_origin(hint)
            required = origin is typing_extensions.Required
            yield name, self._member(hint, required=required)

    def _member(self, hint: Any, *, required: bool) -> dict[str, Any]:
        options = self._options(hint)
        member: dict[str, Any] = {"type": self._expression([option for option in options if option is not type(None)])}
        if required:
            member["required"] = True
        if type(None) in options:
            member["nullable"] = True
        return member

    def _options(self, hint: Any) -> list[Any]:
        hint = without_annotations(hint)
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            return [inner for option in typing.get_args(hint) for inner in self._options(option)]
        return [hint]

    def _expression(self, options: list[Any]) -> Any:
        literals: list[Any] = []
        rest: list[Any] = []
        for option in options:
            if typing.get_origin(option) is typing.Literal:
                literals += [value for value in typing.get_args(option) if value not in literals]
            elif option not in rest:
                rest.append(option)
        expressions: list[Any] = []
        if literals and str in rest:  # known names, others welcome
            rest.remove(str)
            expressions.append({"enum": literals, "open": True})
        elif literals:
            expressions.append({"enum": literals})
        models = [option for option in rest if is_model(option)]
        expressions += [self._single(option) for option in rest]
        if len(expressions) == 1:
            return expressions[0]
        union: dict[str, Any] = {"one_of": expressions}
        if len(models) > 1:
            tags = [tag for tag in TAGS if any(self._is_tag(model, tag) for model in models)]
            if "type" not in tags or not all(self._is_tag(model, "type") for model in models):
                raise SystemExit(f"No member tells these apart: {[model_name(model) for model in models]}.")
            union["by"] = tags
        return union

    def _is_tag(self, model: type, tag: str) -> bool:
        member = self.models[self.add(model)].get(tag, {})
        expression = member.get("type")
        return isinstance(expression, dict) and "enum" in expression and "open" not in expression

    def _single(self, hint: Any) -> Any:
        hint = without_annotations(hint)
        if hint in SCALARS:
            return SCALARS[hint]
        if is_model(hint):
            return {"model": self.add(hint)}
        origin = typing.get_origin(hint)
        name = getattr(origin, "__name__", "")
        if origin in (list, collections.abc.Iterable, collections.abc.Sequence) or name == "SequenceNotStr":
            return {"array": self._expression(self._options(typing.get_args(hint)[0]))}
        if origin is dict:
            return {"map": self._expression(self._options(typing.get_args(hint)[1]))}
        raise SystemExit(f"No rule for the type {hint!r}.")


def event_type(model: type) -> str:
    if issubclass(model, pydantic.BaseModel):
        hint: Any = model.model_fields["type"].annotation
    else:
        hint = typing_extensions.get_type_hints(model)["type"]
    (value,) = typing.get_args(without_annotations(hint))
    return str(value)


def build(*, date: str) -> dict[str, Any]:
    """The whole catalogue as plain data."""
    collected = Catalogue()

    def events(union: Any, **replaced: type) -> dict[str, str]:
        found = {}
        for member in typing.get_args(without_annotations(union)):
            kind = event_type(member)
            found[kind] = collected.add(replaced.get(kind, member))
        return found

    return {
        "about": "Every member of every Realtime event, as the types of the openai package have it.",
        "generated_by": "tools/generate_catalogue.py",
        "package": "openai",
        "version": openai.__version__,
        "date": date,
        "client_events": events(
            RealtimeClientEventParam, **{"response.create": ResponseCreateEventWithReferencesParam}
        ),
        "translation_client_events": events(RealtimeTranslationClientEventParam),
        "server_events": events(realtime_server_event.RealtimeServerEvent),
        "objects": {key: collected.add(model) for key, model in OBJECTS.items()},
        "models": dict(sorted(collected.models.items())),
    }


def render(catalogue: dict[str, Any]) -> str:
    """One line a model, so that a change reads well in a diff."""
    lines = ["{"]
    for key, value in catalogue.items():
        if key == "models":
            continue
        lines.append(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},")
    lines.append(' "models": {')
    models = list(catalogue["models"].items())
    for index, (name, members) in enumerate(models):
        comma = "," if index < len(models) - 1 else ""
        lines.append(f"  {json.dumps(name)}: {json.dumps(members, ensure_ascii=False)}{comma}")
    return "\n".join([*lines, " }", "}", ""])


def comparable(catalogue: dict[str, Any]) -> dict[str, Any]:
    """The catalogue less the day it was written on."""
    return {key: value for key, value in catalogue.items() if key != "date"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    fresh = build(date=datetime.date.today().isoformat())
    if arguments.check:
        current = json.loads(TARGET.read_text(encoding="utf-8"))
        same = comparable(current) == comparable(fresh)
        print(f"{TARGET.name} is {'up to date' if same else 'out of date: run this script without --check'}.")
        return 0 if same else 1
    TARGET.write_text(render(fresh), encoding="utf-8")
    print(f"{TARGET.name}: {len(fresh['models'])} models, openai {fresh['version']}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
