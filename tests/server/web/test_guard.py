"""Foreign pages, unknown names, and what allowed pages may read."""

from __future__ import annotations

from typing import Any

import pytest
from support.wire import Wire
from websockets.exceptions import InvalidStatus

HUB = "https://hub.example.org"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "file://localhost"},
        {"Origin": "https://localhost.evil.example"},
        {"Origin": "https://hub.example.org.evil.example"},
        {"Origin": "http://hub.example.org"},
        {"Host": "evil.example"},
        {"Host": ""},
        {"Host": "127.0.0.1.evil.example:80"},
    ],
)
def test_foreign_pages_and_names_are_refused_on_rest_and_websocket(serve: Any, headers: dict[str, str]) -> None:
    served = serve(origins=(HUB,))
    for path in ("/metrics", "/v1/models", "/nowhere", *(["/healthz", "/readyz"] if "Origin" in headers else [])):
        answer = served.http("GET", path, headers=headers)
        assert answer.status_code == 403 and answer.json()["error"]["code"] == "forbidden"
        assert "access-control-allow-origin" not in answer.headers
    assert served.http("POST", "/v1/realtime/client_secrets", json={}, headers=headers).status_code == 403
    if "Origin" in headers:
        with pytest.raises(InvalidStatus) as refused:
            Wire(served.url, headers=headers)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", [HUB, "http://localhost:8888", "http://127.0.0.1", "https://[::1]:1"])
def test_allowed_pages_connect_and_read(serve: Any, origin: str) -> None:
    served = serve(origins=(HUB + "/",))
    with Wire(served.url, headers={"Origin": origin}) as wire:
        assert wire.next()["type"] == "session.created"
    answer = served.http("POST", "/v1/realtime/client_secrets", json={}, headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin and "Origin" in answer.headers["vary"]
    missing = served.http("GET", "/nowhere", headers={"Origin": origin})
    assert missing.status_code == 404 and missing.headers["access-control-allow-origin"] == origin


def test_a_preflight_needs_no_key_and_allows_what_clients_send(serve: Any) -> None:
    served = serve(origins=(HUB,), api_key="sesame")
    asked = {
        "Origin": HUB,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-stainless-os",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = served.http("OPTIONS", "/v1/realtime/client_secrets", headers=asked)
    assert answer.status_code == 204 and answer.headers["access-control-allow-origin"] == HUB
    assert "x-stainless-os" in answer.headers["access-control-allow-headers"]
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-private-network"] == "true"
    asked["Origin"] = "https://evil.example"
    assert served.http("OPTIONS", "/v1/realtime/client_secrets", headers=asked).status_code == 403


def test_another_name_may_be_allowed(serve: Any) -> None:
    served = serve(hosts=("voice.test",))
    assert served.http("GET", "/v1/models", headers={"Host": "Voice.test:8765"}).status_code == 200
    # The address that the connection came in on needs no leave: no foreign page is called by it.
    assert served.http("GET", "/v1/models").status_code == 200
    assert served.http("GET", "/v1/models", headers={"Host": "localhost"}).status_code == 403


@pytest.mark.parametrize("host", ["voice.svc.cluster.local", "evil.example:80", ""])
def test_probes_come_by_any_name_and_are_told_how_it_is_and_no_more(serve: Any, host: str) -> None:
    served = serve()
    for path in ("/healthz", "/readyz"):
        answer = served.http("GET", path, headers={"Host": host})
        assert answer.status_code in (200, 503) and set(answer.json()) == {"status", "voices"}
        assert "access-control-allow-origin" not in answer.headers
        assert set(served.http("GET", path).json()) > {"status", "voices", "pid"}
        for method in ("POST", "OPTIONS", "DELETE"):
            assert served.http(method, path, headers={"Host": host}).status_code == 403
    assert served.http("GET", "/healthz/", headers={"Host": host}).status_code == 403
