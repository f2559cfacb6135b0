"""Whatever a client sends, in either shape, it is answered, and the connection goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.strategies import client_events
from support.wire import Wire

from rtnb.server.answer.delivery import Delivery

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
BETA_NAMES = st.sampled_from(
    ["modalities", "voice", "input_audio_format", "turn_detection", "temperature", "tools", "tool_choice", "speed"]
)
FLAT = st.builds(
    lambda kind, session: {"type": kind, "session": session},
    st.sampled_from(["session.update", "transcription_session.update"]),
    st.dictionaries(BETA_NAMES, JSON, max_size=4),
)
FRAMES = st.lists(client_events() | FLAT | JSON, min_size=1, max_size=5)


@pytest.fixture(scope="module")
def url() -> Any:
    from rtnb.server import EmbeddedServer, Options
    from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
    from rtnb.vad import load_engine

    server = EmbeddedServer()
    server._options = Options(delivery=Delivery(factor=0))
    server.voices = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy")))
    with server:
        yield server.url


@pytest.mark.parametrize("headers", [{}, {"OpenAI-Beta": "realtime=v1"}], ids=["GA", "beta"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=FRAMES)
def test_it_is_answered_and_the_connection_goes_on(url: str, headers: dict[str, str], events: list[Any]) -> None:
    # Without a bound on what it has not read, or it would close only when the answer has ended.
    with Wire(url, headers=headers, max_queue=None) as wire:
        for event in events:
            wire.send(json.dumps(event))
        # Whatever turn detection became, an empty buffer may be cleared, and an unknown item is one error.
        wire.send({"type": "conversation.item.retrieve", "item_id": "nobody's", "event_id": "the last"})
        while True:
            error = wire.until("error")["error"]
            assert not error["message"].startswith("The embedded server failed"), error
            if error["event_id"] == "the last":
                break
