"""Metrics of real servers, as Prometheus would read them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.wire import Wire
from websockets.exceptions import ConnectionClosed

from rtnb.server import Options
from rtnb.server.brains import ScriptBrain
from rtnb.server.opening import Opening
from rtnb.server.watch import Metrics, metrics, worker_ended
from rtnb.server.watching import Facts


def until(check: Any) -> None:
    """Wait until it is so; closes are counted a moment after the client sees them."""
    end = time.monotonic() + 20
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_conversation_is_counted(watched: Any) -> None:
    server = watched(watchers=(Metrics(),))
    with Wire(server.url) as wire:
        wire.update(audio={"input": {"turn_detection": None}})
        wire.say("Hello.")
        wire.ask({"type": "response.create"}, "response.done")
        wire.append(bytes(48 * 1000))
        wire.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
        wire.ask({"type": "response.cancel"}, "error")
        wire.send({"type": "no.such.event"})
        wire.until("error")
        assert server.value("rtnb_sessions_open", kind="realtime") == 1
        done = next(event for event in wire.seen if event["type"] == "response.done")["response"]
    until(lambda: server.value("rtnb_sessions_closed_total", kind="realtime", code="client") == 1)
    found = server.samples()

    def value(name: str, **labels: str) -> float:
        return found.get((name, tuple(sorted(labels.items()))), 0.0)

    assert value("rtnb_sessions_open", kind="realtime") == 0
    assert value("rtnb_sessions_opened_total", kind="realtime", model="gpt-realtime-2.1", shape="ga") == 1
    assert value("rtnb_responses_total", status="completed", reason="none") == 1
    for name in ("rtnb_response_start_seconds", "rtnb_turn_first_audio_seconds"):
        assert value(f"{name}_count", trigger="client") == 1
    assert value("rtnb_response_first_output_seconds_count") == 1
    whole_s = value("rtnb_response_duration_seconds_sum", status="completed")
    assert 0 < value("rtnb_response_first_audio_seconds_sum") < whole_s
    assert value("rtnb_events_total", direction="in", type="input_audio_buffer.append") == 10
    assert value("rtnb_events_total", direction="in", type="unknown") == 1
    assert value("rtnb_events_total", direction="out", type="response.done") == 1
    assert value("rtnb_audio_seconds_total", direction="in") == pytest.approx(1.0, abs=0.01)
    spoken = done["usage"]["output_token_details"]["audio_tokens"]
    # Fifty milliseconds a token.
    assert value("rtnb_audio_seconds_total", direction="out") == pytest.approx(spoken * 0.05, abs=0.06)
    for modality in ("text", "audio"):
        counted = done["usage"]["output_token_details"][f"{modality}_tokens"]
        assert value("rtnb_tokens_total", purpose="response", direction="output", modality=modality) == counted
    assert value("rtnb_errors_total", code="response_cancel_not_active") == 1
    assert value("rtnb_worker_wait_seconds_count") > 0
    assert value("rtnb_worker_threads") >= 2 and value("rtnb_worker_jobs_waiting") == 0
    assert value("rtnb_voices_ready") == 1 and value("rtnb_draining") == 0 and value("rtnb_processes") == 1
    assert any(name == "rtnb_build_info" for name, _ in found) and value("process_open_fds") > 0


def test_tools_and_recognition_are_counted(watched: Any) -> None:
    brain = ScriptBrain.of({"rules": [{"on": "weather", "call": {"name": "look_up", "arguments": {}}}]})
    tools = [{"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}]
    server = watched(watchers=(Metrics(),), brain=brain)
    with Wire(server.url) as wire:
        heard = {"turn_detection": None, "transcription": {"model": "whisper-1"}}
        wire.update(tools=tools, audio={"input": heard}, output_modalities=["text"])
        wire.say("The weather?")
        wire.ask({"type": "response.create"}, "response.done")
        call = next(event["item"] for event in wire.seen if event["type"] == "response.output_item.done")
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "{}"}
        wire.ask({"type": "conversation.item.create", "item": output}, "conversation.item.done")
        wire.append(bytes(48 * 200))
        wire.send({"type": "input_audio_buffer.commit"})
        kind = "conversation.item.input_audio_transcription"
        ended = wire.until(f"{kind}.completed", f"{kind}.failed")["type"].rpartition(".")[2]
        assert server.value("rtnb_tool_calls_total", kind="function", outcome="requested") == 1
        assert server.value("rtnb_tool_calls_total", kind="function", outcome="answered") == 1
        assert server.value("rtnb_tool_call_duration_seconds_count", kind="function") == 1
        assert server.value("rtnb_recognition_seconds_count", outcome=ended) == 1


def test_refusals_are_counted_by_their_code(watched: Any) -> None:
    server = watched(watchers=(Metrics(open=True),), api_key="sesame")
    with Wire(server.url, key="wrong") as wire, pytest.raises(ConnectionClosed):
        while True:
            wire.next()
    assert server.get("/v1/models").status_code == 401
    assert server.get("/v1/models", Origin="https://evil.example").status_code == 403
    assert server.value("rtnb_refusals_total", status="close", code="invalid_api_key") == 1
    assert server.value("rtnb_refusals_total", status="403", code="forbidden") == 1
    assert server.value("rtnb_refusals_total", status="401", code="invalid_request_error") == 1


def test_labels_stay_within_bounds(watched: Any) -> None:
    server = watched(watchers=(Metrics(),))
    for model in ("gpt-realtime-made-up-1", "gpt-realtime-made-up-2"):
        with Wire(server.url, model=model) as wire:
            wire.next()
            for index in range(20):
                wire.send({"type": f"made.up.{index}"})
                wire.until("error")
    samples = server.samples()
    assert samples[("rtnb_sessions_opened_total", (("kind", "realtime"), ("model", "other"), ("shape", "ga")))] == 2
    assert "made.up" not in repr(samples) and "made-up" not in repr(samples)


def test_who_may_read_them(watched: Any) -> None:
    closed = watched(watchers=(Metrics(),), api_key="sesame")
    assert closed.get("/metrics").status_code == 401
    assert closed.get("/metrics", Authorization="Bearer sesame").status_code == 200
    assert closed.get("/metrics", Host="evil.example", Authorization="Bearer sesame").status_code == 403
    assert watched(watchers=(Metrics(open=True),), api_key="sesame").get("/metrics").status_code == 200
    told = watched(watchers=(Metrics(),)).get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert told.headers["content-type"].startswith("application/openmetrics-text") and told.text.endswith("# EOF\n")


def test_without_metrics_it_is_said_how_to_get_them(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = watched()
    answer = server.get("/metrics")
    assert answer.status_code == 501 and "--metrics on" in answer.json()["error"]["message"]
    monkeypatch.setattr("rtnb.server.web.rest.metrics_available", lambda: False)
    assert "rtnb[serve]" in server.get("/metrics").json()["error"]["message"]


def test_two_servers_in_one_process_do_not_mix(watched: Any) -> None:
    one, two = watched(watchers=(Metrics(),)), watched(watchers=(Metrics(),))
    with Wire(one.url) as wire:
        wire.next()
        assert one.value("rtnb_sessions_open", kind="realtime") == 1
        assert two.value("rtnb_sessions_open", kind="realtime") == 0


def test_metrics_travel_to_other_processes_empty() -> None:
    before = Metrics(open=True)
    before.start()
    after = pickle.loads(pickle.dumps(before))
    assert after.open and after._instruments is None


def test_names_follow_the_conventions_of_prometheus() -> None:
    made = Metrics()
    made.start()
    for family in text_string_to_metric_families(made.exposition("")[0].decode()):
        assert family.name.startswith(("rtnb_", "process_")) and family.documentation
        if family.name.startswith("rtnb_") and family.type == "histogram":
            assert family.name.endswith("_seconds")


WORKER = """
import sys
from rtnb.server import EmbeddedServer, Options
from rtnb.server.watch import Metrics
with EmbeddedServer(Options(api_key="sesame", watchers=(Metrics(open=True),))) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def test_two_processes_tell_their_sum(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "RTNB_VOICE": "tone"}
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER], env=environment, stdin=-1, stdout=-1, text=True)
        for _ in range(2)
    ]
    try:
        urls = [worker.stdout.readline().strip() for worker in workers if worker.stdout]

        def told(index: int) -> dict[tuple[str, str], float]:
            root = urls[index].replace("ws://", "http://").removesuffix("/v1/realtime")
            text = httpx.get(f"{root}/metrics", timeout=20, trust_env=False).text
            families = text_string_to_metric_families(text)
            return {(s.name, s.labels.get("kind", "")): s.value for f in families for s in f.samples}

        with Wire(urls[0], key="sesame") as one, Wire(urls[1], key="sesame") as two:
            one.next()
            two.next()
            for index in range(2):
                assert told(index)["rtnb_sessions_open", "realtime"] == 2
                assert told(index)["rtnb_processes", ""] == 2
        workers[1].communicate("", 20)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
            worker_ended(workers[1].pid)
        until(lambda: told(0)["rtnb_sessions_open", "realtime"] == 0)
        assert told(0)["rtnb_sessions_opened_total", "realtime"] == 2 and told(0)["rtnb_processes", ""] == 1
    finally:
        for worker in workers:
            worker.communicate("", 20)


def test_counting_needs_no_running_loop_but_to_begin() -> None:
    assert metrics.metrics_available()
    facts = Facts(session_id="sess_1", opening=Opening(model="gpt-realtime-2.1"))
    with pytest.raises(RuntimeError):
        Metrics().opened(facts)
    assert Options(watchers=(Metrics(),)).watchers


def test_what_a_client_does_not_take_is_told(watched: Any) -> None:
    server = watched(watchers=(Metrics(),))
    with Wire(server.url, max_queue=1, close_timeout=0.2) as wire:
        wire.update(audio={"input": {"turn_detection": None}})
        item = {"id": "item_large", "type": "message", "role": "user"}
        content = [{"type": "input_text", "text": "word " * 50_000}]
        wire.send({"type": "conversation.item.create", "item": {**item, "content": content}})
        for _ in range(100):
            wire.send({"type": "conversation.item.retrieve", "item_id": "item_large"})
        until(lambda: server.value("rtnb_outbox_bytes") > 250_000)
        assert server.value("rtnb_outbox_events") > 1
    until(lambda: server.value("rtnb_outbox_bytes") == 0)
