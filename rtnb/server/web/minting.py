"""Client secrets for the asking: the body of a request, checked, and the answer to it. Pure but for its nonce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtnb.protocol import UpdateRefused, check_client_event
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_objects import session_from_beta, session_to_beta
from rtnb.protocol.beta_problems import check_beta_session, problem_to_beta
from rtnb.protocol.problems import out_of_range, unknown, wrong_type, wrong_value
from rtnb.protocol.rules import Range, client_rules
from rtnb.protocol.session_config import SessionKind
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.problems import Refused
from rtnb.server.settings import opened
from rtnb.server.web import refusals
from rtnb.server.web.bodies import BadRequest
from rtnb.server.web.models import default_model, is_realtime
from rtnb.server.web.secrets import (
    DEFAULT_TTL_S,
    LONGEST_TTL_S,
    SHORTEST_TTL_S,
    ClientSecrets,
    ConfigTooLarge,
)

__all__ = ["mint", "mint_beta"]

Json = dict[str, Any]

BETA_TTL_S = 60
"""How long a secret of the beta's endpoints is valid (reference of ``POST /v1/realtime/sessions``)."""

NOT_CONFIG = frozenset({"type", "model", "client_secret"})
"""Members of a session that are no settings."""


BETA_NOT_CONFIG = frozenset({"client_secret", "expires_at", "id", "object"})
"""Members of a flat session that a client may send back and that are no settings."""


def mint(body: Mapping[str, Any], secrets: ClientSecrets, options: Options, *, azure: bool = False) -> Json:
    """The answer to ``POST /v1/realtime/client_secrets``.

    Parameters
    ----------
    body : mapping
        Of the request.
    secrets : ClientSecrets
        What makes the secret.
    options : Options
        Of the server.
    azure : bool
        Whether it came on a path of Azure's, where a model is the name of a deployment.

    Raises
    ------
    BadRequest
        The body is none that the API takes.

    Examples
    --------
    >>> body = {"session": {"type": "realtime", "model": "gpt-realtime-2.1", "instructions": "Be brief."}}
    >>> answer = mint(body, ClientSecrets(), Options())
    >>> sorted(answer), answer["session"]["instructions"]
    (['expires_at', 'session', 'value'], 'Be brief.')
    """
    for name in body:
        if name not in ("expires_after", "session"):
            raise BadRequest(unknown(name))
    ttl_s = _ttl_s(body.get("expires_after"), "expires_after", DEFAULT_TTL_S)
    wanted = body.get("session")
    if wanted is None:
        wanted = {"type": "realtime"}
    if (problem := check_client_event({"type": "session.update", "session": wanted})) is not None:
        raise BadRequest(problem)
    session, config = _effective(wanted, options, azure=azure)
    value, expires_at = _minted(session, config, ttl_s, secrets)
    return {"value": value, "expires_at": expires_at, "session": session}


def mint_beta(
    body: Mapping[str, Any], kind: SessionKind, secrets: ClientSecrets, options: Options, *, azure: bool = False
) -> Json:
    """The answer to ``POST /v1/realtime/sessions`` or ``.../transcription_sessions``, in the beta's flat shape.

    Parameters
    ----------
    body : mapping
        Of the request.
    kind : {"realtime", "transcription"}
        Which of the two it was.
    secrets : ClientSecrets
        What makes the secret.
    options : Options
        Of the server.
    azure : bool
        Whether it came on a path of Azure's, where a model is the name of a deployment.

    Raises
    ------
    BadRequest
        The body is none that the beta takes.
    """
    after = body.get("client_secret")
    if after is not None and not isinstance(after, dict):
        raise BadRequest(wrong_type("client_secret", "an object", after))
    ttl_s = _ttl_s((after or {}).get("expires_after"), "client_secret.expires_after", BETA_TTL_S)
    flat = {name: value for name, value in body.items() if name not in BETA_NOT_CONFIG}
    try:
        if (problem := check_beta_session(flat, kind=kind)) is not None:
            raise BadRequest(problem)
        wanted = {**session_from_beta(flat, kind=kind), "type": kind}
        if (problem := check_client_event({"type": "session.update", "session": wanted})) is not None:
            raise BadRequest(problem)
        session, config = _effective(wanted, options, azure=azure)
    except BadRequest as refused:
        raise BadRequest(problem_to_beta(refused.problem, flat=True), refused.status) from None
    temperature = body.get("temperature", beta_data().temperature)
    value, expires_at = _minted(session, config, ttl_s, secrets, temperature)
    shown = session_to_beta(session, temperature=temperature)
    return {**shown, "client_secret": {"value": value, "expires_at": expires_at}}


def _ttl_s(after: Any, path: str, otherwise: int) -> int:
    if after is None:
        return otherwise
    if not isinstance(after, dict):
        raise BadRequest(wrong_type(path, "an object", after))
    for name in after:
        if name not in ("anchor", "seconds"):
            raise BadRequest(unknown(f"{path}.{name}"))
    anchor, seconds = after.get("anchor", "created_at"), after.get("seconds", otherwise)
    if anchor != "created_at":
        raise BadRequest(wrong_value(f"{path}.anchor", str(anchor), ["created_at"]))
    if type(seconds) is not int:
        raise BadRequest(wrong_type(f"{path}.seconds", "an integer", seconds))
    problem = out_of_range(seconds, Range(SHORTEST_TTL_S, LONGEST_TTL_S), "integer", f"{path}.seconds")
    if problem is not None:
        raise BadRequest(problem)
    return seconds


def _effective(wanted: Mapping[str, Any], options: Options, *, azure: bool) -> tuple[Json, Json]:
    """The session that the secret will open, and the patch that makes it of a new one."""
    kind: SessionKind = wanted["type"]
    model = "" if kind == "transcription" else wanted.get("model") or default_model()
    if kind == "realtime" and not azure and not is_realtime(model, strict=options.strict_models):
        raise BadRequest(refusals.unsupported_model(model))
    server_members = client_rules().server_members["RealtimeSessionCreateRequestParam"]
    left_out = NOT_CONFIG | set(server_members)
    config = {name: value for name, value in wanted.items() if name not in left_out}
    try:
        session = opened(options, Opening(kind=kind, model=model, config=config, deployments=azure)).config
    except (Refused, UpdateRefused) as refused:
        raise BadRequest(refused.problem) from None
    # It has not begun: its end is not known yet.
    return {**session, "expires_at": 0}, config


def _minted(
    session: Json, config: Json, ttl_s: int, secrets: ClientSecrets, temperature: float | None = None
) -> tuple[str, int]:
    try:
        value, secret = secrets.mint(
            ttl_s=ttl_s,
            kind=session["type"],
            model=session.get("model") or "",
            config=config,
            temperature=temperature,
        )
    except ConfigTooLarge as large:
        problem = (refusals.secret_too_large if large.packed else refusals.body_too_large)(large.limit_bytes)
        raise BadRequest(problem, 413) from None
    return value, secret.expires_at
