"""Helpers for tests of code that talks to a realtime voice model."""

from rtnb.testing.scripted import Close, Handshake, ScriptedServer, greeting

__all__ = ["Close", "Handshake", "ScriptedServer", "greeting"]
