from __future__ import annotations

import inspect
import pickle
import re

import pytest

from rtnb import errors
from rtnb.errors import ApiError, RefusedError, RtnbError

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)]


def drawn() -> dict[str, tuple[str, str]]:
    """The tree in the docstring: name to its parent among ours and the built-in it also is."""
    found: dict[str, tuple[str, str]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.fullmatch(r" {4}([ │├└─]*)(\w+Error)(?: \((\w+)\))?(?: {2,}\S.*)?", line)
        if match:
            depth = len(match[1]) // 4
            del above[depth:]
            found[match[2]] = (above[-1] if above else "Exception", match[3] or "")
            above.append(match[2])
    return found


def test_the_drawing_is_the_tree() -> None:
    tree = drawn()
    assert set(tree) == {cls.__name__ for cls in CLASSES} == set(errors.__all__)
    for cls in CLASSES:
        parent, also = tree[cls.__name__]
        assert [base.__name__ for base in cls.__bases__] == [parent, *([also] if also else [])]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_one_is_ours_and_says_its_message(cls: type[Exception]) -> None:
    assert issubclass(cls, RtnbError)
    assert cls.__doc__
    error = cls({"message": "It broke."}) if cls is ApiError else cls("It broke.")
    assert str(error) == "It broke."


def test_all_is_sorted_for_readers() -> None:
    assert errors.__all__ == sorted(errors.__all__)


def test_a_refusal_keeps_its_codes() -> None:
    error = RefusedError("No.", code="invalid_api_key", close_code=3000)
    assert (error.code, error.close_code, str(error)) == ("invalid_api_key", 3000, "No.")
    assert (RefusedError("No.").code, RefusedError("No.").close_code) == (None, None)


def test_an_api_error_shows_code_and_advice() -> None:
    wire = {"type": "invalid_request_error", "code": "c", "message": "Bad.", "param": "p", "event_id": "e"}
    error = ApiError(wire, advice="Do better.")
    assert str(error) == "Bad. (c)\nDo better."
    assert (error.code, error.type, error.param, error.event_id) == ("c", "invalid_request_error", "p", "e")


@pytest.mark.parametrize("wire", [{}, {"message": None, "code": None}, {"message": ""}])
def test_an_error_without_a_message_still_reads(wire: dict[str, object]) -> None:
    assert str(ApiError(wire)) == "The server sent an error without a message."


def test_an_api_error_survives_a_process_boundary() -> None:
    error = ApiError({"code": "c", "message": "Bad.", "event_id": "e"}, advice="Do better.")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code, again.event_id) == ("Bad. (c)\nDo better.", "c", "e")
