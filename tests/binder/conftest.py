"""The environment that ``make binder`` makes."""

from __future__ import annotations

from typing import Any

import pytest
from support.binder import facts
from support.require import require_made


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    """What was noted when it was made; skips, or fails in CI, when it was not."""
    try:
        return facts()
    except RuntimeError as reason:
        require_made("the environment of Binder", str(reason))
        raise
