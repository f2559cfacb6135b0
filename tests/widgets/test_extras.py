"""Packages that may not be there, and that importing rtnb does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rtnb.errors import MissingExtraError
from rtnb.session.tools.approvals import Approval
from rtnb.widgets.approval import ApprovalCard
from rtnb.widgets.assets import MICROPHONE
from rtnb.widgets.extras import needed
from rtnb.widgets.frame import page


def test_what_is_there_is_given() -> None:
    assert needed("json", "It").dumps([1]) == "[1]"


@pytest.mark.parametrize("name", ["ipywidgets", "anywidget"])
def test_a_view_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    page._widget.cache_clear()
    with pytest.raises(MissingExtraError, match=f"pip install {name}"):
        page.Page(MICROPHONE, {}, lambda content, buffers: None)
    if name == "ipywidgets":
        with pytest.raises(MissingExtraError, match="buttons"):
            ApprovalCard(Approval("a", "shop", "refund", "{}", lambda *verdict: None))


def test_importing_the_room_loads_neither() -> None:
    program = (
        "import sys, rtnb.session, rtnb.widgets, rtnb.widgets.microphone, rtnb.widgets.approval\n"
        "print({'ipywidgets', 'anywidget', 'IPython', 'traitlets'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
