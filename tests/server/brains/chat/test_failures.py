"""Errors of a chat endpoint."""

from __future__ import annotations

import json
import ssl
from typing import Any

import httpx
import pytest

from rtnb.server.brains.chat.failures import QUOTED_CHARS, READ_CHARS, Failures, told_by

KEY = "abc-123-secret"
FAILURES = Failures("http://example.org/v1/chat/completions", "llama", KEY)


def body(message: str, **members: Any) -> str:
    return json.dumps({"error": {"message": message} | members})


@pytest.mark.parametrize(
    ("status", "said", "code", "words"),
    [
        (400, body("bad"), "chat_refused", "400"),
        (400, body("This model's maximum context length is 8"), "context_length_exceeded", "Set context_tokens"),
        (401, body("who?"), "chat_unauthorized", "RTNB_CHAT_KEY"),
        (403, "", "chat_unauthorized", "RTNB_CHAT_KEY"),
        (404, body("model 'llama' not found"), "chat_not_found", "no model 'llama'"),
        (413, "<html><title>413 Too Large</title>", "chat_too_large", "413 Too Large"),
        (422, json.dumps({"detail": [{"msg": "Field required"}]}), "chat_refused", "Field required"),
        (429, body("slow down"), "rate_limit_exceeded", "Try again later."),
        (429, body("pay", code="insufficient_quota"), "insufficient_quota", "no quota"),
        (500, "oops", "chat_unavailable", 'It says: "oops"'),
        (503, "<html><body>x</body></html>", "chat_unavailable", "503"),
        (307, "", "chat_moved", "Set the address that it names: none"),
    ],
)
def test_statuses(status: int, said: str, code: str, words: str) -> None:
    error = FAILURES.of_status(status, said, {})
    assert error.code == code and error.type == "server_error"
    assert words in str(error) and "example.org" in str(error)


@pytest.mark.parametrize(
    ("value", "when"),
    [("7", "Try again in 7 s."), ("Wed, 21 Oct 2026 07:28:00 GMT", "Try again after Wed, 21 Oct"), ("", "later")],
)
def test_how_long_a_limit_holds(value: str, when: str) -> None:
    assert when in str(FAILURES.of_status(429, "", {"retry-after": value}))


@pytest.mark.parametrize("status", [307, 400, 401, 404, 413, 429, 500])
def test_the_key_is_never_quoted(status: int) -> None:
    for said in (f"Bad key {KEY}!", "Incorrect key sk-proj-abcdefgh1234", "Header was: Bearer other-key-9"):
        for text in (body(said), said, f"<title>{said}</title>"):
            error = str(FAILURES.of_status(status, text, {"location": f"/x?{said}", "retry-after": said}))
            assert not any(secret in error for secret in (KEY, "abcdefgh", "other-key-9"))


def test_what_is_quoted_is_short_and_in_one_line() -> None:
    error = str(FAILURES.of_status(500, body("many\n words " * 1000), {}))
    assert len(error) < QUOTED_CHARS + 200 and "\n" not in error and "…" in error


def test_failures_inside_of_a_stream() -> None:
    assert FAILURES.in_stream({"message": "x", "code": 429}).code == "rate_limit_exceeded"
    assert FAILURES.in_stream({"message": "x", "code": "502"}).code == "chat_unavailable"
    assert FAILURES.in_stream({"message": "x", "type": "insufficient_quota"}).code == "insufficient_quota"
    for error in ("out of memory", {"message": "out of memory", "code": None}, {"detail": "out of memory", "code": []}):
        failure = FAILURES.in_stream(error)
        assert failure.code == "chat_failed" and "out of memory" in str(failure)
    assert FAILURES.in_stream(7).code == "chat_failed"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (httpx.ConnectTimeout("x"), "chat_unreachable", "in time"),
        (httpx.ConnectError("x"), "chat_unreachable", "Nobody answers"),
        (httpx.ReadError("x"), "chat_unreachable", "broke before it answered"),
        (httpx.RemoteProtocolError("x"), "chat_broken", "broke off"),
        (httpx.DecodingError("x"), "chat_nonsense", "unpacked"),
        (RuntimeError(KEY), "chat_failed", "RuntimeError"),
        (httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"), "chat_unreachable", "LocalProtocolError"),
    ],
)
def test_connections(error: Exception, code: str, words: str) -> None:
    failure = FAILURES.of_connection(error)
    assert failure.code == code and words in str(failure) and KEY not in str(failure)


def test_encryption() -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    assert "No encrypted connection" in str(FAILURES.of_connection(error))


def test_messages_in_all_shapes() -> None:
    assert [told_by(each) for each in ({}, [], None, 7, {"error": []}, {"error": {"code": 1}})] == [""] * 6
    assert told_by([{"error": {"message": "x"}}]) == "x"


@pytest.mark.parametrize("blanks", ["", " " * 20_000])
def test_a_key_at_a_cut_is_not_quoted_in_part(blanks: str) -> None:
    for before in range(READ_CHARS - 40, READ_CHARS + 5):
        for secret in (KEY, "sk-abcdefghijklm", "Bearer other-key-9"):
            filler = "\t" if blanks else "y"
            text = f"{filler * (before - 1)} {secret}{blanks and blanks + 'tail'}"
            cleaned = FAILURES.clean(text)
            assert not any(part in cleaned for part in ("abc", "other", "sk-a", "ab-")), cleaned
    for before in range(QUOTED_CHARS + 5):
        assert "abc" not in FAILURES.clean("y" * before + " " + KEY + " tail")
    assert FAILURES.clean("Wrong key abc-123****ret, see abc-1.") == "Wrong key [key], see abc-1."
    for end in range(1, len(KEY)):
        assert FAILURES.before_cut("said " + KEY[:end]) == "said "


@pytest.mark.timeout(60)  # What takes a time that grows with the square would take hours.
@pytest.mark.parametrize("part", ["<title", "bearer ", "sk-", "bearer", " ", "context ", "<"])
def test_a_flood_is_work_in_proportion_to_its_length(part: str) -> None:
    said = part * (1_000_000 // len(part))
    assert FAILURES.of_status(500, said, {}).code == "chat_unavailable"
    assert FAILURES.of_status(400, body(said), {}).code == "chat_refused"
