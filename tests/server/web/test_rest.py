"""REST over real sockets: who may call, what is answered, what is not served."""

from __future__ import annotations

import socket
from typing import Any

import openai
import pytest
from support.wire import Wire


def error(answer: Any) -> dict[str, Any]:
    body = answer.json()
    assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}
    found: dict[str, Any] = body["error"]
    return found


def test_the_openai_client_gets_a_secret_that_opens_the_session_it_describes(serve: Any) -> None:
    served = serve(api_key="sesame")
    client = openai.OpenAI(api_key="sesame", base_url=served.root + "/v1", max_retries=0)
    made = client.realtime.client_secrets.create(
        session={"type": "realtime", "model": "gpt-realtime-2", "instructions": "Rhyme."}, expires_after={"seconds": 30}
    )
    assert made.value.startswith("ek_") and made.session.type == "realtime" and made.session.instructions == "Rhyme."
    protocols = ["realtime", f"openai-insecure-api-key.{made.value}"]
    for ways in ({"key": made.value}, {"subprotocols": protocols}):
        with Wire(served.url, model=None, **ways) as wire:
            session = wire.next()["session"]
            assert (session["model"], session["instructions"]) == ("gpt-realtime-2", "Rhyme.")
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(api_key=made.value, base_url=served.root + "/v1", max_retries=0).realtime.client_secrets.create()


def test_a_secret_for_transcription_opens_one(serve: Any) -> None:
    served = serve()
    body = {"session": {"type": "transcription", "audio": {"input": {"turn_detection": None}}}}
    value = served.http("POST", "/v1/realtime/client_secrets", json=body).json()["value"]
    with Wire(served.url, key=value, model=None) as wire:
        session = wire.next()["session"]
        assert session["type"] == "transcription" and session["audio"]["input"]["turn_detection"] is None


def test_the_betas_client_gets_its_secrets(serve: Any) -> None:
    served = serve()
    for path in ("/v1/realtime/sessions", "/openai/realtimeapi/sessions"):
        made = served.http("POST", path, json={"model": "gpt-4o-realtime-preview", "voice": "sage"}).json()
        assert made["voice"] == "sage"
        with Wire(served.url, key=made["client_secret"]["value"], headers={"OpenAI-Beta": "realtime=v1"}) as wire:
            session = wire.next()["session"]
            assert (session["voice"], session["model"]) == ("sage", "gpt-4o-realtime-preview")
    made = served.http("POST", "/v1/realtime/transcription_sessions", json={}).json()
    assert made["client_secret"]["value"].startswith("ek_")
    refused = serve(beta="reject").http("POST", "/v1/realtime/sessions", json={})
    assert refused.status_code == 400 and error(refused)["code"] == "beta_api_shape_disabled"


@pytest.mark.parametrize(
    ("key", "code"), [(None, None), ("sk-wrong", "invalid_api_key"), ("ek_guessed", "invalid_api_key")]
)
def test_rest_needs_the_key_where_there_is_one(serve: Any, key: str | None, code: str | None) -> None:
    served = serve(api_key="sesame")
    for method, path in (
        ("POST", "/v1/realtime/client_secrets"),
        ("POST", "/v1/realtime/sessions"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/gpt-realtime"),
        ("POST", "/v1/realtime/calls/rtc_1/accept"),
        ("POST", "/v1/realtime/calls"),
        ("POST", "/openai/v1/realtime/calls"),
        ("POST", "/v1/realtime"),
        ("GET", "/v1/realtime"),
        ("POST", "/v1/realtime/translations/client_secrets"),
    ):
        answer = served.http(method, path, key=key)
        assert answer.status_code == 401 and error(answer)["code"] == code
    assert served.http("GET", "/healthz").json()["status"] == "ok"
    assert served.http("GET", "/v1/models", headers={"api-key": "sesame"}).status_code == 200


def test_a_browser_with_a_secret_is_told_that_there_are_no_calls(serve: Any) -> None:
    served = serve(api_key="sesame")
    secret = served.http("POST", "/v1/realtime/client_secrets", key="sesame", json={}).json()["value"]
    answer = served.http("POST", "/v1/realtime/calls", key=secret, content=b"v=0\r\n")
    assert answer.status_code == 501 and error(answer)["code"] == "not_implemented"


def test_azure_mints_for_deployments(serve: Any) -> None:
    served, body = serve(), {"session": {"type": "realtime", "model": "my-deployment"}}
    assert error(served.http("POST", "/v1/realtime/client_secrets", json=body))["code"] == "invalid_model"
    made = served.http("POST", "/openai/v1/realtime/client_secrets", json=body).json()
    assert made["session"]["model"] == "my-deployment"
    azure = served.url.replace("/v1/realtime", "/openai/v1/realtime")
    with Wire(azure, model=None, headers={"api-key": made["value"]}) as wire:
        assert wire.next()["session"]["model"] == "my-deployment"


def test_models_are_listed_with_their_last_day(serve: Any) -> None:
    served = serve()
    client = openai.OpenAI(api_key="x", base_url=served.root + "/v1", max_retries=0)
    assert "gpt-realtime-2.1" in {model.id for model in client.models.list()}
    assert client.models.retrieve("gpt-realtime").to_dict()["shutdown_date"] == "2027-01-20"
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.models.retrieve("gpt-0")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/realtime",
        "/v1/realtime?model=gpt-realtime",
        "/v1/realtime/calls",
        *(f"/v1/realtime/calls/rtc_1/{verb}" for verb in ("accept", "reject", "refer", "hangup")),
        "/v1/realtime/translations/client_secrets",
        "/openai/v1/realtime/calls",
    ],
)
def test_calls_and_translations_are_not_served_and_say_what_is(serve: Any, path: str) -> None:
    headers = {"Content-Type": "application/sdp"}
    answer = serve().http("POST", path, content=b"v=0\r\n" * 1000, headers=headers)
    assert answer.status_code == 501
    assert error(answer)["code"] == "not_implemented" and "/v1/realtime" in error(answer)["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/realtimes", 404),
        ("GET", "/v1/realtime/client_secrets/", 404),
        ("POST", "/v1/live/sessions", 404),
        ("GET", "/v1/realtime", 426),
        ("DELETE", "/v1/realtime", 405),
        ("GET", "/v1/realtime/client_secrets", 405),
        ("PUT", "/v1/models", 405),
    ],
)
def test_what_is_not_there_is_said_in_the_apis_shape(serve: Any, method: str, path: str, status: int) -> None:
    answer = serve().http(method, path)
    assert answer.status_code == status
    assert error(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"[" * 5000, b"NaN"])
def test_what_is_no_json_object_is_refused(serve: Any, body: bytes) -> None:
    answer = serve().http("POST", "/v1/realtime/client_secrets", content=body)
    assert answer.status_code == 400 and "could not parse" in error(answer)["message"]


def test_a_body_of_ten_megabytes_is_not_read(serve: Any) -> None:
    served = serve()
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as raw:
        head = f"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        raw.sendall(f"{head}Content-Length: 10000000\r\n\r\n".encode())
        try:
            for _ in range(160):
                raw.sendall(bytes(65536))
        except OSError:
            pass
        answer = raw.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"request_too_large" in answer
    assert served.http("GET", "/healthz").status_code == 200


def test_a_body_that_does_not_arrive_is_not_waited_for(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rtnb.server.web import bodies

    monkeypatch.setattr(bodies, "BODY_S", 0.1)
    served = serve()
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as raw:
        head = f"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
        raw.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert raw.recv(65536).startswith(b"HTTP/1.1 408 ")
