from __future__ import annotations

import copy
import json
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.logs import b64

from rtnb.session.record.journal import Journal
from rtnb.session.record.log import EventLog
from rtnb.session.record.recording import save
from rtnb.session.record.secrets import REDACTED, Secrets, header_secrets, without_secrets

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TOKEN = st.text(LETTERS, min_size=24, max_size=48).filter(lambda text: any(c.isdigit() for c in text))
PLACED = st.text(LETTERS, min_size=6, max_size=30).map("Q7z{}".format)
"""A secret that only its place gives away."""


def mcp(**members: Any) -> dict[str, Any]:
    return {"type": "mcp", "server_label": "s", "server_url": "https://x.example", **members}


def holders(tools: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Everywhere that tools travel."""
    return st.sampled_from([
        {"type": "session.update", "session": {"type": "realtime", "tools": tools}},
        {"type": "session.updated", "session": {"type": "realtime", "tools": tools}},
        {"type": "response.create", "response": {"tools": tools}},
        {"type": "response.created", "response": {"id": "resp_1", "tools": tools}},
        {"type": "transcription_session.update", "session": {"tools": tools}},
        {"session": {"type": "realtime", "tools": tools}, "expires_after": {"anchor": "created_at", "seconds": 60}},
        {"type": "session.update", "session": {"prompt": {"id": "p", "variables": {"t": tools}}}},
    ])  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """An event and the secrets in it."""
    placed, token = draw(PLACED), draw(TOKEN)
    key = draw(st.sampled_from(["sk-", "sk-proj-", "ek_"])) + token
    kind = draw(st.integers(0, 8))
    if kind == 0:
        credentials: list[dict[str, Any]] = [
            {"authorization": placed},
            {"headers": {"X-Any": placed}},
            {"headers": {"Authorization": f"Bearer {placed}"}},
            {"authorization": placed, "headers": {"cookie": placed}},
            {"Authorization": placed},
        ]
        tool = mcp(**draw(st.sampled_from(credentials)))
        return draw(holders([{"type": "function", "name": "f"}, tool])), [placed]
    if kind == 1:
        message = draw(
            st.sampled_from(["Incorrect API key provided: {}.", "{}", "got 'Authorization: Bearer {}'", "({})"])
        )
        return {"type": "error", "error": {"message": message.format(key), "code": "invalid_api_key"}}, [key, token]
    if kind == 2:
        return {"type": "error", "error": {"message": f"Authorization: Bearer {token}"}}, [token]
    if kind == 3:
        secret = draw(st.sampled_from([{"value": placed, "expires_at": 5}, placed, {"value": key}]))
        return {"type": "session.created", "session": {"id": "s", "client_secret": secret}}, [placed, token]
    if kind == 4:
        return {"value": placed, "expires_at": 1, "session": {"type": "realtime", "id": "s"}}, [placed]
    if kind == 5:
        text = json.dumps({"session": {"tools": [mcp(authorization=placed, headers={"x": placed})]}})
        text = draw(st.sampled_from([text, text[:-3], json.dumps(text), text[text.find("mcp") :]]))
        return {"type": "rtnb.frame", "problem": "no JSON", "text": text}, [placed]
    if kind == 6:
        return {"type": "rtnb.frame", "text": f"HTTP/1.1 401\r\nAuthorization: Bearer {token}\r\n key {key}"}, [token]
    if kind == 7:
        part = {"type": "input_text", "text": f"my key is {key}, keep it"}
        return {"type": "conversation.item.create", "item": {"type": "message", "content": [part]}}, [token]
    frame = {"type": "response.output_audio.delta", "event_id": key, "item_id": key, "delta": b64(b"audio!")}
    return frame, [token]


SAID = st.lists(st.tuples(events(), st.sampled_from(["sent", "received", "local"])), min_size=1, max_size=6)


SLOW = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SLOW
@given(said=SAID, own=TOKEN)
def test_no_secret_is_kept_anywhere(tmp_path: Path, said: list[Any], own: str) -> None:
    log = EventLog(start_s=0.0, start_wall_s=1_795_000_000.0)
    log.hide(own)
    journal = Journal.start(log, tmp_path, f"wss://x?key=sk-{own}", print)
    assert journal is not None
    found = {own}
    for number, ((event, secrets), direction) in enumerate(said):
        event = {**event, "note": f"and {own} as well"}
        before = copy.deepcopy(event)
        if direction == "received":
            log.receive(orjson.dumps(event), now_s=float(number))
        log.record(event, direction, now_s=float(number))
        assert event == before, "the event that leaves was changed"
        found.update(secrets)
    journal.close()
    place = save(tmp_path / "talk.rtnb", log, endpoint="x")
    with zipfile.ZipFile(place) as archive:
        kept = [archive.read(name) for name in archive.namelist() if not name.startswith("audio/")]
    kept += [file.read_bytes() for file in journal.path.rglob("*.json*")]
    kept += [repr([event.raw for event in log]).encode(), repr(log).encode()]
    for secret in found:
        assert not any(secret.encode() in data for data in kept), secret


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.update", "session": {"tools": [{"type": "function", "name": "call", "parameters": {
            "type": "object", "properties": {"authorization": {"type": "string"}, "headers": {"type": "object"}}}}]}},
        {"type": "response.function_call_arguments.done", "arguments": '{"headers": {"a": 1}, "authorization": "yes"}'},
        {"type": "conversation.item.create", "item": {"content": [{"type": "input_text", "text": "bearer of bad news, "
            "task-force, risk-averse, geek_culture, week_of_may, Bearer bonds"}]}},
        {"type": "session.update", "session": {"tools": [mcp(authorization="", headers={})]}},
        {"type": "session.update", "session": {"tools": [mcp(authorization=None, headers=None)]}},
        {"type": "error", "error": {"message": "Incorrect API key provided: sk-ab***yz."}},
        {"type": "x", "value": "fine", "headers": {"a": 1}},
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(event: dict[str, Any]) -> None:
    assert without_secrets(event) is event


def test_what_surrounds_a_secret_stays() -> None:
    tool = mcp(authorization="abc", headers={"a": "b"}, allowed_tools=["t"])
    event = {"type": "session.updated", "session": {"tools": [tool], "client_secret": {"value": "v", "expires_at": 7}}}
    assert without_secrets(event)["session"] == {
        "tools": [mcp(authorization=REDACTED, headers=REDACTED, allowed_tools=["t"])],
        "client_secret": {"value": REDACTED, "expires_at": 7},
    }


def test_short_values_are_not_blanked_in_every_word() -> None:
    secrets = Secrets()
    secrets.hide("", "  ", "the")
    assert secrets.text("the other") == "the other"


def test_the_longer_of_two_keys_goes_first() -> None:
    secrets = Secrets()
    secrets.hide("abcdef")
    secrets.hide("abcdefghij")
    assert secrets.text("<abcdefghij> <abcdef>") == f"<{REDACTED}> <{REDACTED}>"


def test_a_key_that_is_cut_off_with_its_frame_is_blanked_as_well() -> None:
    recorded = EventLog(start_s=0.0, start_wall_s=0.0)
    recorded.hide("my-own-secret-key")
    for key in ("my-own-secret-key", "sk-proj-a1b2c3d4e5f6", "ek_a1b2c3d4e5f6"):
        for length in range(8, len(key)):
            note = {"type": "rtnb.frame", "problem": "no JSON", "text": f'{{"error": "wrong key {key[:length]}'}
            kept = recorded.record(note, "local", now_s=1.0).body["text"]
            assert kept == f'{{"error": "wrong key {REDACTED}'


def test_a_key_that_is_a_members_name_is_blanked_as_well() -> None:
    key = "sk-" + "a1" * 12
    assert key not in repr(without_secrets({"type": "x", "metadata": {key: 1}}))


def test_headers_that_log_in_are_known() -> None:
    headers = {"Authorization": "Bearer t0ken-of-mine", "api-key": "k", "Cookie": "c=1", "OpenAI-Beta": "realtime=v1"}
    assert header_secrets(headers) == ["Bearer t0ken-of-mine", "t0ken-of-mine", "k", "c=1"]
