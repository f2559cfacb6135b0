"""Helpers for tests of code that talks to a realtime voice model; each is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.testing.checking import CheckReport, check_folder
    from rtnb.testing.recorder import FolderRecorder
    from rtnb.testing.scripted import Close, Handshake, ScriptedServer, greeting
    from rtnb.testing.server import RtnbServer
    from rtnb.testing.session_log import McpCall, SessionLog, ToolCall
    from rtnb.testing.waiting import AsyncWaits

_HOMES = {
    "AsyncWaits": "waiting",
    "CheckReport": "checking",
    "Close": "scripted",
    "FolderRecorder": "recorder",
    "Handshake": "scripted",
    "McpCall": "session_log",
    "RtnbServer": "server",
    "ScriptedServer": "scripted",
    "SessionLog": "session_log",
    "ToolCall": "session_log",
    "check_folder": "checking",
    "greeting": "scripted",
}

__all__ = [
    "AsyncWaits",
    "CheckReport",
    "Close",
    "FolderRecorder",
    "Handshake",
    "McpCall",
    "RtnbServer",
    "ScriptedServer",
    "SessionLog",
    "ToolCall",
    "check_folder",
    "greeting",
]

# Type checkers read the imports above, and tell of names that are not there.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
