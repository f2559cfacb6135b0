"""The widget behind the microphone, with a comm that only remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm

from rtnb.widgets.assets import KINDS, MICROPHONE
from rtnb.widgets.frame.page import Page


class Recorded(BaseComm):
    """Publishes into a list."""

    sent: list[tuple[str, dict[str, Any], list[Any]]]

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.__dict__.setdefault("sent", []).append((msg_type, data or {}, list(buffers or [])))


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    made: list[Recorded] = []

    def create(*args: Any, **options: Any) -> Recorded:
        made.append(Recorded(*args, **options))
        return made[-1]

    monkeypatch.setattr(comm, "create_comm", create)
    return made


def said_by(page: Recorded, content: Mapping[str, Any], *buffers: bytes) -> None:
    data = {"method": "custom", "content": content}
    page.handle_msg({"content": {"data": data}, "buffers": [memoryview(each) for each in buffers]})


def test_sound_travels_in_buffers_and_never_in_the_state(comms: list[Recorded]) -> None:
    page = Page(MICROPHONE, {"play": True, "closed": ""}, lambda content, buffers: None)
    (view,) = [each for each in comms if "_esm" in str(each.sent[0][1])]
    state = view.sent[0][1]["state"]
    ours = {name: value for name, value in state.items() if not name.startswith("_") and name not in ("layout",)}
    assert ours["settings"] == {"play": True, "closed": ""} and not view.sent[0][2]
    page.send({"type": "play", "item": "i"}, [b"1234"])
    kind, data, buffers = view.sent[-1]
    assert (kind, data["method"], data["content"]) == ("comm_msg", "custom", {"type": "play", "item": "i"})
    assert [bytes(each) for each in buffers] == [b"1234"]
    page.tell(closed="Over.")
    assert page.settings == {"play": True, "closed": "Over."}
    assert view.sent[-1][1]["state"] == {"settings": {"play": True, "closed": "Over."}}
    page.close()
    assert view.sent[-1][0] == "comm_close"


def test_what_a_page_says_arrives_with_its_buffers(comms: list[Recorded]) -> None:
    heard: list[tuple[Mapping[str, Any], list[bytes]]] = []
    page = Page(MICROPHONE, {}, lambda content, buffers: heard.append((content, buffers)))
    (view,) = [each for each in comms if "_esm" in str(each.sent[0][1])]
    said_by(view, {"type": "frame", "seq": 3}, b"abcd")
    said_by(view, {"type": "beat"})
    assert heard == [({"type": "frame", "seq": 3}, [b"abcd"]), ({"type": "beat"}, [])]
    page.close()


def test_its_view_is_a_widget(comms: list[Recorded]) -> None:
    page = Page(MICROPHONE, {}, lambda content, buffers: None)
    assert set(page.bundle()) == {"application/vnd.jupyter.widget-view+json"}
    page.close()


def test_a_page_is_not_bound_to_the_shell_that_made_it(comms: list[Recorded], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recorded, "_reply_subshell_for", lambda self, data, default: "another", raising=False)
    page = Page(MICROPHONE, {}, lambda content, buffers: None)
    (view,) = [each for each in comms if "_esm" in str(each.sent[0][1])]
    assert view._reply_subshell_for is None  # type: ignore[attr-defined]
    page.close()


def test_each_kind_keeps_its_own_style_in_a_page(comms: list[Recorded]) -> None:
    # anywidget replaces the style element of the same id.
    for kind in KINDS:
        Page(kind, {}, lambda content, buffers: None)
    states = [each.sent[0][1]["state"] for each in comms if "_esm" in str(each.sent[0][1])]
    assert len({state["_anywidget_id"] for state in states}) == len(states) == len(KINDS)
