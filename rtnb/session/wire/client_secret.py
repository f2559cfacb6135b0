"""Client secrets: keys that live for minutes and open sessions with settings of their own, to be given to a browser."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from rtnb.errors import ConfigError, RefusedError, UnreachableError
from rtnb.protocol.nesting import nested_too_deeply
from rtnb.protocol.session_config import SessionKind
from rtnb.session.config.keywords import DEFAULT_MODEL, session_patch
from rtnb.session.record.secrets import Secrets, header_secrets, without_parts
from rtnb.session.tools.toolbox import Toolbox
from rtnb.session.wire.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx

__all__ = ["ClientSecret", "client_secret", "client_secret_async"]

SHORTEST_S, DEFAULT_S, LONGEST_S = 10, 600, 7200
"""How long a secret may live (reference of ``POST /v1/realtime/client_secrets``: 10 to 7200, 600 if unstated)."""

TIMEOUT_S = 15.0
LAST_S = 253_402_300_800
"""The end of the year 9999 as Unix time, after which neither ``datetime`` nor any secret has a date."""


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class ClientSecret:
    """A key for one kind of session, for a short time. It is not shown; :attr:`value` gives it.

    In a browser, which cannot set headers of a WebSocket, it goes into the subprotocols::

        const socket = new WebSocket(url, ["realtime", "openai-insecure-api-key." + value]);
        socket.onmessage = (message) => console.log(JSON.parse(message.data).type);

    and over WebRTC it is the bearer key of ``POST /v1/realtime/calls``.

    Attributes
    ----------
    value : str
        The secret, which begins with ``ek_``.
    expires_at : int
        Unix time in seconds after which it opens no session; one that it opened goes on.
    session : mapping
        The session that it opens, as the server completed it, without what its MCP tools log in with.
    url : str
        Where to connect, ``ws://`` or ``wss://``, with the model.

    Examples
    --------
    >>> secret = ClientSecret(value="ek_abc123", expires_at=1795000000, session={}, url="wss://api.openai.com/v1/realtime")
    >>> secret
    <ClientSecret ek_…[hidden] for api.openai.com, until 2026-11-18 11:06:40 UTC>
    >>> secret.subprotocols()
    ['realtime', 'openai-insecure-api-key.ek_abc123']
    """

    value: str = field(repr=False)
    expires_at: int
    session: Mapping[str, Any]
    url: str

    @property
    def expires_in_s(self) -> float:
        """Seconds that are left to open a session; 0 when it is over."""
        return max(0.0, self.expires_at - time.time())

    def headers(self) -> dict[str, str]:
        """Headers that open a session with it."""
        return {"Authorization": f"Bearer {self.value}"}

    def subprotocols(self) -> list[str]:
        """WebSocket subprotocols that open a session with it, for clients that cannot set headers."""
        return ["realtime", f"openai-insecure-api-key.{self.value}"]

    def __repr__(self) -> str:
        try:
            until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.expires_at))
        except (OverflowError, OSError, ValueError):
            until = str(self.expires_at)
        return f"<ClientSecret ek_…[hidden] for {urlsplit(self.url).hostname}, until {until}>"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, ready to be sent."""

    endpoint: Endpoint
    url: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)


def client_secret(
    endpoint: Endpoint,
    *,
    model: str | None = None,
    expires_s: int = DEFAULT_S,
    settings: Mapping[str, Any] | None = None,
) -> ClientSecret:
    """Ask for a client secret.

    Parameters
    ----------
    endpoint : Endpoint
        Whose key asks for it.
    model : str, optional
        Of the session; of the transcription where ``session={"type": "transcription"}`` is among the settings.
    expires_s : int
        How many seconds it lives, 10 to 7200.
    settings : mapping, optional
        As keywords of ``connect``.

    Raises
    ------
    ConfigError
        Settings that cannot be meant, or that the server refuses.
    RefusedError
        The server does not give secrets to this key, or to anybody.
    UnreachableError
        Nobody answers at the address.
    """
    import httpx

    asked = _asked(endpoint, model, expires_s, settings or {})
    try:
        with httpx.Client(timeout=TIMEOUT_S, trust_env=not endpoint.loopback) as client:
            answer = client.post(asked.url, headers=asked.headers, json=asked.body)
    except Exception as error:
        raise _failed(asked, error) from None
    return _secret(asked, answer)


