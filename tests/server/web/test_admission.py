"""What a connection is opened for."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.web.admission import Refusal, admit
from rtnb.server.web.keys import Keyring
from rtnb.server.web.models import default_model
from rtnb.server.web.secrets import ClientSecrets


def asked(
    query: dict[str, str] | None = None,
    *,
    door: Any = "openai",
    headers: dict[str, str] | None = None,
    offered: tuple[str, ...] = (),
    secrets: ClientSecrets | None = None,
    api_key: str | None = None,
    **options: Any,
) -> Opening | Refusal:
    return admit(
        door=door,
        headers=headers or {},
        query={"model": "gpt-realtime-2.1"} if query is None else query,
        offered=offered,
        keyring=Keyring(api_key, secrets or ClientSecrets()),
        options=Options(**options),
    )


def refused(outcome: Opening | Refusal) -> tuple[str | None, int, str]:
    assert isinstance(outcome, Refusal)
    return outcome.problem.code, outcome.code, outcome.reason


@pytest.mark.parametrize(
    "model",
    ["gpt-realtime", "gpt-4o-realtime-preview-2024-10-01", "gpt-audio-mini", "gpt-realtime-9-mini", "gpt-audio-2"],
)
def test_realtime_models_are_taken_and_others_of_their_families(model: str) -> None:
    assert asked({"model": model}) == Opening(model=model)


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4o", "gpt-4o-mini", "whisper-1", "gpt-5.5", "o3-mini", "tts-1", "gpt-realtime-whisper", "gpt-live-1"),
        *("foo-bar", "llama-voice", "gpt-realtime-9-whisper", "gpt-realtime-translate-2"),
    ],
)
def test_models_of_other_kinds_and_unknown_ones_are_refused(model: str) -> None:
    outcome = asked({"model": model})
    assert refused(outcome) == ("invalid_model", 4000, "invalid_request_error.invalid_model")
    assert isinstance(outcome, Refusal)
    assert outcome.problem.message.startswith(f'Model "{model}" is not supported in realtime mode.')


def test_strictly_only_known_models_are_taken() -> None:
    assert refused(asked({"model": "gpt-realtime-9"}, strict_models=True))[0] == "invalid_model"
    assert asked({"model": "gpt-realtime-2"}, strict_models=True) == Opening(model="gpt-realtime-2")


@pytest.mark.parametrize("query", [{}, {"model": ""}])
def test_no_model(query: dict[str, str]) -> None:
    assert refused(asked(query)) == ("missing_model", 4000, "invalid_request_error.missing_model")


def test_transcription_names_no_model() -> None:
    assert asked({"intent": "transcription"}) == Opening(kind="transcription")
    outcome = asked({"intent": "transcription", "model": "gpt-4o-transcribe"})
    assert refused(outcome)[0] == "invalid_model"
    assert isinstance(outcome, Refusal)
    assert outcome.problem.message == "You must not provide a model parameter for transcription sessions."


@pytest.mark.parametrize(
    ("headers", "offered", "door"),
    [
        ({"openai-beta": "realtime=v1"}, (), "openai"),
        ({"openai-beta": "assistants=v2, Realtime=v1"}, (), "openai"),
        ({}, ("realtime", "openai-beta.realtime-v1"), "openai"),
        ({}, (), "azure-beta"),
    ],
)
def test_the_three_policies_for_the_beta(headers: dict[str, str], offered: tuple[str, ...], door: str) -> None:
    ways: dict[str, Any] = {"headers": headers, "offered": offered, "door": door}
    azure = door == "azure-beta"
    assert asked(**ways) == Opening(model="gpt-realtime-2.1", beta=True, deployments=azure)
    assert asked(**ways, beta="ignore") == Opening(model="gpt-realtime-2.1", deployments=azure)
    code, close, reason = refused(asked(**ways, beta="reject"))
    assert (code, close, reason) == (
        "beta_api_shape_disabled",
        4000,
        "invalid_request_error.beta_api_shape_disabled",
    )


def test_azure_names_deployments_and_takes_its_key_in_header_or_query() -> None:
    assert asked({"model": "gpt-4o"}, door="azure") == Opening(model="gpt-4o", deployments=True)
    assert asked({"model": "foo-bar"}, door="azure", strict_models=True) == Opening(model="foo-bar", deployments=True)
    query = {"deployment": "mine", "api-version": "2024-10-01-preview"}
    assert asked(query, door="azure-beta") == Opening(model="mine", beta=True, deployments=True)
    assert asked(door="azure", headers={"api-key": "k"}, api_key="k") == Opening(
        model="gpt-realtime-2.1", deployments=True
    )
    assert asked({"model": "m", "api-key": "k"}, door="azure", api_key="k") == Opening(model="m", deployments=True)
    outcome = asked(door="azure", api_key="k")
    assert isinstance(outcome, Refusal) and outcome.status == 401
    assert refused(asked({"model": "m", "api-key": "k"}, api_key="k"))[1] == 3000


def test_a_secret_carries_its_session_and_its_model() -> None:
    secrets = ClientSecrets()
    config = {"instructions": "Be brief."}
    value, _ = secrets.mint(model="gpt-realtime-2", config=config)
    opened = Opening(model="gpt-realtime-2", config=config)
    headers = {"authorization": f"Bearer {value}"}
    assert asked({}, headers=headers, secrets=secrets, api_key="k") == opened
    assert asked({"model": "gpt-realtime"}, headers=headers, secrets=secrets) == opened
    assert asked({}, offered=("realtime", f"openai-insecure-api-key.{value}"), secrets=secrets) == opened
    bare, _ = secrets.mint()
    assert asked({}, headers={"authorization": f"Bearer {bare}"}, secrets=secrets) == Opening(model=default_model())
    value, _ = secrets.mint(kind="transcription", config={"include": []})
    headers = {"authorization": f"Bearer {value}"}
    wanted = Opening(kind="transcription", config={"include": []})
    assert asked({}, headers=headers, secrets=secrets) == wanted
    assert asked({"intent": "transcription"}, headers=headers, secrets=secrets) == wanted


@pytest.mark.parametrize("ways", [{"door": "translations"}, {"query": {"call_id": "rtc_1"}}])
def test_what_is_not_served_says_so(ways: dict[str, Any]) -> None:
    assert refused(asked(**ways)) == ("not_implemented", 4000, "invalid_request_error.not_implemented")


def test_the_key_comes_before_everything() -> None:
    assert refused(asked({}, headers={"openai-beta": "realtime=v1"}, beta="reject", api_key="k"))[1] == 3000
