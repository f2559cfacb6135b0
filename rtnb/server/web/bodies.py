"""Requests and answers of REST: bodies within bounds, errors in the API's shape."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from rtnb.protocol import Problem
from rtnb.server.web import refusals

__all__ = ["BODY_S", "LARGEST_BODY_BYTES", "BadRequest", "error_answer", "json_object"]

LARGEST_BODY_BYTES = 256 * 1024
"""A session has at most 16,384 tokens of instructions and tools: 256 kB is several times that. Own choice, because
a client secret keeps the body until it expires."""

BODY_S = 10.0
"""How long a body may take to arrive."""


class BadRequest(Exception):
    """A request that is answered with an error."""

    def __init__(self, problem: Problem, status: int = 400) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.status = status


def error_answer(problem: Problem, status: int = 400, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error in the shape of the API.

    Examples
    --------
    >>> error_answer(Problem(None, "No.", None)).body
    b'{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":null}}'
    """
    error = {"message": problem.message, "type": problem.type, "param": problem.param, "code": problem.code}
    return JSONResponse({"error": error}, status_code=status, headers=dict(headers or {}))


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; nothing at all is an empty one.

    Raises
    ------
    BadRequest
        It is too large, too slow, or no JSON object.
    """
    try:
        data = await asyncio.wait_for(_bytes(request), BODY_S)
    except TimeoutError:
        raise BadRequest(refusals.body_too_slow(BODY_S), 408) from None
    except ClientDisconnect:
        raise BadRequest(refusals.body_not_json()) from None
    if not data.strip():
        return {}
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadRequest(refusals.body_not_json()) from None
    if not isinstance(body, dict):
        raise BadRequest(refusals.body_not_json())
    return body


async def _bytes(request: Request) -> bytes:
    size, parts = 0, []
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY_BYTES:
            raise BadRequest(refusals.body_too_large(LARGEST_BODY_BYTES), 413)
        parts.append(part)
    return b"".join(parts)