async def client_secret_async(
    endpoint: Endpoint,
    *,
    model: str | None = None,
    expires_s: int = DEFAULT_S,
    settings: Mapping[str, Any] | None = None,
) -> ClientSecret:
    """As :func:`client_secret`, on the running event loop."""
    import httpx

    asked = _asked(endpoint, model, expires_s, settings or {})
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=not endpoint.loopback) as client:
            answer = await client.post(asked.url, headers=asked.headers, json=asked.body)
    except Exception as error:
        raise _failed(asked, error) from None
    return _secret(asked, answer)


def rest_url(url: str) -> str:
    """Where the secrets of a WebSocket address are asked for.

    Examples
    --------
    >>> rest_url("wss://api.openai.com/v1/realtime?model=m")
    'https://api.openai.com/v1/realtime/client_secrets'
    >>> rest_url("ws://127.0.0.1:8765/v1/realtime/")
    'http://127.0.0.1:8765/v1/realtime/client_secrets'
    """
    parts = urlsplit(url)
    # The name of a model or an intent belong to the session; other members, such as a version, to the server.
    query = "&".join(each for each in parts.query.split("&") if each and each.split("=")[0] not in ("model", "intent"))
    scheme = "https" if parts.scheme == "wss" else "http"
    return parts._replace(
        scheme=scheme, path=f"{parts.path.rstrip('/')}/client_secrets", query=query, fragment=""
    ).geturl()


def _asked(endpoint: Endpoint, model: str | None, expires_s: int, settings: Mapping[str, Any]) -> _Asked:
    if isinstance(expires_s, bool) or not isinstance(expires_s, int) or not SHORTEST_S <= expires_s <= LONGEST_S:
        raise ConfigError(
            f"expires_s is a whole number of seconds from {SHORTEST_S} to {LONGEST_S}, not {expires_s!r}."
        )
    whole = settings.get("session")
    stated = whole.get("type") if isinstance(whole, Mapping) else None
    kind: SessionKind = "transcription" if stated == "transcription" else "realtime"
    given = dict(settings)
    if given.get("tools") is not None:
        given["tools"] = Toolbox(given["tools"]).wire()
    session = session_patch(given, kind=kind)
    if kind == "realtime":
        _agree(model, session.get("model"), 'session["model"]')
        session.setdefault("model", model or DEFAULT_MODEL)
    elif model is not None:
        heard = session.setdefault("audio", {}).setdefault("input", {})
        known = heard.get("transcription") or {}
        _agree(model, known.get("model"), "that of the transcription")
        heard["transcription"] = {**known, "model": model}
    headers = {str(name): str(value) for name, value in endpoint.headers.items()}
    if endpoint.key is not None and "authorization" not in {name.lower() for name in headers}:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    body = {"expires_after": {"anchor": "created_at", "seconds": expires_s}, "session": session}
    return _Asked(endpoint, rest_url(endpoint.url), headers, body)


def _agree(model: str | None, other: object, where: str) -> None:
    if model is not None and other is not None and model != other:
        raise ConfigError(f"model={model!r} and {where}, {other!r:.80}, cannot both be meant: leave one of them out.")


