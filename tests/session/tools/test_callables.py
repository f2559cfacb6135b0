"""Everything that can be called."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.session.tools.callables import check_callable, docstring, is_async, own_name, plain_function, pre_bound


class Shop:
    """A shop."""

    async def __call__(self, what: str) -> str:
        return what

    @staticmethod
    def close(hour: int) -> int:
        """Close it."""
        return hour


def test_what_partials_stand_for() -> None:
    def add(a: int, b: int, c: int) -> int:
        """Add."""
        return a + b + c

    half = functools.partial(functools.partial(add, b=1), c=2)
    assert own_name(half) == "add" and docstring(half) == "Add." and pre_bound(half) == {"b", "c"}
    assert plain_function(half) is add and not is_async(half) and pre_bound(add) == set()


def test_objects_and_static_methods() -> None:
    shop = Shop()
    assert own_name(shop) == "Shop" and docstring(shop) == "A shop." and is_async(shop)
    assert is_async(functools.partial(shop, "tea")) and plain_function(shop) is Shop.__call__
    held: Any = Shop.__dict__["close"]
    check_callable(held)
    assert own_name(held) == "close" and docstring(held) == "Close it."


@pytest.mark.parametrize("thing", [None, 3, "f", Shop, classmethod(len)])
def test_what_is_refused(thing: Any) -> None:
    with pytest.raises(ConfigError):
        check_callable(thing)
