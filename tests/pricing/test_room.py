"""The names of the room: all there, and none shadowed by the module of the same name."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

from rtnb import pricing


def test_every_public_name_is_there() -> None:
    for name in pricing.__all__:
        assert not isinstance(getattr(pricing, name), ModuleType)
    assert dir(pricing) == sorted(pricing.__all__)
    with pytest.raises(AttributeError, match=r"has no attribute 'prices'; it has: MISSING_MANUAL"):
        _ = pricing.prices  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["book", "cost", "landscape", "meter", "table"])
def test_a_function_is_not_shadowed_by_its_module(name: str) -> None:
    module = importlib.import_module(f"rtnb.pricing.{name}")
    assert callable(getattr(pricing, name))
    assert isinstance(module, ModuleType)


def test_pricing_loads_no_pictures_and_no_frames() -> None:
    code = (
        "import sys, rtnb.pricing as p; p.table().records(); p.landscape(); p.project(5, 'gpt-realtime-2.1'); "
        "print(sorted({'pandas', 'matplotlib', 'rtnb.session', 'rtnb.plots'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
