"""The pictures of the architecture: as their script draws them, and true."""

from __future__ import annotations

import importlib.util
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from make_architecture import LAYERS, PICTURES, STEPS

from rtnb.plots.palette import BACKGROUND, contrast

ROOT = Path(__file__).parents[2]

_spec = importlib.util.spec_from_file_location("layers_rule", ROOT / "tests" / "test_layers.py")
assert _spec is not None and _spec.loader is not None
rule = importlib.util.module_from_spec(_spec)
sys.modules["layers_rule"] = rule  # dataclasses look their own module up
_spec.loader.exec_module(rule)

ROWS = {room: row for row, (_, _, rooms) in enumerate(LAYERS) for room, _ in rooms}
ROOF = {"rtnb": "", "notebooks": None}
"""What stands in the picture and is not a room."""


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_are_those_of_the_script(name: str) -> None:
    draw, theme = PICTURES[name]
    assert (ROOT / "docs" / "images" / name).read_text(encoding="utf-8") == draw(theme)


def test_every_room_is_drawn_once() -> None:
    drawn = [room for _, _, rooms in LAYERS for room, _ in rooms if room not in ROOF]
    assert sorted(drawn) == sorted(set(rule.ROOMS) - {"__main__"})


def test_contributing_names_every_room() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| room |")[2].partition("\n\n")[0]
    firsts = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert sorted(name for first in firsts for name in re.findall(r"`(\w+)`", first)) == sorted(rule.ROOMS)


def test_imports_go_downward_in_the_picture() -> None:
    wrong = set()
    for module, found in rule.every_import():
        room = rule.room_of(module)
        if room in ("", "__main__"):
            continue
        for used in rule.rooms_used(found) - {room}:
            if found.in_function and (module, used) in rule.LAZY_EXCEPTIONS:
                continue
            if ROWS[room] > ROWS[used or "rtnb"]:
                wrong.add((room, used))
    assert wrong == set()


def test_session_and_server_stand_side_by_side() -> None:
    assert {room for _, _, rooms in LAYERS for room, _ in rooms if ROWS[room] == ROWS["session"]} == rule.STRANGERS


def test_the_steps_name_rooms_and_events_that_exist() -> None:
    from rtnb.protocol.catalogue import catalogue

    events = {*catalogue().client_events, *catalogue().server_events}
    assert {room for room, _, _ in STEPS} <= set(rule.ROOMS)
    assert {shown for _, _, shown in STEPS if re.fullmatch(r"[a-z_]+\.[a-z_.]+", shown)} - events == {
        "s.turns",
        "s.usage",
    }


@pytest.mark.parametrize("name", PICTURES)
def test_words_stay_inside_and_can_be_read(name: str) -> None:
    draw, theme = PICTURES[name]
    root = ET.fromstring(draw(theme))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    ground = getattr(BACKGROUND, theme)
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        # Wide letters take 0.62 of their size.
        length = len(text.text or "") * float(text.attrib["font-size"]) * 0.62
        x, anchor = float(text.attrib["x"]), text.attrib["text-anchor"]
        left = x - {"start": 0, "middle": length / 2, "end": length}[anchor]
        assert left >= 0 and left + length <= width, text.text
        assert 0 < float(text.attrib["y"]) < height
        assert contrast(text.attrib["fill"], ground) >= 4.2, text.text
