"""The arguments of a call, checked against what the tool says it takes before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rtnb.server.mcp.failures import INVALID_PARAMS, McpFailure
from rtnb.server.mcp.judging import Unjudged, complaint, parts

__all__ = ["check_schema", "parsed"]

SHOWN_CHARS = 300
"""How much of a complaint is told."""

MOST_PARTS = 3000
"""A tool whose input schema has more objects and lists is left out: a quarter of a millisecond for each (measured)."""


def check_schema(schema: Any) -> str | None:
    """What is wrong with a tool's input schema; None where nothing is.

    Examples
    --------
    >>> check_schema({"type": "object", "properties": {"city": {"type": "string"}}})
    >>> check_schema({"type": "array"})
    'its input schema is not that of an object'
    >>> check_schema({"type": "object", "properties": {"city": {"type": 3}}})
    'its input schema is no valid JSON schema'
    """
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        return "its input schema is not that of an object"
    if sum(1 for _ in parts(schema)) > MOST_PARTS:
        return "its input schema has too many parts"
    try:
        from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]
        from jsonschema.validators import Draft202012Validator, validator_for  # type: ignore[import-untyped]
    except ImportError:  # pragma: no cover - it comes with the mcp package
        return None
    try:
        validator_for(schema, default=Draft202012Validator).check_schema(schema)
    except SchemaError:
        return "its input schema is no valid JSON schema"
    except Exception:
        # A schema that sends the checker round in circles, or names a dialect that is none.
        return "its input schema cannot be read"
    return None


def parsed(arguments: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call.

    They are not measured against regular expressions of the schema (``pattern``), nor against a schema that takes too
    many steps; the MCP server judges those.

    Raises
    ------
    McpFailure
        They are no JSON object, or not what the schema asks for.

    Examples
    --------
    >>> parsed('{"city": "Paris"}', {"type": "object", "required": ["city"]})
    {'city': 'Paris'}
    >>> parsed("{}", {"type": "object", "required": ["city"]})
    Traceback (most recent call last):
    rtnb.server.mcp.failures.McpFailure: Invalid arguments: 'city' is a required property
    """
    try:
        found = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        raise _invalid("they are no JSON") from None
    if not isinstance(found, dict):
        raise _invalid("they are no JSON object")
    try:
        problem = complaint(schema, found, size_chars=len(arguments))
    except (ImportError, Unjudged):
        # The MCP server shall judge by itself.
        return found
    if problem is None:
        return found
    where = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in problem.absolute_path)
    raise _invalid(f"{where.lstrip('.')}: {problem.message}" if where else problem.message)


def _invalid(what: str) -> McpFailure:
    return McpFailure("protocol_error", f"Invalid arguments: {what[:SHOWN_CHARS]}", INVALID_PARAMS)
