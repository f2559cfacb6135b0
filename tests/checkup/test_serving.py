"""The embedded server, loopback, proxies."""

from __future__ import annotations

import socket

import pytest

from rtnb.checkup import serving
from rtnb.checkup.serving import (
    Loopback,
    Proxies,
    Turns,
    judge_loopback,
    judge_proxies,
    judge_turns,
    loopback,
    proxies,
    turns,
)


@pytest.mark.local
def test_two_real_turns() -> None:
    facts = turns()
    assert [finding.verdict for finding in judge_turns(facts)] == ["ok", "ok"]
    assert "plus" in facts.heard and facts.audio_s > 0.5


def test_loopback_and_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        monkeypatch.setattr(serving, "PORT", somebody.getsockname()[1])
        assert loopback().taken
    assert loopback() == Loopback()
    assert "--port" in judge_loopback(Loopback(taken=True))[0].found
    assert judge_loopback(Loopback("PermissionError: no"))[0].verdict == "problem"


@pytest.mark.parametrize(
    ("environment", "catching"),
    [
        ({}, ()),
        ({"HTTP_PROXY": "http://u:secret@proxy:3128"}, ("HTTP_PROXY",)),
        ({"ALL_PROXY": "http://proxy", "NO_PROXY": "example.org"}, ("ALL_PROXY",)),
        ({"http_proxy": "http://proxy", "no_proxy": "localhost,127.0.0.1"}, ()),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "*"}, ()),
        ({"HTTPS_PROXY": "http://proxy"}, ()),
    ],
)
def test_proxies_that_catch_loopback(environment: dict[str, str], catching: tuple[str, ...]) -> None:
    facts = proxies(environment)
    assert facts.catching == catching
    (finding,) = judge_proxies(facts)
    assert finding.verdict == ("note" if catching else "ok")
    assert "secret" not in repr((facts, finding))


@pytest.mark.parametrize(
    "value", ["http://[bad", "http://user:hunter2/x@proxy:8080", "http://user:hunter2@proxy:port", "hunter2:3128"]
)
def test_an_address_that_is_none_is_named_and_not_shown(value: str) -> None:
    facts = proxies({"HTTP_PROXY": value, "https_proxy": "http://proxy:3128"})
    assert facts.malformed == ("HTTP_PROXY",) and facts.catching == ()
    (finding,) = judge_proxies(facts)
    assert finding.verdict == "note" and "HTTP_PROXY holds no address" in finding.found and "%2F" in finding.remedy
    assert "hunter2" not in repr((facts, finding)) and "bad" not in finding.found


def test_socks_needs_a_package() -> None:
    assert proxies({"ALL_PROXY": "socks5://proxy", "NO_PROXY": "127.0.0.1"}).socks == ("ALL_PROXY",)
    (finding,) = judge_proxies(Proxies(socks=("ALL_PROXY",), has_socks=False))
    assert finding.verdict == "problem" and "python-socks" in finding.remedy


@pytest.mark.parametrize(
    ("facts", "verdicts"),
    [
        (Turns("12.", 0.1, None), ["ok", "skipped"]),
        (Turns("I do not know.", 0.1, "12.", "x", 1, 1), ["problem", "ok"]),
        (Turns("12.", 0.1, "Pardon?", "Heaven knows.", 1, 1), ["ok", "problem"]),
        (Turns("12.", 0.1, "12.", "seven plus five", 1, 0), ["ok", "problem"]),
        (Turns(unloaded=True), ["skipped"]),
        (Turns(said="The server did not start.\nClose something."), ["problem"]),
    ],
)
def test_turns(facts: Turns, verdicts: list[str]) -> None:
    assert [finding.verdict for finding in judge_turns(facts)] == verdicts
