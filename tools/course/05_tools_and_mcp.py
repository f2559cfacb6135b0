# %% [markdown]
"""
# Tools: let the model call your functions

A model knows nothing of your orders, your stock or the weather outside. A **tool** is a Python function that you
let it call: the model says which function and with which arguments, the function runs *here*, and the model says
in its own words what came back.

At the end of this notebook you can give a model tools, read a call on the timeline, decide what it hears when
something fails or takes long, and let it use the tools of another program over MCP. It takes about ten minutes;
as everywhere in this course no key is needed.
"""

# %%
import time

import rtnb

s = rtnb.connect(instructions="You are brief.", modalities=["text"])

# %% [markdown]
"""
With `modalities=["text"]` the model answers in writing, which reads faster than it is spoken.

## Without a tool it cannot know
"""

# %%
s.ask("What is the weather in Paris?")

# %% [markdown]
"""
## A tool is a function

`@s.tool` above a function is all that is needed. (A real one would ask a weather service; a dictionary will do
here.)
"""

# %%
TEMPERATURES = {"Paris": 18, "Oslo": 4, "Rome": 23}


@s.tool
def weather(city: str) -> dict:
    """The weather in a city at this moment."""
    time.sleep(1)                # as long as a weather service might take
    return {"temperature": TEMPERATURES[city], "unit": "celsius"}

# %% [markdown]
"""
Now the same question, spoken, and with a spoken answer. Between the two the card shows the call: the name of the function, the
argument that the model took from the question, and what the function returned.
"""

# %%
turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")), modalities=["audio"])

# %% [markdown]
"""
A call is a value, like everything else of a turn:
"""

# %%
call = turn.tool_calls[0]
print(call.name, call.arguments, call.output, f"{call.duration_s:.2f} s", sep="\n")

# %% [markdown]
"""
## What the model is told of a function

It never sees the code. It sees a **schema**, a description in JSON that rtnb makes of the name, the type hints and
the docstring. So these are part of your prompt: a model that calls the wrong function, or the right one with wrong
arguments, mostly needs a better docstring.
"""

# %%
s.tools["weather"].to_wire()

# %% [markdown]
"""
## What happens when

One turn, two **responses**. In the first the model asked for the call; then the function ran; in the second the
model said the result. The timeline of the turn shows it: the call lies between the two responses, and the user
waits for all three. Both responses are billed, each with the whole conversation as its input.
"""

# %%
turn.timeline

# %% [markdown]
"""
The **event** (a message between you and the server) that started it, explained:
"""

# %%
rtnb.explain("response.function_call_arguments.done")

# %% [markdown]
"""
## When a function fails

There is no Atlantis in the dictionary, so the function raises a `KeyError`. The turn does not break: the error
becomes the output of the call, and the model deals with it. It is told the message of the exception, not the
traceback.
"""

# %%
s.ask("What is the weather in Atlantis?")

# %% [markdown]
"""
`KeyError: 'Atlantis'` helps nobody. An exception of a tool is read by the model, so write it for the model: what is
wrong, and what could be asked instead. Running `@s.tool` again replaces the function.
"""

# %%
@s.tool
def weather(city: str) -> dict:
    """The weather in a city at this moment."""
    time.sleep(1)
    if city not in TEMPERATURES:
        raise ValueError(f"No weather station in {city}; there are {', '.join(TEMPERATURES)}.")
    return {"temperature": TEMPERATURES[city], "unit": "celsius"}


s.ask("What is the weather in Atlantis?")

# %% [markdown]
"""
## Several at once

One question may need several calls. They run side by side: each takes a second, all three take one. One response
follows when the last of them is through. (What a timeline calls *latency* is named below its table; what the user waited
for is the whole width of the turn, the calls included.)
"""

# %%
turn = s.ask("What is the weather in Paris, Oslo and Rome?", show=False)
turn.timeline

# %%
for call in turn.tool_calls:
    print(call, f"{call.duration_s:.2f} s")
print(turn.text)

# %% [markdown]
"""
## What takes long

Silence is what a caller forgives least. A function with `background=True` does not hold up the conversation: the
turn ends at once, the next question is answered, and when the function is through the model speaks up by itself.
"""

# %%
@s.tool(background=True)
def book_taxi(destination: str) -> str:
    """Book a taxi to a destination, which takes a while."""
    time.sleep(3)
    return f"The taxi to {destination} will be here in five minutes."


s.ask("Please book a taxi to Montmartre.", show=False)
s.ask("What is twelve times seven?", show=False).text

# %% [markdown]
"""
When the taxi is found there is one turn more, which nobody asked for:
"""

# %%
time.sleep(4)
s.turns[-1]

# %% [markdown]
"""
## Who decides whether a tool is called?

The model does, with `tool_choice="auto"`. For the session or for a single answer it may be told otherwise:

| `tool_choice` | the model |
| --- | --- |
| `"auto"` | calls what it thinks useful (the default) |
| `"none"` | answers without tools |
| `"required"` | calls at least one tool |
| `{"type": "function", "name": "weather"}` | calls this one |
"""

# %%
print("none:    ", s.ask("What is the weather in Rome?", tool_choice="none", show=False).text)
print("required:", s.ask("I am in Oslo.", tool_choice="required", show=False).tool_calls)

# %%
s.close()

