"""The catalogue against the package that it was generated from."""

from __future__ import annotations

import copy
import importlib.util
import json
import subprocess
import sys
import typing
from pathlib import Path
from types import ModuleType

import openai
import pytest
from openai.types.realtime import RealtimeServerEvent, SessionCreatedEvent

import rtnb.protocol.catalogue as module
from rtnb.protocol.catalogue import Array, Choice, Map, Member, OneOf, Ref, Scalar, TypeExpr, catalogue

FILE = Path(module.__file__).with_name("catalogue.json")
TOOL = Path(__file__).resolve().parents[2] / "tools" / "generate_catalogue.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_catalogue", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def test_is_what_the_installed_package_says(generator: ModuleType) -> None:
    known = catalogue()
    if openai.__version__ != known.version:
        pytest.skip(f"openai {openai.__version__} is installed, the catalogue is of {known.version}")
    fresh = generator.build(date=known.date)
    assert FILE.read_text(encoding="utf-8") == generator.render(fresh)


def test_a_change_is_noticed(generator: ModuleType) -> None:
    data = json.loads(FILE.read_text(encoding="utf-8"))
    other_day = {**copy.deepcopy(data), "date": "1999-01-01"}
    assert generator.comparable(data) == generator.comparable(other_day)
    data["models"]["RealtimeErrorEvent"]["error"].pop("required")
    assert generator.comparable(data) != generator.comparable(other_day)


def test_is_small() -> None:
    assert FILE.stat().st_size < 300_000


def test_knows_every_server_event() -> None:
    union = typing.get_args(typing.get_args(RealtimeServerEvent)[0])
    assert set(catalogue().server_events) == {
        typing.get_args(event.model_fields["type"].annotation)[0] for event in union
    }
    assert len(catalogue().server_events) == 46
    assert len(catalogue().client_events) == 11


def test_every_reference_leads_somewhere() -> None:
    known = catalogue()
    names = {*known.client_events.values(), *known.server_events.values(), *known.objects.values()}
    names |= set(known.translation_client_events.values())
    for model in known.models.values():
        for member in model.members.values():
            names |= set(_references(member.type))
    assert names == set(known.models)


def _references(expression: TypeExpr) -> list[str]:
    match expression:
        case Ref(model):
            return [model]
        case Array(of) | Map(of):
            return _references(of)
        case OneOf(options):
            return [name for option in options for name in _references(option)]
        case _:
            return []


def test_unions_of_objects_can_be_told_apart() -> None:
    known = catalogue()
    for model in known.models.values():
        for member in model.members.values():
            for union in _unions(member.type):
                models = [known.models[option.model] for option in union.options if isinstance(option, Ref)]
                if len(models) > 1:
                    tags = [tuple(_tag(each.members.get(tag)) for tag in union.tags) for each in models]
                    assert len(set(tags)) == len(models), (model.name, member.name)


def _unions(expression: TypeExpr) -> list[OneOf]:
    match expression:
        case Array(of) | Map(of):
            return _unions(of)
        case OneOf(options):
            return [expression, *(union for option in options for union in _unions(option))]
        case _:
            return []


def _tag(member: Member | None) -> tuple[str | int, ...] | None:
    return member.type.values if member is not None and isinstance(member.type, Choice) else None


def test_members_as_they_are_read() -> None:
    known = catalogue()
    truncate = known.client_event("conversation.item.truncate")
    assert truncate.required == ("audio_end_ms", "content_index", "item_id", "type")
    assert truncate.members["audio_end_ms"] == Member("audio_end_ms", Scalar("integer"), required=True)
    session = known.models["RealtimeSessionCreateRequestParam"].members
    assert session["tracing"].nullable
    assert not session["tools"].nullable
    assert session["model"].type == Choice(known.realtime_models, is_open=True)
    tokens = session["max_output_tokens"].type
    assert tokens == OneOf((Choice(("inf",)), Scalar("integer")))
    assert known.server_event("session.created").members["session"].type == OneOf(
        (Ref("RealtimeSessionCreateRequest"), Ref("RealtimeTranscriptionSessionCreateRequest")), ("type",)
    )
    assert set(known.server_event("session.created").members) == set(SessionCreatedEvent.model_fields)


def test_names() -> None:
    known = catalogue()
    assert known.voices == ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
    assert {"gpt-realtime", "gpt-realtime-2.1-mini"} < set(known.realtime_models)
    assert {"whisper-1", "gpt-transcribe"} < set(known.transcription_models)


def test_is_read_once() -> None:
    assert catalogue() is catalogue()


def test_an_unknown_event_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        catalogue().client_event("response.cancelled")


def test_needs_neither_openai_nor_numpy() -> None:
    code = (
        "import sys, rtnb.protocol; from rtnb.protocol.validation import check_client_event; "
        "check_client_event({'type': 'session.update', 'session': {'type': 'realtime'}}); "
        "print([name for name in ('openai', 'pydantic', 'numpy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
