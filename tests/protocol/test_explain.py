"""Everything of the protocol has an explanation, and every explanation is about something."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.realtime import realtime_client_event, realtime_server_event
from openai.types.realtime.realtime_response_status import RealtimeResponseStatus
from openai.types.realtime.realtime_translation_client_event import RealtimeTranslationClientEvent
from openai.types.realtime.realtime_translation_server_event import RealtimeTranslationServerEvent

import rtnb
from rtnb.errors import ApiError, ConfigError, RefusedError
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.envelope import Event
from rtnb.protocol.explain import explain, explainable_names
from rtnb.protocol.explain_members import paths, read
from rtnb.protocol.explanation import SEVERAL, Explanation
from rtnb.protocol.faults import fault_rows

ROOT = Path(rtnb.__file__).parent
LOCAL = {
    "rtnb.notice", "rtnb.connection.opened", "rtnb.connection.lost", "rtnb.handover", "rtnb.frame", "rtnb.playback",
    "rtnb.player", "rtnb.tool.started", "rtnb.tool.finished", "rtnb.approval", "rtnb.budget",
}  # fmt: skip
"""Notes that a log is sure to have; others are found in the source."""


def models_in(hint: Any) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, pydantic.BaseModel):
        yield hint
    for inner in typing.get_args(hint):
        yield from models_in(inner)


def paths_in(model: type[pydantic.BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        yield path
        for inner in models_in(field.annotation):
            yield from paths_in(inner, f"{path}.")


def kind_of(model: type[pydantic.BaseModel]) -> str:
    (kind,) = typing.get_args(model.model_fields["type"].annotation)
    return str(kind)


UNIONS = {
    "client": realtime_client_event.RealtimeClientEvent,
    "server": realtime_server_event.RealtimeServerEvent,
    "translation client": RealtimeTranslationClientEvent,
    "translation server": RealtimeTranslationServerEvent,
}
MEMBERS = [
    (kind_of(model), path) for union in UNIONS.values() for model in models_in(union) for path in set(paths_in(model))
]


def flat(found: Explanation) -> list[Explanation]:
    own = [] if found.kind == SEVERAL else [found]
    return own + [inner for part in found.parts for inner in flat(part)]


# Complete -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", list(UNIONS))
def test_every_event_of_the_package_is_explained(side: str) -> None:
    for model in models_in(UNIONS[side]):
        kind = kind_of(model)
        kinds = [one.kind for one in flat(explain(kind))]
        wanted = side if "translation" not in side else f"{side.split()[1]} event of translation sessions"
        assert any(wanted in one for one in kinds), kind


def test_every_member_of_every_event_of_the_package_is_explained() -> None:
    assert len(MEMBERS) > 1000
    known = paths()
    missing = sorted({(kind, path) for kind, path in MEMBERS if path not in known or kind not in known[path].events})
    assert not missing
    for path in {path for _, path in MEMBERS}:
        found = [one for one in flat(explain(path)) if path in one.places]
        events = {kind for one in found for kind in one.events}
        assert {kind for kind, other in MEMBERS if other == path} <= events, path


def test_session_and_response_objects_are_explained_whole() -> None:
    for path in ("session.id", "session.object", "session.expires_at", "response.status_details.error.code"):
        assert explain(path).places == (path,)


def test_nothing_is_explained_that_does_not_exist() -> None:
    events, known = read("events"), catalogue()
    assert set(events["client"]) == set(known.client_events)
    assert set(events["server"]) == set(known.server_events)
    assert set(events["translation_client"]) == set(known.translation_client_events)
    assert set(events["translation_server"]) == {kind_of(m) for m in models_in(RealtimeTranslationServerEvent)}
    assert set(events["beta_only"]) == set(beta_data().transcription_events.values())
    assert set(events["local"]) == notes_in_source() >= LOCAL
    rows = read("fields")["rows"]
    used = {id_of(row) for path in paths() for row in rows_at(path)}
    assert [row["path"] for row in rows if id_of(row) not in used] == []
    for row in rows:
        assert set(row.get("in", ())) <= {kind for place in paths().values() for kind in place.events}, row["path"]


def notes_in_source() -> set[str]:
    """What the session calls its notes."""
    found = set()
    for path in (ROOT / "session").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "note"
                and node.args
            ):
                owner = ast.unparse(node.func.value)
                if owner == "self" and path.name not in ("core.py", "hub.py", "succession.py"):
                    continue
                if owner.endswith(("core", "self")) and isinstance(node.args[0], ast.Constant):
                    found.add(f"rtnb.{node.args[0].value}")
    return found


def id_of(row: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    return row["path"], tuple(row.get("in", ()))


def rows_at(path: str) -> list[dict[str, Any]]:
    means = {one.means for one in flat(explain(path)) if path in one.places}
    return [
        row for row in read("fields")["rows"] if row["means"] in means and path.endswith(row["path"].rpartition(".")[2])
    ]


def test_members_of_translation_events_are_those_of_the_package() -> None:
    rows = read("events")["translation_server"]
    for model in models_in(RealtimeTranslationServerEvent):
        names = {path for path in paths_in(model) if not path.startswith("session.")}
        told = {path for path in rows[kind_of(model)]["members"] if not path.startswith("session.")}
        assert told == names, kind_of(model)


def test_outcomes_are_those_of_the_package() -> None:
    reasons = [*typing.get_args(RealtimeResponseStatus.model_fields["reason"].annotation)]
    kinds = [*typing.get_args(RealtimeResponseStatus.model_fields["type"].annotation)]
    names = {name for hint in (*reasons, *kinds) for name in typing.get_args(hint)}
    assert names | {"in_progress"} == set(read("outcomes")["outcomes"])


def codes_in_source() -> set[str]:
    """Every code that the server or the protocol rooms write into a Problem, a BrainError or an error."""
    found = set()
    for folder in ("server", "protocol"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Problem", "BrainError"):
                    given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
                    if getattr(node.func, "id", "") == "BrainError":
                        given = given[1:]
                    for value in given:
                        if isinstance(value, ast.Constant) and isinstance(value.value, str):
                            found.add(value.value)
                        elif isinstance(value, ast.JoinedStr):
                            found |= expanded(value)
                if isinstance(node, ast.Dict):
                    for key, value in zip(node.keys, node.values, strict=True):
                        if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                            found.add(value.value)
    return {code for code in found if isinstance(code, str) and re.fullmatch(r"[a-z_]{5,}", code)}


def expanded(text: ast.JoinedStr) -> set[str]:
    written = ast.unparse(text)
    if written.startswith("f'item_"):
        return {f"item_{verb}_invalid_item_id" for verb in ("delete", "retrieve", "truncate")}
    return {f"{n}_{s}_value" for n in ("integer", "decimal") for s in ("below_min", "above_max")}


def test_every_code_that_the_embedded_server_sends_is_explained() -> None:
    codes = codes_in_source()
    assert {"cannot_update_voice", "session_expired", "item_delete_invalid_item_id", "invalid_type"} <= codes
    known = {row.code for row in fault_rows()}
    assert sorted(codes - known) == []


def test_close_codes_and_statuses_that_the_embedded_server_uses_are_explained() -> None:
    from rtnb.server.web import admission, connection

    for code in (admission.BAD_KEY, admission.BAD_REQUEST, connection.GOING_AWAY, connection.FAILED, 1002, 1007, 1009):
        assert explain(code).kind == "close code"
    for code in read("closes")["reconnect"]["codes"]:
        assert explain(code).do
    statuses = set()
    for path in (ROOT / "server" / "web").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        statuses |= {int(n) for n in re.findall(r"(?:status(?:_code)?=|, )([1-5]\d\d)\b(?=[,)])", text)}
    assert 401 in statuses
    for status in statuses - {300}:
        assert explain(status).kind == "HTTP status", status


def test_every_reference_leads_somewhere() -> None:
    for name in explainable_names():
        for found in flat(explain(name)):
            assert found.means and found.do, name
            for other in (*found.see, *found.before, *found.after):
                assert explain(other), (name, other)


# Sentences ----------------------------------------------------------------------------------------------------------


def sentences() -> Iterator[str]:
    def inside(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("means", "do", "advice"):
                    yield inner
                elif key == "values" and isinstance(inner, dict):
                    yield from inner.values()
                else:
                    yield from inside(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from inside(inner)

    for name in ("events", "fields", "errors", "closes", "outcomes"):
        yield from inside(read(name))


def test_sentences_are_sentences() -> None:
    for text in sentences():
        assert text.strip() == text and text.endswith(".") and len(text) <= 260, text
        assert text.isascii(), text


# Lookup -------------------------------------------------------------------------------------------------------------


def test_beta_names_lead_to_ga_ones() -> None:
    for ga, old in beta_data().renamed_events.items():
        # A beta name that lives on is explained on its own.
        if old != "conversation.item.created":
            assert explain(old).ga == ga
        assert explain(ga).beta == old
    assert explain("session.input_audio_transcription.model").ga == "session.audio.input.transcription.model"
    assert explain("modalities").parts[0].ga.endswith("output_modalities")
    assert explain("session.turn_detection").ga == "session.audio.input.turn_detection"
    assert explain("session.audio.output.voice").beta == "session.voice"
    assert "no temperature" in explain("session.temperature").means


def test_bare_names_list_all_places() -> None:
    found = explain("audio_end_ms")
    assert found.kind == SEVERAL
    assert {kind for part in found.parts for kind in part.events} == paths()["audio_end_ms"].events
    places = {path for part in explain("instructions").parts for path in part.places}
    assert places == {"session.instructions", "response.instructions"}
    assert explain("turn_detection.threshold").places == ("session.audio.input.turn_detection.threshold",)


def test_indexes_are_passed_over() -> None:
    found = explain("response.output[0].content[12].transcript")
    assert found.places == ("response.output.content.transcript",)


def test_beta_values_are_those_of_the_beta_shape_and_lead_to_ga_ones() -> None:
    rows = {row["name"]: row for row in read("fields")["beta_values"]}
    formats = {name: wire["type"] for name, wire in beta_data().formats.items()}
    assert {name: row["ga"] for name, row in rows.items()} == {**formats, **beta_data().assistant_content}
    for name, ga in formats.items():
        found = explain(name)
        assert found.kind == "beta value" and found.ga == ga and explain(ga).kind == "value"
    for name, ga in beta_data().assistant_content.items():
        assert [part.ga for part in explain(name).parts if part.kind == "beta value"] == [ga]


def test_models_and_voices_are_values() -> None:
    assert explain("gpt-realtime").see == ("session.model",)
    assert explain("whisper-1").see == ("transcription.model",)
    assert "voice" in explain("marin").means


@pytest.mark.parametrize(
    ("asked", "place", "event"),
    [
        ("response.done.status_details", "response.status_details", "response.done"),
        ("response.done.response.status_details", "response.status_details", "response.done"),
        ("response.create.response.conversation", "response.conversation", "response.create"),
        ("session.update.session.audio.input.turn_detection", "session.audio.input.turn_detection", "session.update"),
        ("session.update.turn_detection.threshold", "session.audio.input.turn_detection.threshold", "session.update"),
        ("response.output_audio.delta.delta", "delta", "response.output_audio.delta"),
        ("response.audio.delta.delta", "delta", "response.output_audio.delta"),
        ("conversation.item.create.item.content[0].text", "item.content.text", "conversation.item.create"),
        ("session.update.session.voice", "session.audio.output.voice", "session.update"),
        ("error.error.message", "error.message", "error"),
    ],
)
def test_a_path_may_have_its_event_in_front(asked: str, place: str, event: str) -> None:
    found = flat(explain(asked))
    assert all(place in one.places and event in one.events for one in found), found


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ("Session.Update", "session.update"),
        ("RESPONSE.DONE", "response.done"),
        ("Session.Audio.Input.Turn_Detection", "session.audio.input.turn_detection"),
        ("Response.Done.Status_Details", "response.done.status_details"),
        ("PCM16", "pcm16"),
        ("Server_VAD", "server_vad"),
    ],
)
def test_capitals_make_no_difference(asked: str, same: str) -> None:
    assert explain(asked) == explain(same)


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (ApiError({"code": "cannot_update_voice", "message": "No."}), "cannot_update_voice"),
        (ApiError({"message": "Only model output audio messages can be truncated"}), "unsupported_content_type"),
        (RefusedError("No.", code="invalid_api_key"), "invalid_api_key"),
        (RefusedError("No.", close_code=4000), "4000"),
        (RefusedError("No.", close_code=403), "403"),
        ({"type": "response.done"}, "response.done"),
        ({"type": "invalid_request_error", "code": "unknown_parameter", "message": ""}, "unknown_parameter"),
        ({"error": {"code": "session_expired"}}, "session_expired"),
        (Event(0, 0.0, 0.0, "received", "session.created", {"type": "session.created"}), "session.created"),
        ("4004", "4004"),
        (1006, "1006"),
        (" response.done ", "response.done"),
    ],
)  # fmt: skip
def test_things_as_they_are_met(thing: Any, name: str) -> None:
    assert explain(thing).name == name


def test_an_event_that_was_met_tells_what_is_special_about_it() -> None:
    error = {
        "type": "error",
        "error": {"code": None, "message": "Audio content of 9250ms is already shorter than 10ms"},
    }
    (part,) = explain(error).parts
    assert part.severity == "benign" and "9250" in part.sample
    done = {"status": "cancelled", "status_details": {"type": "cancelled", "reason": "turn_detected"}}
    assert [part.name for part in explain({"type": "response.done", "response": done}).parts] == [
        "cancelled",
        "turn_detected",
    ]
    failed = {"status": "failed", "status_details": {"error": {"code": "rate_limit_exceeded", "message": "Wait."}}}
    assert explain({"type": "response.done", "response": failed}).parts[1].sample == "Wait."
    lost = explain({"type": "rtnb.connection.lost", "code": 1009})
    assert lost.parts[0].name == "1009"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("sesion.update", "session.update"),
        ("trucate", "conversation.item.truncate"),
        ("silence_duration", "silence_duration_ms"),
        ("canot_update_voice", "cannot_update_voice"),
        ("", "names"),
        ("zzzzzz" * 40, "names"),
        (7, "7"),
        (99999, "99999"),
        ({}, "mapping"),
        (None, "NoneType"),
        (3.5, "float"),
        (True, "bool"),
        (False, "bool"),
        ("session.update.nonsense_at_all", "Nothing is known"),
        ("9" * 5000, "close code"),
    ],
)
def test_the_unknown_gets_a_hint(wrong: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        explain(wrong)
    assert len(str(caught.value)) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HOSTILE = st.fixed_dictionaries(
    {},
    optional={
        "type": JSON | st.sampled_from(["error", "response.done", "rtnb.connection.lost"]),
        "error": JSON | st.fixed_dictionaries({"code": JSON, "message": JSON}),
        "response": JSON | st.fixed_dictionaries({"status": JSON, "status_details": JSON}),
        "code": JSON,
        "message": JSON,
    },
)


@given(HOSTILE | st.text())
def test_it_never_fails_otherwise(thing: Any) -> None:
    try:
        found = explain(thing)
    except ConfigError:
        return
    assert repr(found) and found.as_dict()["name"] == found.name


# How it reads -------------------------------------------------------------------------------------------------------


def test_it_reads_well_in_a_terminal() -> None:
    for name in explainable_names():
        lines = repr(explain(name)).splitlines()
        assert max(map(len, lines)) <= 100, name


def test_as_dict_holds_what_there_is() -> None:
    found = explain("audio_start_ms").as_dict()
    assert found["kind"] == SEVERAL and found["parts"][0]["type"] == "integer" and "sample" not in found
