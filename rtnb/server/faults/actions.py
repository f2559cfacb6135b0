"""What a failure does, once it is its time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from rtnb.protocol import Problem
from rtnb.server.brains.scenario import Node

__all__ = [
    "ACTIONS",
    "CONNECT",
    "Action",
    "Delay",
    "Drop",
    "Error",
    "Expire",
    "Fail",
    "Garbage",
    "GarbageKind",
    "Numbers",
    "Refuse",
]

_CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")

CONNECT: Final = "connect"
"""In place of an event's type: the handshake."""

GarbageKind = Literal["half_json", "not_an_object", "unknown_event", "huge", "duplicate", "swapped", "binary"]
RateLimit = Literal["response", "error", "handshake", "numbers"]

SERVER_ERROR: Final = (
    "The server had an error while processing your request. Sorry about that! We recommend you retry your request."
)
"""How the live service begins and ends that sentence (openai/openai-python#2352)."""

OVERLOADED: Final = "The server is overloaded or not ready yet."
"""Of HTTP status 503 (error codes of the API's documentation)."""

HUGE_BYTES: Final = 2 * 2**20
"""Above the 1 MiB that the ``websockets`` package takes by default."""

LOWEST_CLOSE, HIGHEST_CLOSE = 1000, 4999
UNSENDABLE: Final = frozenset({1004, 1005, 1006, 1015})
"""Close codes that no frame may carry (RFC 6455, section 7.4.1)."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection ends: cut off, or where `code` is set closed with it."""

    code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """The event comes later, and whatever is behind it too; for ever if `ms` is infinite."""

    ms: float
    jitter_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Error:
    """An ``error`` event in place of what the client event asks for, or beside it."""

    problem: Problem
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """The response ends as ``failed``."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Numbers:
    """``rate_limits.updated`` tells that next to nothing is left."""

    remaining: int
    reset_s: float


@dataclass(frozen=True, slots=True)
class Expire:
    """The session is at the end of its time."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The handshake fails: with an HTTP status, or an ``error`` event and a close."""

    problem: Problem
    status: int | None = None
    close: int = 4000
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Garbage:
    """Something that no client should stumble over, in place of the event or beside it."""

    kind: GarbageKind
    size_bytes: int = HUGE_BYTES


Action = Drop | Delay | Error | Fail | Numbers | Expire | Refuse | Garbage


def rate_limited(retry_s: float) -> Problem:
    """The sentence of the live service (openai/openai-agents-js#1022), about tokens."""
    return Problem(
        "rate_limit_exceeded",
        "Rate limit reached for gpt-realtime in organization org-local on tokens per min (TPM): Limit 40000, "
        f"Used 40000, Requested 1. Please try again in {retry_s:g}s.",
        None,
        type="rate_limit_error",
    )


def _drop(node: Node) -> Drop:
    if node.value in ("abort", True):
        return Drop()
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return Drop(_close_code(node))
    if not isinstance(node.value, dict):
        node.fail("drop is abort, a close code, or {code, reason}.")
    members = node.members(("code", "reason"), "drop")
    if "code" not in members:
        node.fail("a drop with a reason has a code, such as 1011.")
    reason = members["reason"].text("reason") if "reason" in members else ""
    if len(reason.encode()) > 123:
        members["reason"].fail("a close reason has at most 123 bytes.")
    return Drop(_close_code(members["code"]), reason)


def _close_code(node: Node) -> int:
    code = int(node.number("a close code", least=LOWEST_CLOSE, whole=True))
    if code > HIGHEST_CLOSE or code in UNSENDABLE or 1016 <= code < 3000:
        node.fail(f"{code} is no close code that can be sent: 1000 to 1014 (but 1004 to 1006) or 3000 to 4999.")
    return code


def _delay(node: Node) -> Delay:
    if not isinstance(node.value, dict):
        return Delay(node.number("delay", least=0))
    members = node.members(("ms", "jitter_ms"), "delay")
    if not members:
        node.fail("a delay says how long: {ms: 200}, or {ms: 200, jitter_ms: 50}.")
    numbers = {name: member.number(name) for name, member in members.items()}
    return Delay(numbers.get("ms", 0.0), numbers.get("jitter_ms", 0.0))


def _stall(node: Node) -> Delay:
    if node.value is not True:
        node.fail("stall is true: nothing comes any more.")
    return Delay(math.inf)


def _error(node: Node) -> Error:
    beside = node.value.get("beside") if isinstance(node.value, dict) else None
    return Error(_problem(node, "error", ("beside",)), beside.flag("beside") if beside is not None else False)


def _fail(node: Node) -> Fail:
    return Fail(_problem(node, "fail", ()))


def _problem(node: Node, what: str, more: tuple[str, ...]) -> Problem:
    if node.value is True:
        return Problem(None, SERVER_ERROR, None, type="server_error")
    if not isinstance(node.value, dict):
        text = node.text(what)
        # What looks like a code is meant as one.
        return Problem(text if _CODE.fullmatch(text) else None, text, None, type="server_error")
    members = node.members(("message", "code", "type", "param", *more), what)
    texts = {name: members[name].text(name) for name in ("message", "code", "type", "param") if name in members}
    return Problem(
        texts.get("code"),
        texts.get("message", SERVER_ERROR),
        texts.get("param"),
        type=texts.get("type", "server_error"),
    )


