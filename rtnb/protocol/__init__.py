"""The Realtime protocol as data and pure functions: no I/O, no clock, no numpy.

- :mod:`~rtnb.protocol.envelope`: an event with its time, its direction and its audio kept apart
- :mod:`~rtnb.protocol.ids`: identifiers as the API shapes them
- :mod:`~rtnb.protocol.catalogue`: what every event may hold, generated from the ``openai`` package
- :mod:`~rtnb.protocol.rules`: what the live service asks of client events beyond that
- :mod:`~rtnb.protocol.validation`: refuses client events as the live service does
- :mod:`~rtnb.protocol.problems`: the codes and sentences of those refusals
- :mod:`~rtnb.protocol.defaults`: what members of a session mean when nobody set them
- :mod:`~rtnb.protocol.turn_detection`: server VAD and semantic VAD
- :mod:`~rtnb.protocol.session_config`: the effective session, and updates to it
- :mod:`~rtnb.protocol.beta`: the shape the protocol had before GA, to and from it
"""

from __future__ import annotations

from rtnb.protocol.problems import Problem
from rtnb.protocol.session_config import UpdateRefused, apply_update, default_session
from rtnb.protocol.turn_detection import (
    ResolvedSemanticVad,
    ResolvedServerVad,
    SemanticVad,
    ServerVad,
    turn_detection_of,
)
from rtnb.protocol.validation import check_client_event

__all__ = [
    "Problem",
    "ResolvedSemanticVad",
    "ResolvedServerVad",
    "SemanticVad",
    "ServerVad",
    "UpdateRefused",
    "apply_update",
    "check_client_event",
    "default_session",
    "turn_detection_of",
]
