"""The client: connection, event log, conversation, turns, and the verbs of a session.

It never imports :mod:`rtnb.server`: client and server meet over a socket, as strangers would.
"""

from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.session.record.recording import Recording
from rtnb.session.registry import close_all, open_sessions
from rtnb.session.verbs.run import Run
from rtnb.session.verbs.turn import Turn

__all__ = ["AsyncSession", "Recording", "Run", "Session", "Turn", "close_all", "open_sessions"]
