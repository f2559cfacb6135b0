"""``rtnb serve`` with two workers: one /metrics for both, JSON lines of both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from support.wire import Wire


def test_a_service_of_two_workers_is_seen_as_one(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready), "--workers", "2"]
    command += ["--metrics", "on", "--log-format", "json", "--log-level", "info", "--api-key", "sesame"]
    environment = os.environ | {"RTNB_VOICE": "tone"}
    environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
    with (tmp_path / "log").open("w") as log:
        served = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log)
    try:
        end = time.monotonic() + 60
        while not ready.exists():
            assert served.poll() is None and time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.02)
        url: str = json.loads(ready.read_text())["url"]
        root = url.replace("ws://", "http://").removesuffix("/v1/realtime")

        def get(path: str) -> httpx.Response:
            return httpx.get(root + path, headers={"Authorization": "Bearer sesame"}, timeout=20, trust_env=False)

        def value(name: str) -> float:
            families = text_string_to_metric_families(get("/metrics").text)
            return sum(sample.value for family in families for sample in family.samples if sample.name == name)

        with ExitStack() as stack:
            for _ in range(6):
                stack.enter_context(Wire(url, key="sesame")).next()
            assert value("rtnb_sessions_open") == value("rtnb_sessions_opened_total") == 6
            assert value("rtnb_processes") >= 1
            health: dict[str, Any] = get("/healthz").json()
            assert health["worker"] in (1, 2) and health["sessions"] <= 6
        while value("rtnb_sessions_closed_total") < 6:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert value("rtnb_sessions_open") == 0
        served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0
    finally:
        if served.poll() is None:
            served.kill()
            served.wait(20)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    opened = [line for line in lines if line["message"] == "session opened"]
    assert len({line["session"] for line in opened}) == 6 and {line["worker"] for line in opened} <= {"1", "2"}
    assert sum(line["message"] == "session closed" for line in lines) == 6
    assert "sesame" not in (tmp_path / "log").read_text()
