"""What a connection was opened for: known from its URL, its headers and its client secret before any event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb.protocol.session_config import SessionKind

__all__ = ["Opening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a session starts.

    Parameters
    ----------
    kind : {"realtime", "transcription"}
        What the connection is for.
    model : str
        The realtime model; empty for transcription.
    config : mapping
        A GA session patch to start from, as a client secret carries it; valid, and with nothing in it that only a
        server may set.
    beta : bool
        Whether the client speaks the beta shape. The session itself always speaks GA; the connection translates.
    deployments : bool
        Whether the client calls models by the names of its own deployments, as on Azure, which can be any.
    temperature : float, optional
        What a client secret of the beta carries; GA has no temperature, so it is only shown.

    Examples
    --------
    >>> Opening(model="gpt-realtime-2.1").kind
    'realtime'
    """

    kind: SessionKind = "realtime"
    model: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    beta: bool = False
    deployments: bool = False
    temperature: float | None = None
