"""What a connection is opened for, or why it is refused: decided from its URL and headers alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rtnb.protocol import Problem, UpdateRefused
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.problems import Refused
from rtnb.server.settings import opened
from rtnb.server.web import refusals
from rtnb.server.web.keys import Keyring, NoAccess, presented_key
from rtnb.server.web.models import default_model, is_realtime

__all__ = ["BETA_PROTOCOL", "Door", "Refusal", "admit", "refusal_of_settings", "speaks_beta"]

Door = Literal["openai", "azure", "azure-beta", "translations"]
"""The path that was called: ``/v1/realtime``, ``/openai/v1/realtime``, ``/openai/realtime``, ``.../translations``."""

NAMES_DEPLOYMENTS: Final = frozenset({"azure", "azure-beta"})
"""Where the name of a model is that of a deployment, which its owner chose."""

BETA_PROTOCOL = "openai-beta.realtime-v1"
BETA_HEADER = "realtime=v1"
"""How clients of the beta say so: in a subprotocol or in the header ``OpenAI-Beta`` (protocol of the API)."""

BAD_KEY = 3000
BAD_REQUEST = 4000
"""Close codes of the live service, after an ``error`` event, at connection time."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An ``error`` event, then a close; or, where `status` is set, an HTTP answer instead of a WebSocket.

    Parameters
    ----------
    problem : Problem
        What the event says.
    code : int
        Close code.
    status : int, optional
        HTTP status.
    retry_s : float, optional
        When the client may try again, as HTTP headers say it.
    """

    problem: Problem
    code: int = BAD_REQUEST
    status: int | None = None
    retry_s: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Of the HTTP answer.

        Examples
        --------
        >>> Refusal(Problem(None, "Too many.", None), status=429, retry_s=1.5).headers
        {'retry-after': '2', 'retry-after-ms': '1500'}
        """
        if self.retry_s is None:
            return {}
        return {"retry-after": str(math.ceil(self.retry_s)), "retry-after-ms": str(round(self.retry_s * 1000))}

    @property
    def reason(self) -> str:
        """The close reason: type and code of the error, as the live service gives it."""
        return ".".join(filter(None, (self.problem.type, self.problem.code)))


def speaks_beta(headers: Mapping[str, str], offered: Sequence[str] = ()) -> bool:
    """Whether a request asks for the beta shape.

    Examples
    --------
    >>> speaks_beta({"openai-beta": "realtime=v1"}), speaks_beta({}, ["realtime"])
    (True, False)
    """
    asked = [part.strip().lower() for part in headers.get("openai-beta", "").split(",")]
    return BETA_HEADER in asked or BETA_PROTOCOL in offered


def admit(
    *,
    door: Door,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    offered: Sequence[str],
    keyring: Keyring,
    options: Options,
) -> Opening | Refusal:
    """What the connection is for, or why there is none. Key first, then shape, then model.

    Parameters
    ----------
    door : Door
        The path that was called.
    headers, query : mapping
        Of the request; headers by lower-case name.
    offered : sequence of str
        Subprotocols.
    keyring : Keyring
        Knows who may in.
    options : Options
        Of the server.

    Examples
    --------
    >>> from rtnb.server.web.secrets import ClientSecrets
    >>> ring, options = Keyring("sesame", ClientSecrets()), Options()
    >>> query = {"model": "gpt-realtime-2.1"}
    >>> admit(door="openai", headers={}, query=query, offered=[], keyring=ring, options=options).code
    3000
    """
    azure = door in NAMES_DEPLOYMENTS
    # Azure takes its key in the query too, for browsers.
    access = keyring.check(presented_key(headers, offered) or (query.get("api-key") if azure else None) or None)
    if isinstance(access, NoAccess):
        # Azure was seen to answer HTTP 401 to a request without any key; a browser could not read that, and the
        # live service answers bad keys on the socket.
        status = 401 if access.absent and azure else None
        return Refusal(access.problem, BAD_KEY, status)
    if door == "translations":
        return Refusal(refusals.not_served("translation sessions", "Use /v1/realtime for conversations."))
    if "call_id" in query:
        return Refusal(refusals.not_served("calls, nor their side channels", "Open a session with ?model= instead."))
    beta = (door == "azure-beta" or speaks_beta(headers, offered)) and options.beta != "ignore"
    if beta and options.beta == "reject":
        return Refusal(refusals.beta_disabled())
    secret = access.secret
    model = query.get("model") or query.get("deployment") or ""
    if secret is not None:
        # What the secret's owner has set is not for its holder to change.
        if secret.kind == "transcription":
            return Opening(
                kind="transcription", config=secret.config, beta=beta, deployments=azure, temperature=secret.temperature
            )
        model = secret.model or model or default_model()
    elif query.get("intent") == "transcription":
        if model and door == "openai":
            return Refusal(refusals.model_for_transcription())
        return Opening(kind="transcription", beta=beta, deployments=azure)
    if not model:
        return Refusal(refusals.missing_model())
    if not azure and not is_realtime(model, strict=options.strict_models):
        return Refusal(refusals.unsupported_model(model))
    if secret is None:
        return Opening(model=model, beta=beta, deployments=azure)
    return Opening(model=model, config=secret.config, beta=beta, deployments=azure, temperature=secret.temperature)


def refusal_of_settings(opening: Opening, options: Options) -> Refusal | None:
    """Why no session can start from what the opening carries; None where one can.

    A client secret was minted for settings that were checked then; a prompt may have gone since.

    Parameters
    ----------
    opening : Opening
        What the connection is for.
    options : Options
        Of the server.

    Examples
    --------
    >>> refusal_of_settings(Opening(model="gpt-realtime-2.1", config={"instructions": "Be brief."}), Options())
    """
    if not opening.config:
        return None
    try:
        opened(options, opening)
    except (Refused, UpdateRefused) as refused:
        return Refusal(refused.problem)
    return None