def _rate_limit(node: Node) -> Action:
    members: Mapping[str, Node] = {}
    where = node
    if isinstance(node.value, dict):
        members = node.members(("as", "retry_after_s", "remaining"), "rate_limit")
        where = members.get("as", Node("response", node.file, node.path, node.line))
    form = "response" if where.value is True else where.value
    if form not in get_args(RateLimit):
        where.fail(f"a rate limit shows as one of {', '.join(get_args(RateLimit))}.")
    if "remaining" in members and form != "numbers":
        members["remaining"].fail("remaining is for {as: numbers}.")
    retry_s = members["retry_after_s"].number("retry_after_s") if "retry_after_s" in members else 2.0
    problem = rate_limited(retry_s)
    match form:
        case "error":
            return Error(problem)
        case "handshake":
            return Refuse(problem, status=429, retry_after_s=retry_s)
        case "numbers":
            left = members["remaining"].number("remaining", whole=True) if "remaining" in members else 0
            return Numbers(int(left), retry_s)
    return Fail(problem)


def _expire(node: Node) -> Expire:
    if node.value is not True:
        node.fail("expire is true: the session is over, as after an hour.")
    return Expire()


_STATUS: Final[dict[int, Problem]] = {
    400: Problem("invalid_request", "The request is not valid.", None),
    401: Problem("invalid_api_key", "Incorrect API key provided.", None),
    403: Problem(
        "unsupported_country_region_territory", "Country, region, or territory not supported", None, "request_forbidden"
    ),
    404: Problem("model_not_found", "The model does not exist or you do not have access to it.", None),
    429: rate_limited(2.0),
    500: Problem(None, SERVER_ERROR, None, type="server_error"),
    502: Problem(None, "Bad gateway.", None, type="server_error"),
    503: Problem(None, OVERLOADED, None, type="server_error"),
    504: Problem(None, "Gateway timeout.", None, type="server_error"),
}
"""Codes and texts by status, after the error codes of the API's documentation."""

SECRET_EXPIRED: Final = Refuse(
    Problem("invalid_api_key", "Incorrect API key provided. This client secret has expired.", None), close=3000
)
"""As the live service refuses a key on the socket."""


def _refuse(node: Node) -> Refuse:
    if node.value == "secret_expired":
        return SECRET_EXPIRED
    if not isinstance(node.value, dict):
        return _refused_with(node, node, {})
    members = node.members(("status", "close", "message", "code", "type", "retry_after_s"), "refuse")
    if ("status" in members) == ("close" in members):
        node.fail("a refusal has a status (HTTP) or a close (code), one of them.")
    return _refused_with(node, members.get("status") or members["close"], members)


def _refused_with(node: Node, number: Node, members: Mapping[str, Node]) -> Refuse:
    value = number.value
    if not isinstance(value, int) or isinstance(value, bool):
        number.fail("refuse is an HTTP status such as 503, a close code such as 4000, or secret_expired.")
    retry_s = members["retry_after_s"].number("retry_after_s") if "retry_after_s" in members else None
    closes = "close" in members or (not members and value >= LOWEST_CLOSE)
    if closes:
        code = _close_code(number)
        known = SECRET_EXPIRED.problem if code == 3000 else Problem("invalid_request", "The request is refused.", None)
    else:
        if not 400 <= value <= 599:
            number.fail(f"{value} is no HTTP status of a refusal: 400 to 599.")
        known = (
            rate_limited(retry_s or 2.0) if value == 429 else _STATUS.get(value, _STATUS[500 if value > 499 else 400])
        )
    texts = {name: members[name].text(name) for name in ("message", "code", "type") if name in members}
    problem = Problem(
        texts.get("code", known.code), texts.get("message", known.message), None, type=texts.get("type", known.type)
    )
    if closes:
        return Refuse(problem, close=code, retry_after_s=retry_s)
    return Refuse(problem, status=value, retry_after_s=retry_s if retry_s is not None or value != 429 else 2.0)


def _garbage(node: Node) -> Garbage:
    kind = node
    size = HUGE_BYTES
    if isinstance(node.value, dict):
        members = node.members(("kind", "size_bytes"), "garbage")
        if "kind" not in members:
            node.fail(f"garbage says of which kind: {', '.join(get_args(GarbageKind))}.")
        kind = members["kind"]
        if "size_bytes" in members:
            size = int(members["size_bytes"].number("size_bytes", least=1, whole=True))
            if size > 256 * 2**20:
                members["size_bytes"].fail("a frame has at most 256 MiB here.")
    if not isinstance(kind.value, str) or kind.value not in get_args(GarbageKind):
        kind.fail(f"garbage is one of {', '.join(get_args(GarbageKind))}.")
    return Garbage(kind.value, size)  # type: ignore[arg-type]


ACTIONS: Final[Mapping[str, Callable[[Node], Any]]] = {
    "drop": _drop,
    "delay": _delay,
    "stall": _stall,
    "error": _error,
    "fail": _fail,
    "rate_limit": _rate_limit,
    "expire": _expire,
    "refuse": _refuse,
    "garbage": _garbage,
}
"""The kinds of failures by their key in a plan."""
