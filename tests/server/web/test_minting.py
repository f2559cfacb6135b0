"""Bodies that ask for a client secret, and what is answered."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.realtime.client_secret_create_response import ClientSecretCreateResponse

from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.settings import opened
from rtnb.server.web.bodies import BadRequest
from rtnb.server.web.minting import mint, mint_beta
from rtnb.server.web.models import default_model
from rtnb.server.web.secrets import LARGEST_CONFIG_BYTES, ClientSecrets

NOW = 1_767_000_000.0

Json = dict[str, Any]


def secrets() -> ClientSecrets:
    return ClientSecrets(clock=lambda: NOW)


def refused(body: Json, **options: Any) -> tuple[str | None, str | None, int]:
    with pytest.raises(BadRequest) as caught:
        mint(body, secrets(), Options(**options))
    return caught.value.problem.code, caught.value.problem.param, caught.value.status


def test_an_empty_body_gives_a_realtime_session_for_ten_minutes() -> None:
    store = secrets()
    answer = mint({}, store, Options())
    assert answer["expires_at"] == NOW + 600
    session = answer["session"]
    assert (session["type"], session["object"], session["model"]) == ("realtime", "realtime.session", default_model())
    assert session["id"].startswith("sess_") and session["expires_at"] == 0
    found = store.find(answer["value"])
    assert found is not None and found.config == {} and found.model == default_model()


@pytest.mark.parametrize(
    "session",
    [
        {"type": "realtime", "model": "gpt-realtime", "instructions": "Be brief.", "output_modalities": ["text"]},
        {"type": "realtime", "audio": {"output": {"voice": "cedar"}, "input": {"turn_detection": None}}},
        {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}},
    ],
)
def test_the_effective_session_is_answered_and_the_settings_are_kept(session: Json) -> None:
    store = secrets()
    given_body = {"session": session, "expires_after": {"anchor": "created_at", "seconds": 10}}
    before = copy.deepcopy(given_body)
    answer = mint(given_body, store, Options())
    assert given_body == before
    pydantic.TypeAdapter(ClientSecretCreateResponse).validate_python(answer)
    assert answer["expires_at"] == NOW + 10
    shown = answer["session"]
    for name in ("instructions", "output_modalities"):
        if name in session:
            assert shown[name] == session[name]
    found = store.find(answer["value"])
    assert found is not None and found.kind == session["type"]
    assert found.config == {name: value for name, value in session.items() if name not in ("type", "model")}
    assert found.model == (session.get("model", default_model()) if session["type"] == "realtime" else "")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"sesion": {}}, "unknown_parameter", "sesion"),
        ({"session": {}}, "missing_required_parameter", "session.type"),
        ({"session": []}, "invalid_type", "session"),
        ({"session": {"type": "realtime", "voice": "alloy"}}, "unknown_parameter", "session.voice"),
        ({"session": {"type": "realtime", "model": "whisper-1"}}, "invalid_model", None),
        (
            {"session": {"type": "realtime", "audio": {"output": {"voice": "bob"}}}},
            "invalid_value",
            "session.audio.output.voice",
        ),
        ({"session": {"type": "realtime", "model": "foo-bar"}}, "invalid_model", None),
        # A session would refuse these.
        (
            {"session": {"type": "realtime", "instructions": "word " * 30_000}},
            "invalid_value",
            "session.instructions",
        ),
        ({"session": {"type": "realtime", "prompt": {"id": "pmpt_none"}}}, "invalid_value", "session.prompt"),
        (
            {
                "session": {
                    "type": "realtime",
                    "truncation": {
                        "type": "retention_ratio",
                        "retention_ratio": 0.8,
                        "token_limits": {"post_instructions": 10**9},
                    },
                }
            },
            "integer_above_max_value",
            "session.truncation.token_limits.post_instructions",
        ),
        ({"expires_after": 60}, "invalid_type", "expires_after"),
        ({"expires_after": {"anchor": "now"}}, "invalid_value", "expires_after.anchor"),
        ({"expires_after": {"seconds": 9}}, "integer_below_min_value", "expires_after.seconds"),
        ({"expires_after": {"seconds": 7201}}, "integer_above_max_value", "expires_after.seconds"),
        ({"expires_after": {"seconds": 60.0}}, "invalid_type", "expires_after.seconds"),
        ({"expires_after": {"seconds": True}}, "invalid_type", "expires_after.seconds"),
        ({"expires_after": {"second": 60}}, "unknown_parameter", "expires_after.second"),
    ],
)
def test_a_bad_body_is_told_what_is_wrong_with_it(body: Json, code: str, param: str | None) -> None:
    assert refused(body) == (code, param, 400)


def test_the_session_that_is_shown_is_the_one_that_opens(tmp_path: Path) -> None:
    (tmp_path / "pmpt_1.md").write_text("Rhyme about {{thing}}.")
    session = {"type": "realtime", "prompt": {"id": "pmpt_1", "variables": {"thing": "rain"}}}
    store = secrets()
    answer = mint({"session": session}, store, Options(prompts=tmp_path))
    assert answer["session"]["instructions"] == "Rhyme about rain."
    found = store.find(answer["value"])
    assert found is not None
    opening = Opening(model=found.model, config=found.config)
    shown = opened(Options(prompts=tmp_path), opening).config
    own = {"id", "expires_at"}
    assert {name: value for name, value in shown.items() if name not in own} == {
        name: value for name, value in answer["session"].items() if name not in own
    }


def test_settings_beyond_the_size_are_refused() -> None:
    tracing = {"workflow_name": "x" * LARGEST_CONFIG_BYTES}
    assert refused({"session": {"type": "realtime", "tracing": tracing}}) == ("request_too_large", None, 413)
    unpackable = {"workflow_name": "".join(map(chr, range(0x4E00, 0x9000))) * 2}
    session = {"session": {"type": "realtime", "tracing": unpackable}}
    assert refused(session) == ("request_too_large", None, 413)
    with pytest.raises(BadRequest) as caught:
        mint(session, secrets(), Options())
    assert "too large for a client secret" in caught.value.problem.message


def test_there_is_no_end_of_secrets() -> None:
    store = secrets()
    values = {mint({}, store, Options())["value"] for _ in range(50)}
    assert len(values) == 50 and all(store.find(value) for value in values)


NAMES = st.sampled_from(
    ["session", "expires_after", "type", "audio", "input", "output", "voice", "seconds", "tools", "turn_detection"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, ANYTHING, max_size=5), st.sampled_from(["ga", "realtime", "transcription"]))
def test_whatever_the_body_holds_there_is_an_answer_or_a_refusal(body: Json, way: Any) -> None:
    try:
        answer = mint(body, secrets(), Options()) if way == "ga" else mint_beta(body, way, secrets(), Options())
    except BadRequest as refused_it:
        assert refused_it.problem.message
    else:
        assert "expires_at" in answer


def test_the_beta_answers_flat_with_the_secret_inside() -> None:
    store = secrets()
    body = {
        "model": "gpt-4o-realtime-preview",
        "voice": "verse",
        "modalities": ["text"],
        "instructions": "Hi.",
        "temperature": 0.7,
    }
    answer = mint_beta(body, "realtime", store, Options())
    assert answer["client_secret"]["expires_at"] == NOW + 60
    assert (answer["object"], answer["voice"], answer["modalities"]) == ("realtime.session", "verse", ["text"])
    assert answer["temperature"] == 0.7
    assert answer["model"] == "gpt-4o-realtime-preview" and answer["input_audio_format"] == "pcm16"
    found = store.find(answer["client_secret"]["value"])
    assert found is not None and found.model == "gpt-4o-realtime-preview"
    assert found.temperature == 0.7 and "temperature" not in found.config
    assert found.config["output_modalities"] == ["text"] and found.config["audio"]["output"]["voice"] == "verse"


def test_the_betas_transcription_session() -> None:
    store = secrets()
    body = {"input_audio_format": "g711_ulaw", "input_audio_transcription": {"model": "whisper-1"}}
    answer = mint_beta(body, "transcription", store, Options())
    assert answer["input_audio_format"] == "g711_ulaw" and answer["client_secret"]["value"].startswith("ek_")
    found = store.find(answer["client_secret"]["value"])
    assert found is not None and found.kind == "transcription"
    assert found.config["audio"]["input"]["format"] == {"type": "audio/pcmu"}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"voice": 7}, "invalid_type", "voice"),
        ({"voice": "bob"}, "invalid_value", "voice"),
        ({"colour": "red"}, "unknown_parameter", "colour"),
        ({"client_secret": 1}, "invalid_type", "client_secret"),
        (
            {"client_secret": {"expires_after": {"seconds": 1}}},
            "integer_below_min_value",
            "client_secret.expires_after.seconds",
        ),
        ({"model": "gpt-4o"}, "invalid_model", None),
    ],
)
def test_the_beta_is_refused_in_its_own_names(body: Json, code: str, param: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        mint_beta(body, "realtime", secrets(), Options())
    problem = caught.value.problem
    assert (problem.code, problem.param) == (code, param)
    assert "session." not in problem.message
