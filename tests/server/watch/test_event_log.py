"""What a real server writes to its log, and what it never does."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from support.wire import Wire
from websockets.exceptions import ConnectionClosed

from rtnb.server.watch import EventLog, configure_logs

WORDS = "xylophone"
SECRETS = ("sesame", "QUETZALCOATL", "ek_12345678")


def records(stream: io.StringIO, message: str = "", *, at_least: int = 0) -> list[dict[str, Any]]:
    """The lines of that message, when there are so many."""
    end = time.monotonic() + 20
    while True:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        found = [line for line in found if not message or line["message"] == message]
        if len(found) >= at_least:
            return found
        assert time.monotonic() < end, stream.getvalue()
        time.sleep(0.01)


def converse(url: str) -> str:
    """A conversation with secrets and words of a user in it; its session."""
    mcp = {
        "type": "mcp",
        "server_label": "docs",
        "server_url": f"https://{SECRETS[1]}@127.0.0.1:1/mcp?token={SECRETS[1]}",
        "authorization": SECRETS[1],
        "headers": {"x-anything": SECRETS[1]},
    }
    with Wire(url, key="sesame") as wire:
        session: str = wire.next()["session"]["id"]
        wire.update(tools=[mcp], instructions=f"{WORDS} {SECRETS[2]}", audio={"input": {"turn_detection": None}})
        wire.say(f"Say {WORDS}, {SECRETS[2]}.")
        wire.ask({"type": "response.create"}, "response.done")
        wire.ask({"type": "conversation.item.delete", "item_id": WORDS}, "error")
        wire.ask({"type": f"{WORDS}.{SECRETS[2]}"}, "error")
        wire.append(bytes(48 * 300))
        wire.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
    return session


def test_at_info_level_it_tells_what_happens_and_no_words(watched: Any, stream: io.StringIO) -> None:
    configure_logs(format="json", level="info", secrets=("sesame",), stream=stream)
    server = watched(watchers=(EventLog(),), api_key="sesame")
    session = converse(server.url)
    (closed,) = records(stream, "session closed", at_least=1)
    assert {line["session"] for line in records(stream) if line["logger"].endswith("event_log")} == {session}
    (opened,) = records(stream, "session opened")
    assert (opened["kind"], opened["model"], opened["shape"]) == ("realtime", "gpt-realtime-2.1", "ga")
    assert opened["peer"] == "127.0.0.1"
    (done,) = records(stream, "response done")
    assert (done["status"], done["trigger"]) == ("completed", "client")
    assert 0 <= done["start_ms"] <= done["turn_first_audio_ms"] <= done["start_ms"] + done["duration_ms"]
    assert closed["responses"] == 1 and closed["errors"] == 2 and closed["output_tokens"] == done["output_tokens"] > 0
    assert closed["audio_in_s"] == pytest.approx(0.3, abs=0.01) and closed["audio_out_s"] == done["audio_s"] > 0
    codes = [line["code"] for line in records(stream, "error sent")]
    assert codes == ["item_delete_invalid_item_id", "invalid_value"]
    for secret in (*SECRETS, WORDS):
        assert secret not in stream.getvalue()


def test_at_debug_level_it_tells_each_event_without_secrets_and_audio(watched: Any, stream: io.StringIO) -> None:
    configure_logs(format="json", level="debug", secrets=("sesame",), stream=stream)
    server = watched(watchers=(EventLog(),), api_key="sesame")
    converse(server.url)
    (closed,) = records(stream, "session closed", at_least=1)
    received, sent = records(stream, "received"), records(stream, "sent")
    assert (len(received), len(sent)) == (closed["events_in"], closed["events_out"])
    assert WORDS in stream.getvalue()
    for secret in SECRETS:
        assert secret not in stream.getvalue()
    for line in received + sent:
        if line["event"]["type"] in ("input_audio_buffer.append", "response.output_audio.delta"):
            assert (line["event"].get("audio") or line["event"]["delta"]).endswith("characters>")


def test_refusals_are_told(watched: Any, stream: io.StringIO) -> None:
    configure_logs(format="json", level="info", stream=stream)
    server = watched(watchers=(EventLog(),), api_key="sesame")
    with Wire(server.url, key="sk-not-it") as wire, pytest.raises(ConnectionClosed):
        while True:
            wire.next()
    assert server.get("/v1/models", Authorization="Bearer sk-not-it").status_code == 401
    assert [(line["code"], line.get("status")) for line in records(stream, "refused", at_least=2)] == [
        ("invalid_api_key", None),
        ("invalid_api_key", 401),
    ]
    assert "not-it" not in stream.getvalue()


def test_at_warning_level_nothing_is_looked_at(watched: Any, stream: io.StringIO) -> None:
    configure_logs(format="json", stream=stream)
    server = watched(watchers=(EventLog(),))
    with Wire(server.url) as wire:
        wire.say("Hello.")
    server.server.stop()
    assert stream.getvalue() == ""
