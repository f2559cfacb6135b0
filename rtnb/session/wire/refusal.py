"""A server's first word, and what to say where it is no welcome."""

from __future__ import annotations

from collections.abc import Mapping

from rtnb.errors import RefusedError
from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.session.record.secrets import Secrets, header_secrets, without_parts
from rtnb.session.wire.connection import Connection
from rtnb.session.wire.endpoint import Endpoint

__all__ = ["GREETINGS", "refusal"]

GREETINGS = ("session.created", "transcription_session.created", "error")
"""Events that a connection may begin with."""


def refusal(endpoint: Endpoint, first: Event | None, connection: Connection) -> RefusedError:
    """The exception for a connection that began with an error, or ended without a word.

    Parameters
    ----------
    endpoint : Endpoint
        Where it went.
    first : Event or None
        The server's first word; None for none.
    connection : Connection
        Closed by now.
    """
    if first is None:
        said = f", saying '{connection.reason}'" if connection.reason else ""
        return RefusedError(
            f"{endpoint.address} closed the connection at once (code {connection.code}){said}.\n"
            "Is it a server of the Realtime API, and does its log say why?",
            close_code=connection.code,
        )
    error = first.body.get("error")
    error = error if isinstance(error, Mapping) else {}
    code = error.get("code")
    message = _without_keys(str(error.get("message") or "unknown error"), endpoint)
    # A missing key has a sentence and no code.
    about_key = code == "invalid_api_key" or message.startswith("Missing bearer")
    advice = "Pass key=... to rtnb.connect." if about_key else classify(error).advice
    return RefusedError(
        f"{endpoint.address} refused the session: {message}" + (f"\n{advice}" if advice else ""),
        code=code if isinstance(code, str) else None,
        close_code=connection.code,
    )


def _without_keys(message: str, endpoint: Endpoint) -> str:
    """What a server says, without the key that it was shown and without parts of it."""
    secrets = Secrets()
    secrets.hide(*filter(None, [endpoint.key]), *header_secrets(endpoint.headers))
    return without_parts(secrets.text(message))
