"""What tools are about, and what does not choose any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import BrainRequest, DemoBrain, Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_choice import Tool, choose_tool, tools_of

HERE = Path(__file__).parent


def test_only_function_tools_with_names_are_tools() -> None:
    declared: list[dict[str, Any]] = [
        {"type": "mcp", "name": "x"},
        {"type": "function"},
        {"name": 3},
        {"name": "f", "parameters": None},
    ]
    assert tools_of(declared) == (Tool("f", "", {}),)


def test_tools_act_or_tell() -> None:
    for name in ("set_timer", "sendEmail", "book-table"):
        assert Tool(name, "", {}).acts
    for name in ("get_weather", "order_status", "weather", ""):
        assert not Tool(name, "", {}).acts


def test_the_order_in_a_name_is_a_thing_or_an_act() -> None:
    tools = tools_of([{"name": "order_status"}, {"name": "order_pizza"}])
    for said in ("Where is order 17?", "Please look up order number seven.", "When does my order arrive?"):
        chosen = choose_tool(Utterance(said), tools)
        assert chosen is not None and chosen.name == "order_status"
        assert choose_tool(Utterance(said), tools[1:]) is None
    pizza = choose_tool(Utterance("Order a pizza."), tools)
    assert pizza is not None and pizza.name == "order_pizza"


def test_required_names_are_those_that_there_are() -> None:
    tool = Tool("f", "", {"properties": {"a": {}, "b": 3}, "required": ["a", "b", "c", 4]})
    assert tool.required == ("a",)


def test_a_long_tale_orders_nothing() -> None:
    (tool,) = tools_of([{"name": "get_weather"}])
    assert choose_tool(Utterance("What is the weather? " + "word " * 100), [tool]) is None


def _function(declared: str, **properties: Any) -> dict[str, Any]:
    name, _, description = declared.partition(": ")
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


TEXT = {"type": "string"}
SETS: dict[str, list[dict[str, Any]]] = {
    "home": [
        _function("set_light_state: Turns a light on or off, sets color and brightness", entity_id=TEXT),
        _function("play_media: Play music, a podcast or the radio", query=TEXT),
        _function("set_volume: Set the speaker volume", level={"type": "integer", "minimum": 0, "maximum": 100}),
        _function("lock_door: Lock or unlock a door", door=TEXT),
        _function("set_alarm: Set an alarm", time=TEXT),
        _function("get_news: Get the latest news headlines"),
        _function("get_current_time: Returns the current date and time"),
    ],
    "shop": [
        _function("search_products: Search the product catalog for items", query=TEXT),
        _function("add_to_cart: Add a product to the shopping cart", product_id=TEXT),
        _function("check_return_policy: Look up the return policy of the store"),
        _function("escalate_to_human: Transfer the customer to a human agent", reason=TEXT),
        _function("schedule_appointment: Schedule an appointment in the calendar", date=TEXT, time=TEXT),
        _function("save_note: Save a note for the user", text=TEXT),
        _function("web_search: Search the web for current information", query=TEXT),
    ],
    "console": [
        _function("log_message: Writes a message to the session log", message=TEXT),
        _function("generate_image: Generate an image from a prompt", prompt=TEXT),
        _function("run_code: Run Python code", code=TEXT),
        _function("knowledge_base: Query the knowledge base for relevant information", query=TEXT),
        _function("send_sms: Send a text message to a phone number", to=TEXT, body=TEXT),
    ],
    "declared": json.loads((HERE / "tools_declared.json").read_text("utf-8")),
    **json.loads((HERE / "tools_more.json").read_text("utf-8")),
}
ORDINARY = """
Good morning!
I'm fine, thanks. And you?
Nice to meet you.
That's funny.
Not really.
Not now, thanks.
I'm not sure.
Am I not right?
Hang on a second.
Call it a day.
Long time no see.
What a time to be alive.
Good news!
What is new?
I have a new phone.
What is the plan?
Nice weather today, isn't it?
The weather is nice.
It was raining all day.
I just got back from a flight to Rome.
I bought ten shares yesterday.
That costs a pound.
I have to go to a meeting now.
I want to talk about music.
I need to think about it.
Play is important for children.
What time do you go to bed?
Do you like music?
Are you an agent?
Am I talking to a person?
Please wait a minute.
Give me a minute.
See you tomorrow at eight.
Speak German, please.
Tell me about the new API.
What is the Realtime API?
How do I send audio to the Realtime API?
How do I truncate an item?
How do I send a text message item?
How many items can a conversation have?
Can the model see images?
Text or audio?
How do I set the volume of the voice?
How do I cancel a response?
What happens at the end of a turn?
How much does a minute of audio cost?
Explain the difference between a user message and a system message.
Who wrote Hamlet?
Where is Paris?
What is half of ninety?
""".strip().splitlines()


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_sentences_call_nothing_and_ask_nothing(text: str) -> None:
    for name, tools in SETS.items():
        found = DemoBrain().answer(BrainRequest(messages=(Message(role="user", text=text),), tools=tuple(tools)))
        assert (found.calls, found.intent.startswith("tool-")) == ((), False), name


@pytest.mark.parametrize("text", ["What is the square root of 144?", "Add two and two.", "What's 7 percent of 50?"])
def test_a_sum_that_no_parameters_hold_is_answered(text: str) -> None:
    found = DemoBrain().answer(BrainRequest(messages=(Message(role="user", text=text),), tools=tuple(SETS["misc"])))
    assert (found.intent, found.calls) == ("arithmetic", ())


@pytest.mark.parametrize(
    ("tools", "text", "name"),
    [
        ("home", "What's in the news?", "get_news"),
        ("home", "What time is it?", "get_current_time"),
        ("home", "Bedroom light off", "set_light_state"),
        ("home", "Please set the volume to 30.", "set_volume"),
        ("shop", "I'd like to talk to a human.", "escalate_to_human"),
        ("shop", "I want to speak to a person about my bill.", "escalate_to_human"),
        ("shop", "What is your return policy?", "check_return_policy"),
        ("shop", "Find me some products for dogs.", "search_products"),
        ("shop", "Search the web for turn detection.", "web_search"),
        ("shop", "Save a note: buy milk.", "save_note"),
        ("shop", "Schedule an appointment for Monday.", "schedule_appointment"),
        ("console", "Generate an image of a cat.", "generate_image"),
        ("console", "Can you draw me an image of a cat?", "generate_image"),
        ("console", "Log a message that all is well.", "log_message"),
        ("console", "How do I reset my router? Check the knowledge base.", "knowledge_base"),
        ("misc", "I want to go on a flight to Rome.", "search_flights"),
        ("misc", "How much is a share of Tesla stock?", "get_stock_price"),
        ("declared", "How do I get to the documentation of the buffer?", "search_docs"),
        ("declared", "I have to cancel the timer.", "set_timer"),
        ("declared", "Play some music.", "play_music"),
    ],
)
def test_what_asks_for_a_tool_still_chooses_it(tools: str, text: str, name: str) -> None:
    found = choose_tool(Utterance(text), tools_of(SETS[tools]))
    assert found is not None and found.name == name


def test_first_words_of_names_that_act() -> None:
    assert Tool("generate_image", "", {}).acts and Tool("run_code", "", {}).acts
    assert not Tool("run", "", {}).acts and not Tool("knowledge_base", "", {}).acts


@given(text=st.text(max_size=60), name=st.text(max_size=12), description=st.text(max_size=20))
def test_nothing_breaks_on_any_text_or_name(text: str, name: str, description: str) -> None:
    (tool,) = tools_of([{"name": name or "f", "description": description, "parameters": {"required": 3}}])
    assert choose_tool(Utterance(text), [tool]) in (None, tool)