def _failed(asked: _Asked, error: Exception) -> Exception:
    """What to raise when there is no answer. The errors of HTTP libraries may quote headers, so none is quoted here."""
    import httpx

    where = asked.endpoint.address
    if isinstance(error, httpx.TimeoutException):
        return UnreachableError(
            f"{where} does not answer in {TIMEOUT_S:.0f} s.\nIs the server busy, or the network slow?"
        )
    if isinstance(error, httpx.LocalProtocolError | UnicodeError | ValueError | TypeError | httpx.InvalidURL):
        return ConfigError(
            "The request for a client secret cannot be written: the key, a header or a setting holds something that "
            "HTTP or JSON cannot carry, such as a line break or NaN."
        )
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return RefusedError(
            f"{where} answers, but with something that is not HTTP, or with no answer at all "
            f"({type(error).__name__}).\nClient secrets are asked for by POST {_path(asked.url)}: is that the address "
            "of a Realtime API, and does it offer them?"
        )
    if isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return UnreachableError(
            f"{where} closed the connection before it answered ({type(error).__name__}).\nIs that the address of a "
            "Realtime API? If it is, try again."
        )
    if isinstance(error, httpx.ConnectError) and _encrypted(error):
        return UnreachableError(
            f"No encrypted connection to {where} can be made: its certificate is not trusted here, or it does not "
            "speak TLS.\nUse ws:// for a server without encryption, and look at the system's certificates and clock."
        )
    if isinstance(error, httpx.HTTPError):
        return UnreachableError(
            f"Nobody answers at {where} ({type(error).__name__}).\nIs the server running, is the address right, and "
            "does the network let you out?"
        )
    return error


def _encrypted(error: BaseException) -> bool:
    """Whether it is TLS that failed."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _path(url: str) -> str:
    return urlsplit(url).path


def _secret(asked: _Asked, answer: httpx.Response) -> ClientSecret:
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        found = None
    if answer.status_code >= 300:
        raise _refused(asked, answer.status_code, found)
    value = found.get("value") if isinstance(found, dict) else None
    expires_at = found.get("expires_at") if isinstance(found, dict) else None
    if (
        not isinstance(value, str)
        or not value
        or isinstance(expires_at, bool)
        or not isinstance(expires_at, int | float)
    ):
        raise RefusedError(
            f"{asked.endpoint.address} answers, but not with a client secret.\nIs that the address of a Realtime API?",
            close_code=answer.status_code,
        )
    if not 0 <= expires_at < LAST_S:  # infinity and NaN are numbers, too
        raise RefusedError(
            f"{asked.endpoint.address} gives a client secret that expires at {expires_at!s:.40}, which is no Unix "
            "time in seconds.\nThe secret is not used; the server should be mended.",
            close_code=answer.status_code,
        )
    session = found.get("session")
    return ClientSecret(
        value=value,
        expires_at=int(expires_at),
        session=_without_secrets(asked, session) if isinstance(session, dict) else {},
        url=_session_url(asked),
    )


def _session_url(asked: _Asked) -> str:
    """Where the secret opens a session, without what may be secret in the endpoint's own address."""
    session = asked.body["session"]
    query = (
        "intent=transcription"
        if session["type"] == "transcription"
        else f"model={quote(str(session['model']), safe='')}"
    )
    return f"{asked.endpoint.address}?{query}"


def _secrets(asked: _Asked) -> Secrets:
    known = Secrets()
    known.hide(*(value for value in (asked.endpoint.key, *header_secrets(asked.headers)) if value))
    return known


def _without_secrets(asked: _Asked, session: dict[str, Any]) -> dict[str, Any]:
    if nested_too_deeply(session):
        return {}
    cleaned: dict[str, Any] = _secrets(asked).clean({"session": session})["session"]
    return cleaned


def _refused(asked: _Asked, status: int, found: object) -> Exception:
    error = found.get("error") if isinstance(found, dict) else None
    error = error if isinstance(error, dict) else {}
    known = _secrets(asked)
    said = without_parts(known.text(str(error.get("message") or f"HTTP status {status}")))
    code = error.get("code")
    code = code if isinstance(code, str) else None
    where = asked.endpoint.address
    if status in (400, 413, 422):
        return ConfigError(f"{where} refuses the settings of the client secret: {said}")
    advice = {
        401: "The key is missing or wrong; check it, or pass key=. A client secret cannot ask for another.",
        403: "The key may not ask for client secrets; check the rights of its project.",
        404: "There are no client secrets at that address; the Realtime API is at /v1/realtime.",
        405: "There are no client secrets at that address; the Realtime API is at /v1/realtime.",
        429: "Too many were asked for, or the account's quota is used up; wait a little.",
    }.get(status, "The server is in trouble; try again." if status >= 500 else "Check the address.")
    return RefusedError(f"{where} gives no client secret: {said}\n{advice}", code=code, close_code=status)
