"""Which endpoint a word means: the only module that knows both client and server."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rtnb.errors import ConfigError
from rtnb.protocol.url_secrets import url_without_secrets
from rtnb.session.live import deciding
from rtnb.session.wire.endpoint import Endpoint, openai_endpoint, url_endpoint
from rtnb.session.wire.place import FixedPlace, Place, Progress

if TYPE_CHECKING:
    from rtnb.server import EmbeddedServer
    from rtnb.server.local import LocalServer

__all__ = ["LABEL", "named_endpoint", "place_of"]

ENDPOINT_VARIABLE = "RTNB_ENDPOINT"

LABEL = "embedded server"

SERVER_SETTINGS = frozenset(
    {"detector", "ear", "faults", "latency_ms", "mcp", "prompts", "realtime_factor", "session_s", "tts"}
)
"""What belongs to :class:`rtnb.LocalServer`, kept here so that nobody who connects elsewhere imports a server."""


class _LocalPlace:
    """The embedded server, started when it is needed."""

    def __init__(self, settings: LocalServer | None) -> None:
        self._settings = settings
        self._server: EmbeddedServer | None = None

    def open(self) -> Endpoint:
        from rtnb.server.local import LocalServer, shared_servers

        settings = LocalServer() if self._settings is None else self._settings
        self._server = shared_servers().acquire(settings)
        return Endpoint(url=self._server.url, label=LABEL, key=self._server.key)

    def warm(self, progress: Progress) -> None:
        if self._server is not None:
            self._server.wait_warm(progress)

    def notes(self) -> tuple[str, ...]:
        return () if self._server is None else self._server.missing()

    def close(self) -> None:
        from rtnb.server.local import shared_servers

        if self._server is not None:
            server, self._server = self._server, None
            shared_servers().release(server)


def place_of(
    endpoint: str | None,
    key: str | None,
    headers: Mapping[str, str] | None,
    settings: Mapping[str, Any],
    *,
    brain: Any = None,
    server: LocalServer | None = None,
) -> Place:
    for name in settings:
        if name in SERVER_SETTINGS:
            raise ConfigError(
                f"{name} is a setting of the embedded server, not of a session: "
                f"connect(server=rtnb.LocalServer({name}=...))."
            )
    chosen = named_endpoint(endpoint)
    if chosen == "local":
        if key is not None or headers:
            raise ConfigError("The embedded server takes no key and no headers; it makes its own key.")
        return _LocalPlace(_local(brain, server))
    for name, given in (("brain", brain), ("server", server)):
        if given is not None:
            where = "" if endpoint is not None else f", which {ENDPOINT_VARIABLE} names,"
            raise ConfigError(
                f"{name}= sets up the embedded server, and {_shown(chosen)}{where} is another one: leave it out, or "
                "connect to 'local'."
            )
    if chosen == "openai":
        return FixedPlace(openai_endpoint(key=key, headers=headers, ask=_asked))
    return FixedPlace(url_endpoint(chosen, key=key, headers=headers))


def named_endpoint(endpoint: str | None) -> str:
    """What was asked for, or what the environment names: ``"local"``, ``"openai"`` or an address."""
    return endpoint if endpoint is not None else os.environ.get(ENDPOINT_VARIABLE) or "local"


def _asked(prompt: str) -> str:
    """Ask for a key, where somebody can answer without everybody seeing it."""
    if deciding(blocked=True) == "none":
        raise EOFError
    return getpass.getpass(prompt)


def _shown(endpoint: str) -> str:
    return repr(url_without_secrets(endpoint))


def _local(brain: Any, server: LocalServer | None) -> LocalServer | None:
    if brain is None and server is None:
        return None
    from rtnb.server.local import LocalServer

    if server is None:
        return LocalServer(brain=brain)
    if not isinstance(server, LocalServer):
        raise ConfigError(f"server= takes a rtnb.LocalServer, not {type(server).__name__}.")
    if brain is not None:
        raise ConfigError("Give the brain once: as brain=, or as rtnb.LocalServer(brain=...).")
    return server
