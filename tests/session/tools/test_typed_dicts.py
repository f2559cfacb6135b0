"""TypedDicts of the standard library."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import pytest
from pydantic import TypeAdapter, ValidationError

from rtnb.session.tools.typed_dicts import usable_hint


class Place(TypedDict):
    """Somewhere."""

    city: str
    country: NotRequired[Literal["DE", "FR"]]


class Trip(TypedDict, total=False):
    stops: Required[list[Place]]
    home: Place | None
    notes: Annotated[dict[str, Place], "by day"]


def test_nested_ones_keep_what_is_required() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(usable_hint(Trip))
    good = {"stops": [{"city": "Bonn"}], "home": None, "notes": {"1": {"city": "Metz", "country": "FR"}}}
    assert adapter.validate_python(good) == good
    for bad in ({}, {"stops": [{}]}, {"stops": [{"city": "Bonn", "country": "XX"}]}):
        with pytest.raises(ValidationError):
            adapter.validate_python(bad)


@pytest.mark.parametrize("hint", [int, list[int], int | None, Literal["a"], Annotated[str, "x"], None])
def test_others_stay_what_they_are(hint: Any) -> None:
    assert usable_hint(hint) == hint