# %% [markdown]
"""
## Tools in another program: MCP

So far the functions were in this notebook. Often they belong to somebody else: a shop, a calendar, a database. The
**Model Context Protocol** (MCP) is how such a program offers its tools. The **MCP server** lists them, with schemas;
and it is not your notebook that calls them but the *service*, which connects to the MCP server by itself. On the
real API the server must therefore be reachable from the internet. The embedded server runs on this machine, and so may
the MCP server.

Here is one with two tools. The decorator looks familiar:
"""

# %%
from pathlib import Path

print(Path("data/shop_server.py").read_text())

# %% [markdown]
"""
It is a program of its own. Start it, and read its address from the first line that it prints:
"""

# %%
import subprocess
import sys

shop = subprocess.Popen([sys.executable, "data/shop_server.py"], stdout=subprocess.PIPE, text=True)
url = shop.stdout.readline().strip()
url

# %% [markdown]
"""
The session needs no more than the address. `require_approval="never"` lets the service call without asking back. The
first question waits until the shop has started and its tools are listed: a new program takes some seconds, and the
latency of this first answer counts them.
"""

# %%
s = rtnb.connect(instructions="You are brief.", tools=[rtnb.Mcp("shop", url=url, require_approval="never")])
turn = s.ask("Where is order 17?")

# %% [markdown]
"""
On the card the call looks like one of a function, with the server's name in front. But it never passed through the
notebook: the embedded server sent it to the shop. What it learned of the shop, and each call, are items of the
conversation:
"""

# %%
for item in s.items:
    print(item)

# %%
s.close()

# %% [markdown]
"""
## Approvals: who may cancel an order?

Asking where an order is does no harm; cancelling it does. Without `require_approval="never"` every call waits until
somebody approves it. `on_approval` is a function that decides: it is given the call, and returns True or False.
"""

# %%
def decide(call):
    print("asked:", call)
    return call.tool == "order_status"


s = rtnb.connect(modalities=["text"], tools=[rtnb.Mcp("shop", url=url)], on_approval=decide)
print(s.ask("Where is order 18?", show=False).text)
print(s.ask("Please cancel order 18.", show=False).text)

# %% [markdown]
"""
Without `on_approval` the cell shows two buttons, **Approve** and **Deny**, and waits for you.

Surer than any approval is a tool that the model does not know of. `allowed_tools` names those that it is told about; with
only harmless ones left, nobody need be asked:
"""

# %%
s.update(tools=[rtnb.Mcp("shop", url=url, allowed_tools=["order_status"], require_approval="never")])
print(s.ask("Where is order 19?", show=False).tool_calls)
print(s.ask("Please cancel order 19.", show=False).tool_calls)

# %% [markdown]
"""
## Exercises

1. Write a tool of your own and ask for it: `opening_hours(city: str) -> str`, say, or anything you would like an
   assistant to know. Which words of the question does it need to be found?

<details><summary>One way</summary>

```python
@s.tool
def opening_hours(city: str) -> str:
    "Opening hours of the shop in a city."
    return f"In {city} we are open from nine to six."


print(s.ask("What are the opening hours in Paris?", show=False).text)
```

The embedded server's demo brain matches words of the question with the name and the docstring. A language model
understands more, but lives off the same words.
</details>

2. A type hint is a promise that is kept. What does the model get to hear when it breaks it? Write
   `book_table(people: int) -> str`, and let a model call it with "many". (The demo brain takes numbers for numbers, so play
   the model yourself: `brain=` of `rtnb.connect` takes a function that says what the model would do. A
   `rtnb.server.brains.Call` is a call, with its arguments as JSON.) And what changes with `Literal[2, 4, 6]` in place of
   `int`?

<details><summary>One way</summary>

```python
from typing import Literal

from rtnb.server.brains import Call


def book_table(people: int) -> str:
    "Book a table in the restaurant for a number of people."
    return f"A table for {people} is booked."


def careless(tool):
    "What the model hears when it asks for a table for many."
    says = iter([Call("book_table", '{"people": "many"}'), "I am sorry."])
    with rtnb.connect(modalities=["text"], tools=[tool], brain=lambda: next(says)) as trial:
        return trial.ask("A table for many, please.", show=False).tool_calls[0].output


print(careless(book_table))

book_table.__annotations__["people"] = Literal[2, 4, 6]
print(careless(book_table))
```

What does not fit never reaches the function: the model is told why, and may try again. With `Literal` the three numbers
also stand in the schema, as `enum`, so that a careful model does not try anything else.
</details>

3. Approve a call yourself: connect without `on_approval`, `send` the wish to cancel order 17 (`send` returns at once,
   whatever is still to come), and look at `s.approvals`.

<details><summary>One way</summary>

```python
s.close()
s = rtnb.connect(modalities=["text"], tools=[rtnb.Mcp("shop", url=url)])
turn = s.send("Please cancel order 17.", show=False)
while not s.approvals and turn.status in ("waiting", "in_progress"):
    time.sleep(0.1)
print(s.approvals)
s.approvals[0].approve()
```

The shop does it now, and the model tells of it; look a moment later:

```python
time.sleep(2)
print(s.turns[-1].text, s.approvals)
```
</details>
"""

# %% [markdown]
"""
## Close

The session and the shop end here. What all this costs, answer by answer, is the next notebook:
[06, what a conversation costs](06_what_it_costs.ipynb).
"""

# %%
s.close()
shop.terminate()
