"""The official ``openai`` package, synchronous, as a telephone: G.711 both ways."""

from __future__ import annotations

from support.interop import Client

CLIENT = Client(environment="", program="openai_sync.py")


def test_telephone_turn(run):
    talk = run("audio")
    assert "capital of france" in talk["heard"].lower()
    assert "Paris" in talk["said"]
    assert 0.8 < talk["seconds"] < 6
