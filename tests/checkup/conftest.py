from __future__ import annotations

from pathlib import Path

import pytest
from support.untouched import leave_behind


@pytest.fixture(autouse=True)
def nothing_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    leave_behind(monkeypatch, home)
    return home
