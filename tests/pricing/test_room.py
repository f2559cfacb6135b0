"""The names of the room: all there, and none in the way of another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rtnb import pricing


def test_every_public_name_is_there() -> None:
    for name in pricing.__all__:
        assert not isinstance(getattr(pricing, name), ModuleType)
    assert dir(pricing) == sorted(pricing.__all__)
    with pytest.raises(AttributeError, match=r"has no attribute 'price'; it has: .*, models, "):
        _ = pricing.price  # type: ignore[attr-defined]


def test_no_name_is_that_of_a_sub_room() -> None:
    rooms = {path.name for path in Path(str(pricing.__file__)).parent.iterdir() if path.is_dir()}
    assert rooms >= {"prices", "bills", "ahead"}
    assert not rooms & set(pricing.__all__)


def test_pricing_loads_no_pictures_and_no_frames() -> None:
    code = (
        "import sys, rtnb.pricing as p; p.table().records(); p.landscape(); p.project(5, 'gpt-realtime-2.1'); "
        "print(sorted({'pandas', 'matplotlib', 'rtnb.session', 'rtnb.plots'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
