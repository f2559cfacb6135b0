"""The commands that run something, in processes of their own."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.wire import Wire

import rtnb
from rtnb.cli.running import add_to


def shell(*arguments: str, timeout: float = 100, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rtnb", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
    )


@pytest.mark.local
def test_demo_prints_the_table_and_writes_recording_and_page(tmp_path: Path) -> None:
    done = shell("demo", "--folder", str(tmp_path), COLUMNS="140")
    assert done.returncode == 0, done.stderr
    table = done.stdout
    rows = [line.split("│") for line in table.splitlines() if line.count("│") > 5]
    heard = " ".join(" ".join(row[1].strip() for row in rows).split())
    answered = " ".join(" ".join(row[2].strip() for row in rows).split())
    assert "What is server VAD?" in heard and "What is the weather in Paris?" in heard and "turns in total" in heard
    assert "Server VAD ends your turn by silence" in answered and "weather in Paris" in answered
    assert re.search(r"0\.\d\d s", table) and re.search(r"\$0\.0\d+", table) and "speech end → first audio" in table
    assert "[100%] done" in done.stderr
    page = (tmp_path / "demo.html").read_text()
    assert page.count("<audio") >= 4
    loads_nothing = "<script" not in page and not re.search(r"(src|href)=.https?:", page)
    assert loads_nothing
    recorded = rtnb.replay(tmp_path / "demo.rtnb")
    assert len(recorded.turns) >= 4
    assert recorded.turns[1].user_text == "What is the weather in Paris?"


def test_the_light_stack_answers_in_text_and_tones_and_says_what_is_missing(tmp_path: Path) -> None:
    code = (
        "import rtnb\n"
        "with rtnb.connect() as s:\n"
        "    t = s.ask('What is 6 times 7?'); print(t.text, t.audio.duration_s > 0.2, t.audio.peak > 0.05)\n"
        "    t = s.ask(rtnb.sample('weather_question')); print(repr(t.transcript), t.text)\n"
        "    print(s.view().notes)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "RTNB_VOICE": "tone"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    first, second, notes = done.stdout.splitlines()
    assert "42" in first and first.endswith("True True")
    assert second.startswith("''") and "local" in second
    assert "plain tones" in notes


@contextmanager
def serving(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server in a process of its own, and what its ready file says."""
    ready = folder / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "RTNB_VOICE": "tone", **environment},
    )
    try:
        for _ in range(400):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        assert ready.exists(), process.communicate()[0]
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_serve_runs_alone_and_ends_when_told(tmp_path: Path, number: signal.Signals, status: int) -> None:
    with serving(tmp_path, "--api-key", "sesame") as (process, facts):
        assert facts["pid"] == process.pid and facts["url"] == f"ws://127.0.0.1:{facts['port']}/v1/realtime"
        with Wire(facts["url"], key="sesame") as wire:
            assert wire.next()["type"] == "session.created"
            process.send_signal(number)
            assert wire.closing() == (1001, "The server is shutting down.")
        output, _ = process.communicate(timeout=30)
        assert process.returncode == status, output
    line, *rest = output.splitlines()
    assert facts["url"] in line and "with the key that it was given" in line
    assert all(told.startswith("rtnb: ") for told in rest) and any("plain tones" in told for told in rest)
    assert "sesame" not in output and "Traceback" not in output
    assert not (tmp_path / "ready.json").exists()


def test_serve_takes_its_key_from_the_environment_and_limits_from_options(tmp_path: Path) -> None:
    options = ("--sessions", "1", "--beta", "reject", "--strict-models", "--session-minutes", "0.02")
    with serving(tmp_path, *options, RTNB_API_KEY="sesame") as (_, facts):
        with Wire(facts["url"], key="other") as wire:
            assert wire.next()["error"]["code"] == "invalid_api_key"
        with Wire(facts["url"], key="sesame", headers={"OpenAI-Beta": "realtime=v1"}) as wire:
            assert wire.next()["error"]["code"] == "beta_api_shape_disabled"
        with Wire(facts["url"], key="sesame", model="gpt-realtime-9") as wire:
            assert wire.next()["error"]["code"] == "invalid_model"
        with Wire(facts["url"], key="sesame") as first, Wire(facts["url"], key="sesame") as second:
            assert first.next()["type"] == "session.created"
            assert second.next()["error"]["code"] == "session_limit_exceeded"
            assert first.until("error")["error"]["code"] == "session_expired"


