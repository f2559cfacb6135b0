"""What a function returned, as the text that the model reads."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rtnb.errors import RtnbError

__all__ = ["MAX_CHARS", "Output", "ResultError", "error_text", "output_of", "output_text", "traceback_text", "worded"]

MAX_CHARS: Final = 20_000
"""How long an output may be (own choice: about 5 000 tokens, a sixth of what the models keep in view, and it is paid
for again with every response that follows)."""

_PACKAGE: Final = __name__.partition(".")[0]

_HERE: Final = str(Path(__file__).parent)


class ResultError(RtnbError, ValueError):
    """A result that cannot be turned into text for the model."""


@dataclass(frozen=True, slots=True)
class Output:
    """What the model is told.

    Parameters
    ----------
    text : str
        The output itself.
    cut_chars : int
        How long it was before it was cut; 0 where it is whole.
    """

    text: str
    cut_chars: int = 0

    @property
    def notice(self) -> str:
        """What the user is told of a cut, after the name of the tool; empty where it is whole."""
        if not self.cut_chars:
            return ""
        return (
            f"returned {self.cut_chars:,} characters; the model was told the first {MAX_CHARS:,}, "
            "and that the rest is missing. Return less: what is asked for, or a summary."
        )


def output_of(value: Any, *, max_chars: int = MAX_CHARS) -> Output:
    """As :func:`output_text`, with what was cut.

    Raises
    ------
    ResultError
        There is no JSON for it.

    Examples
    --------
    >>> output_of("a" * 50, max_chars=10).cut_chars
    50
    """
    text = str(value) if isinstance(value, str) else _json(value)
    # Half a surrogate pair is text in Python and none on the wire.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= max_chars:
        return Output(text)
    return Output(f"{text[:max_chars]}… [cut: the first {max_chars:,} of {len(text):,} characters]", len(text))


def output_text(value: Any, *, max_chars: int = MAX_CHARS) -> str:
    """A result as the ``output`` of a ``function_call_output``: a string as it is, all else as JSON.

    Dataclasses, pydantic models, dates, decimals, enums, sets, bytes (base64), numpy and pandas become what they look
    like in JSON; not-a-number becomes null. What is longer than `max_chars` characters is cut, and says so.

    Raises
    ------
    ResultError
        There is no JSON for it.

    Examples
    --------
    >>> import datetime, decimal
    >>> output_text({"due": datetime.date(2026, 11, 21), "total": decimal.Decimal("9.90"), "tags": {"new"}})
    '{"due":"2026-11-21","total":"9.90","tags":["new"]}'
    >>> output_text("shipped"), output_text(None)
    ('shipped', 'null')
    >>> output_text("a" * 50, max_chars=10)
    'aaaaaaaaaa… [cut: the first 10 of 50 characters]'
    """
    return output_of(value, max_chars=max_chars).text


def _json(value: Any) -> str:
    from pydantic_core import PydanticSerializationError, to_json

    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        raise ResultError("The tool returned a generator; return a list.")
    try:
        return to_json(_without_nat(value), fallback=_fallback, inf_nan_mode="null", bytes_mode="base64").decode(
            "utf-8"
        )
    except (PydanticSerializationError, TypeError, ValueError, RecursionError) as error:
        raise ResultError(
            f"The result of type {type(value).__name__} cannot be turned into JSON ({_why(error)}); "
            "return a str, numbers, lists and dicts, or a dataclass."
        ) from None


def _why(error: Exception) -> str:
    return str(error).removeprefix("Error serializing to JSON: ").removeprefix("TypeError: ")


def _fallback(value: Any) -> Any:
    """Values of libraries that pydantic does not know."""
    library = type(value).__module__.partition(".")[0]
    if library == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if library == "pandas":
        if hasattr(value, "columns"):
            rows = value.reset_index() if value.index.name else value
            return _without_nat(rows.to_dict("records"))
        if hasattr(value, "items"):
            return _without_nat({str(name): member for name, member in value.items()})
        if hasattr(value, "tolist"):
            return _without_nat(value.tolist())
        if type(value).__name__ == "NAType":
            return None
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


def _without_nat(value: Any) -> Any:
    """Pandas' missing time is a datetime without a date, which breaks whoever believes it."""
    if "pandas" not in sys.modules:
        return value
    if type(value).__name__ == "NaTType":
        return None
    if type(value) is dict:
        return {name: _without_nat(member) for name, member in value.items()}
    if type(value) in (list, tuple):
        return [_without_nat(member) for member in value]
    return value


def worded(error: BaseException) -> str:
    """An exception in one line, as Python itself prints it; of errors of this package nothing but what they say.

    Where they live in here is no help to a model, which would read it aloud.

    Examples
    --------
    >>> worded(KeyError("A-1")), worded(ResultError("There is no JSON for it."))
    ("KeyError: 'A-1'", 'There is no JSON for it.')
    """
    if isinstance(error, RtnbError) and type(error).__module__.partition(".")[0] == _PACKAGE:
        return str(error) or type(error).__name__
    return "".join(traceback.format_exception_only(error)).strip()


def traceback_text(error: BaseException) -> str:
    """The traceback from the tool's own first line on.

    Examples
    --------
    >>> try:
    ...     {}["A-1"]
    ... except KeyError as error:
    ...     print(traceback_text(error).splitlines()[-1])
    KeyError: 'A-1'
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def error_text(what: str, *, trace: str = "") -> str:
    """The output that tells the model what went wrong.

    Examples
    --------
    >>> error_text("KeyError: 'A-1'")
    '{"error":"KeyError: \\'A-1\\'"}'
    """
    return output_text({"error": what, **({"traceback": trace} if trace else {})})
