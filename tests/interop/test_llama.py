"""A real language model behind the voice: llama.cpp's server with SmolLM2 of 135 million parameters, on the CPU."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
from support.interop import Client

import rtnb
from rtnb.speech import shared_loader

INSTRUCTIONS = "You are a friendly assistant. Answer in one short sentence."


@pytest.fixture(scope="module")
def model() -> Iterator[rtnb.ChatBrain]:
    """The brain that asks it. It answers the same each time, and not always well."""
    server = subprocess.Popen(
        Client(environment="llama", program="llama_server.py").command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None and server.stdin is not None
    try:
        address = server.stdout.readline().strip()
        assert address.startswith("http://"), f"llama.cpp ended with {server.wait(10)}"
        yield rtnb.ChatBrain(url=f"{address}/v1", model="SmolLM2-135M-Instruct", temperature=0)
    finally:
        server.stdin.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def test_it_is_asked_by_voice_and_answers_by_voice(model: rtnb.ChatBrain) -> None:
    with rtnb.connect("local", brain=model, instructions=INSTRUCTIONS) as session:
        spoken = session.ask(rtnb.sample("weather_question"), show=False)
        capital = session.ask("What is the capital of France?", show=False)
    assert spoken.status == capital.status == "completed", (spoken.error, capital.error)
    assert spoken.text and spoken.audio is not None
    assert "Paris" in capital.text
    heard = shared_loader().result().recognizer.transcribe(capital.audio.samples, capital.audio.rate_hz)
    assert "paris" in heard.text.lower()


def test_an_interruption_leaves_it_free_for_the_next_question(model: rtnb.ChatBrain) -> None:
    with rtnb.connect("local", brain=model, modalities=["text"]) as session:
        long = session.send("Count from one to five hundred, in words, with a sentence about each number.", show=False)
        end_s = time.monotonic() + 30
        while not long.text:
            assert time.monotonic() < end_s, "not a word in half a minute"
            time.sleep(0.02)
        session.interrupt()
        assert long.wait(30).status == "cancelled"
        assert session.ask("What is the capital of France?", show=False, timeout=30).status == "completed"