def test_serve_takes_a_brain_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "brain.py").write_text(
        "from rtnb.server.brains import Say\nasync def brain(request):\n    yield Say('Forty-two.')\n"
    )
    options = ("--brain", f"{tmp_path / 'brain.py'}:brain", "--realtime-factor", "0", "--tokens-per-minute", "77000")
    with serving(tmp_path, *options) as (_, facts), Wire(facts["url"]) as wire:
        wire.next()
        wire.say("What is the answer?")
        wire.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
        output = wire.until("response.done")["response"]["output"]
        wire.until("rate_limits.updated")
    rates = next(event["rate_limits"] for event in wire.seen if event["type"] == "rate_limits.updated")
    assert {rate["name"]: rate["limit"] for rate in rates}["tokens"] == 77_000
    assert output[0]["content"][0]["text"] == "Forty-two."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--host", "0.0.0.0"), "--api-key"),
        (("--port", "70000"), "a port is a number"),
        (("--latency-ms", "-1"), "a number from 0"),
        (("--realtime-factor", "nan"), "a number from 0"),
        (("--session-minutes", "0"), "a number above 0"),
        (("--sessions", "none"), "a whole number"),
        (("--tokens-per-minute", "0"), "a whole number"),
        (("--tier", "gold"), "'gold' is no tier"),
        (("--beta", "maybe"), "invalid choice"),
        (("--brain", "script:nowhere.yaml"), "nowhere.yaml"),
        (("--brain", "mine.py"), "name the callable: mine.py:answer"),
        (("--prompts", "nowhere"), "'nowhere' is none"),
        (
            ("--ready-file", "nowhere/ready.json"),
            "--ready-file cannot be written: the folder of 'nowhere/ready.json' does not exist.",
        ),
        (("--ready-file", "."), "--ready-file takes a file, and '.' is a folder."),
        (("--host", ""), "--host: this takes an address to listen on"),
        (("--api-key", ""), "--api-key: the key is empty"),
        (("--api-key", " "), "--api-key: the key is empty"),
    ],
)
def test_what_serve_cannot_do_is_said_in_a_line(arguments: tuple[str, ...], told: str) -> None:
    done = shell("serve", "--port", "0", *arguments, RTNB_API_KEY="")
    assert done.returncode in (1, 2) and told in done.stderr.splitlines()[-1], done.stderr
    assert "Traceback" not in done.stderr


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers())
    return parser.parse_args(["serve", *arguments])


@pytest.mark.parametrize(
    "name", ["https://hub.example.org", "hub.example.org/", "hub.example.org:80", "", "a b", "::1"]
)
def test_a_host_that_no_client_could_name_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--allow-host", name)
    assert f"without scheme, slash or port, not '{name}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "origin", ["hub.example.org", "//hub.example.org", "https://", "https://hub.example.org/lab", "", "null", "*"]
)
def test_an_origin_that_no_page_could_have_is_refused(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--allow-origin", origin)
    assert f"such as https://hub.example.org, not '{origin}'" in capsys.readouterr().err


def test_hosts_and_origins_that_are_such_are_taken() -> None:
    hosts, origins = (
        ("hub.example.org", "my_box", "[::1]", "10.0.0.7"),
        ("https://a.org:8443", "http://[::1]:1", "x-y://z"),
    )
    given = [f"--allow-host={host}" for host in hosts] + [f"--allow-origin={origin}" for origin in origins]
    options = parsed(*given, "--host", "::1", "--api-key", "k")
    assert (tuple(options.allow_host), tuple(options.allow_origin)) == (hosts, origins)
    assert (options.host, options.api_key) == ("::1", "k")


def test_the_help_of_serve_says_how_to_use_it() -> None:
    text = " ".join(shell("serve", "--help").stdout.split())
    for word in (
        "--ready-file",
        "RTNB_API_KEY",
        "SIGTERM",
        "ws://127.0.0.1:8765/v1/realtime",
        "--events-per-second",
        "--tokens-per-minute",
        "which hold {{name}}",
        'README under "Scenarios"',
    ):
        assert word in text


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shell("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr and "in use" in done.stderr


def test_an_unknown_command_lists_the_commands() -> None:
    done = shell("sing")
    assert done.returncode == 2 and "demo" in done.stderr


def test_a_folder_that_is_a_file_and_a_port_that_is_none_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    for arguments in (("demo", "--folder", str(tmp_path / "taken")), ("serve", "--port", "99999")):
        done = shell(*arguments)
        assert done.returncode != 0 and "Traceback" not in done.stderr and done.stderr.strip()
