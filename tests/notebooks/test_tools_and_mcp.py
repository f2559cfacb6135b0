"""The notebook about tools: calls of functions and of a real MCP server, side by side, in the background, approved."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import time

import httpx
import pytest
from support.course import NOTEBOOKS, cell, data, execute, said, stored

NAME = "05_tools_and_mcp"


def texts(cells: list, source: str) -> str:
    """All that the cell shows, in plain text."""
    outputs = cell(cells, source).outputs
    return "\n".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs)


class TestStored:
    cells = stored(NAME)

    def test_the_spoken_question_leads_to_a_call_on_the_card(self) -> None:
        card = data(self.cells, 'rtnb.sample("weather_question")')
        assert "What is the weather in Paris?" in card["text/html"] and "<audio" in card["text/html"]
        assert "weather(city=" in card["text/plain"] and "18 degrees" in card["text/plain"]

    def test_the_schema_is_made_of_the_function(self) -> None:
        wire = ast.literal_eval(texts(self.cells, 's.tools["weather"].to_wire()'))
        assert wire["description"] == "The weather in a city at this moment."
        assert wire["parameters"]["required"] == ["city"] and wire["type"] == "function"

    def test_the_timeline_has_two_responses_around_the_call(self) -> None:
        (first, several) = [each for each in self.cells if each.source.endswith("turn.timeline")]
        for ran, calls in ((first, "1 function call"), (several, "3 function calls")):
            told = " ".join(ran.outputs[-1]["data"]["text/plain"].split())
            assert "2 responses" in told and calls in told

    def test_a_failure_is_told_and_a_better_one_is_told_better(self) -> None:
        bare, worded = [each for each in self.cells if 's.ask("What is the weather in Atlantis?")' in each.source]
        assert "KeyError: 'Atlantis'" in json.dumps(bare.outputs)
        assert "No weather station in Atlantis; there are Paris, Oslo, Rome." in json.dumps(worded.outputs)

    def test_what_runs_in_the_background_speaks_up_later(self) -> None:
        assert "84" in texts(self.cells, "def book_taxi")
        late = data(self.cells, "s.turns[-1]")["text/plain"]
        assert "The taxi to Montmartre will be here in five minutes." in late and "You " not in late

    def test_the_call_of_the_mcp_server_is_on_the_card(self) -> None:
        card = data(self.cells, 'rtnb.Mcp("shop", url=url, require_approval="never")])\nturn')
        assert "shop.order_status(number=17) → Order 17 is shipped." in card["text/plain"]
        listed = said(self.cells, "for item in s.items")
        assert "mcp_list_tools 'order_status, cancel_order'" in listed and "mcp_call 'order_status(" in listed


@pytest.mark.course
@pytest.mark.local
class TestExecuted:
    def test_one_question_leads_to_three_calls(self) -> None:
        ran, _ = execute(NAME)
        told = said(ran, "for call in turn.tool_calls")
        assert {city for city in ("Paris", "Oslo", "Rome") if f'city="{city}"' in told} == {"Paris", "Oslo", "Rome"}

    def test_a_tool_is_called_when_it_must_and_not_when_it_must_not(self) -> None:
        told = said(execute(NAME)[0], 'tool_choice="none"')
        assert "I have no weather tool here" in told and 'weather(city="Oslo")' in told

    def test_a_function_decides_what_is_approved(self) -> None:
        told = said(execute(NAME)[0], "def decide")
        assert "asked: Approval(shop.order_status(number=18), pending)" in told and "Order 18 is in production." in told
        assert "asked: Approval(shop.cancel_order(number=18), pending)" in told and "did not approve" in told

    def test_a_tool_that_is_not_allowed_is_not_called(self) -> None:
        lines = said(execute(NAME)[0], "allowed_tools").splitlines()
        assert "shop.order_status(number=19) → Order 19 is delivered." in lines[0] and lines[1] == "()"

    def test_the_solutions_do_what_they_promise(self) -> None:
        text = [" ".join(o.get("text", "") for o in each.outputs) for each in execute(NAME)[1]]
        assert "from nine to six" in text[0]
        number, choice = text[1].splitlines()[0], text[1]
        assert "people" in number and "booked" not in choice and "2, 4" in choice
        assert "Approval(shop.cancel_order(number=17), pending)" in text[2]
        assert "Order 17 is cancelled." in text[3] and "[]" in text[3]


def test_the_shop_ends_when_it_is_told_to() -> None:
    """The server of the notebook: it says where it is before it is asked, and leaves nothing behind."""
    pytest.importorskip("mcp")
    command = [sys.executable, "data/shop_server.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=NOTEBOOKS) as shop:
        assert shop.stdout is not None and shop.stderr is not None
        url = shop.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/mcp", url)
        hello = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        }
        accepts = {"Accept": "application/json, text/event-stream"}
        assert httpx.post(url, json=hello, headers=accepts, timeout=60).status_code == 200
        begun = time.monotonic()
        shop.terminate()
        shop.wait(30)
        assert time.monotonic() - begun < 30 and not shop.stderr.read()
