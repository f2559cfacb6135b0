from __future__ import annotations

import re
from typing import get_args

import pytest

from rtnb.protocol.ids import Prefix, new_id


@pytest.mark.parametrize("prefix", get_args(Prefix))
def test_looks_like_the_live_services(prefix: Prefix) -> None:
    assert re.fullmatch(prefix + "_[0-9A-Za-z]{21}", new_id(prefix))


def test_fits_the_length_the_api_takes_from_clients() -> None:
    assert max(len(new_id(prefix)) for prefix in get_args(Prefix)) <= 32


def test_never_repeats() -> None:
    assert len({new_id("item") for _ in range(2000)}) == 2000


def test_uses_the_whole_alphabet() -> None:
    seen = set("".join(new_id("event").partition("_")[2] for _ in range(500)))
    assert len(seen) == 62
