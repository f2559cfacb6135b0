# %% [markdown]
"""
# From a notebook to a test in CI

What you tried once in a notebook should be checked again at every change, by a machine, with nobody listening. That is
what **CI** (continuous integration) does: a service such as GitHub Actions runs your tests at every push. There is no key
there, no microphone, and no patience for a model that words its answers differently each time.

The way out is a **double**: rtnb's embedded server takes the model's place and says what a script tells it to. The
rest stays real: the protocol, speech recognition, turn detection, the calls of your tools, the sound of the answers.

At the end of this notebook you can write such a script, serve it to a client in any language, check what the client
did, and run an agent under `pytest`, also with a line that is cut. It takes about ten minutes, of which a
minute or so is waiting for processes to start.
"""

# %%
import os
import tempfile
from pathlib import Path

workflow = Path("data/workflow.yml").read_text()
os.chdir(tempfile.mkdtemp())         # the files of this notebook go to a folder of their own

# %% [markdown]
"""
## Tried in a notebook

An assistant for a shop, with one tool. `RtnbServer.speak` makes a user's voice, so that the question need not be
recorded.
"""

# %%
import rtnb
from rtnb.testing import RtnbServer


def order_status(number: int) -> str:
    """Where an order is, by its number."""
    return "It arrives on Friday." if number == 7 else "There is no such order."


question = RtnbServer.speak("Hello! Where is my order number seven?")

s = rtnb.connect(instructions="You help the customers of a shop.", tools=[order_status])
s.ask(question)

# %%
s.close()

# %% [markdown]
"""
It works. What would have to be true for it to *keep* working? The question is understood, `order_status` is
called with 7, the answer names Friday. Three facts that a test can check.

## The agent

The **agent** is the code that you will run for real. Yours may be written with anything that speaks the Realtime
API; this one uses rtnb's own client, so that nothing need be installed. It asks `"openai"`, the real service, and knows
nothing of tests.
"""

# %%
Path("agent.py").write_text('''
import rtnb


def order_status(number: int) -> str:
    "Where an order is, by its number."
    return "It arrives on Friday." if number == 7 else "There is no such order."


def answer(question):
    "The spoken answer to a spoken question."
    with rtnb.connect("openai", instructions="You help the customers of a shop.", tools=[order_status]) as s:
        return s.ask(question).audio
''');

# %% [markdown]
"""
## The model's part, as a file

A **scenario** is what the model would do, as rules: of those whose `on` applies, the first answers. Read off the
session above what the model did: it heard a question with an order number and called the function; then it got an
output and said it.
"""

# %%
Path("scenario.yaml").write_text(r'''
rules:
  - on: { regex: 'order (?:number )?(?P<number>\w+)' }
    call: { name: order_status, arguments: { number: '{number:number}' } }
  - on: { tool: order_status }
    say: "{output}"
fallback: Which order do you mean?
''');

# %% [markdown]
r"""
`(?P<number>\w+)` gives a word of the question a name, and `{number:number}` puts it into the call as a number:
"seven" becomes 7. `{output}` is what the function returned. `fallback` is for everything else. The same session again, with the script instead of the demo brain:
"""

# %%
with rtnb.connect(brain="script:scenario.yaml", tools=[order_status]) as s:
    print(s.ask(question, show=False).tool_calls)
    print(s.ask("What is the weather in Paris?", show=False).text)

# %% [markdown]
"""
## Served to any client

In CI the double, the server in the model's place, is a process of its own. On a shell one would write

```sh
rtnb serve --port 0 --ready-file ready.json --brain script:scenario.yaml --record calls
```

`--port 0` takes any free port, and `ready.json` appears once the server listens. `--record` keeps every session.
"""

# %%
import json
import subprocess
import sys
import time

command = "serve --port 0 --ready-file ready.json --brain script:scenario.yaml --record calls"
server = subprocess.Popen([sys.executable, "-m", "rtnb", *command.split()], stdout=subprocess.DEVNULL)

while not Path("ready.json").exists():
    time.sleep(0.1)
url = json.loads(Path("ready.json").read_text())["url"]
url

# %% [markdown]
"""
That address is all that a client needs. With the `openai` package, for example, two lines change:

```python
base = url.removesuffix("/realtime")
client = AsyncOpenAI(api_key="any", websocket_base_url=base)
async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
    ...
```

(LiveKit, Pipecat and JavaScript are in [Test a voice agent in CI](../docs/guides/testing_agents.md).) Here a session of
rtnb is the client; it talks to the other process as it would to any server. (The first answer waits until that
process has loaded its voices: some seconds, and its latency counts them.)
"""

# %%
with rtnb.connect(url, tools=[order_status]) as s:
    s.ask(question)

# %% [markdown]
"""
Ended politely, the server closes its sessions and its recordings are complete.
"""

# %%
server.terminate()
server.wait()

# %% [markdown]
"""
## What must have happened

The server has heard everything, so it can judge any client, in any language. **Expectations** say what must have
happened, and `rtnb check` compares. Its exit status tells CI whether to go on: 0 is yes.
"""

# %%
Path("expectations.yaml").write_text('''
heard: where is my order number seven
called:
  - order_status: { number: 7 }
said: It arrives on Friday
errors: none
''')


def run(command):
    """Run a Python program as the shell would, and print what it says."""
    done = subprocess.run([sys.executable, "-m", *command.split()], capture_output=True, text=True)
    print(done.stdout + done.stderr, f"exit status {done.returncode}", sep="\n")


run("rtnb check calls --expect expectations.yaml")

# %% [markdown]
"""
A check that cannot fail is worth nothing. Expect the wrong day:
"""

# %%
Path("wrong.yaml").write_text("said: It arrives on Monday")
run("rtnb check calls --expect wrong.yaml")

# %% [markdown]
"""
And the recording can be opened here, with every event, to see why. (Most of the first response is that process
loading its voices. The question was sent as a file, faster than it was spoken; the timeline draws it as if it had been
spoken just before, so it may begin left of 0 s.)
"""

# %%
recording = rtnb.replay(next(Path("calls").glob("*.jsonl")))
recording.timeline

# %% [markdown]
"""
## As a test

For an agent in Python there is less to do: where rtnb is installed, `pytest` has the fixture `rtnb_server`, a server
with a scenario for each test. `use(monkeypatch)` points the agent to it by environment variables, so that its
`"openai"` leads there. (pytest is a process of its own, which loads the voices anew at every run below: some ten
seconds each, more on a small machine.)
"""

# %%
Path("test_agent.py").write_text('''
import pytest
from agent import answer

pytestmark = pytest.mark.rtnb("scenario.yaml")


def test_an_order_is_looked_up(rtnb_server, monkeypatch):
    rtnb_server.use(monkeypatch)
    said = answer(rtnb_server.speak("Hello! Where is my order number seven?"))
    assert "friday" in rtnb_server.hear(said).lower()
    rtnb_server.assert_heard("where is my order number seven")
    rtnb_server.assert_called("order_status", number=7)
    rtnb_server.assert_no_errors()
''')
run("pytest -q test_agent.py")

# %% [markdown]
"""
This is a spoken question and a spoken answer: `hear` recognises what the agent's user would have heard.

## When the line is cut

A test of good days is half a test. A **fault** is a failure on purpose: here the connection is cut in the middle of
the answer, at its third piece of sound, once.
"""

# %%
with Path("test_agent.py").open("a") as file:
    file.write('''

def test_it_asks_again_when_the_line_is_cut(rtnb_server, monkeypatch):
    rtnb_server.use(monkeypatch)
    rtnb_server.faults.add(drop="abort", on="response.output_audio.delta", nth=3, times=1)
    said = answer(rtnb_server.speak("Where is my order number seven?"))
    assert "friday" in rtnb_server.hear(said).lower()
''')
run("pytest -q --tb=no test_agent.py -k line --rtnb-keep sessions")

# %% [markdown]
"""
The test has found a weakness: the agent gives up. Without `--tb=no` (no traceback), pytest would also print the
session event by event. `--rtnb-keep` keeps it as a recording, which CI can hand you as a file; it opens here as the one
above did. Its last events show how far the answer got:
"""

# %%
cut = rtnb.replay(next(Path("sessions").rglob("*.jsonl")))
print(*(event.type for event in list(cut.events)[-5:]), sep="\n")

# %% [markdown]
"""
After the third piece of sound there is nothing more, and no `response.done`. rtnb never asks again by itself, since the first answer may have been billed; whether to is for the agent to decide.
It decides to, once:
"""

# %%
with Path("agent.py").open("a") as file:
    file.write('''

ask_once = answer


def answer(question):
    "As before, but a lost connection is forgiven once."
    try:
        return ask_once(question)
    except rtnb.errors.ConnectionLostError:
        return ask_once(question)
''')
run("pytest -q test_agent.py -k line")

# %% [markdown]
"""
## In CI

This is the first part of a workflow for GitHub Actions: nothing but the two commands, no key among the secrets.
It lies, with an agent on the `openai` package, its tests and a second part for agents in other languages, in
[examples/voice_agent_ci](../examples/voice_agent_ci), to be copied whole.
"""

# %%
print(workflow.split("\n\n")[0])

# %% [markdown]
r"""
## Exercises

1. A customer asks for something else: "I want my money back." Add a rule so that the assistant answers "I am putting you
   through to a colleague.", and try it in a session.

<details><summary>One way</summary>

```python
text = Path("scenario.yaml").read_text()
rule = "rules:\n  - on: money back\n    say: I am putting you through to a colleague."
Path("scenario.yaml").write_text(text.replace("rules:", rule))

with rtnb.connect(brain="script:scenario.yaml", modalities=["text"]) as s:
    print(s.ask("I want my money back.", show=False).text)
```

Words after `on` need only be somewhere in what was said. The first rule that applies answers, so the order matters.
</details>

2. What does the agent do when the model is overloaded? Write a test with `rtnb_server.faults.add(rate_limit="response")`
   that says what it *should* do, and see whether it does.

<details><summary>One way</summary>

```python
Path("test_overload.py").write_text('''
import pytest
from agent import answer


@pytest.mark.rtnb("scenario.yaml")
def test_it_stays_silent_when_the_model_is_overloaded(rtnb_server, monkeypatch):
    rtnb_server.use(monkeypatch)
    rtnb_server.faults.add(rate_limit="response")
    assert answer(rtnb_server.speak("Where is my order number seven?")) is None
''')
run("pytest -q test_overload.py")
```

A response that fails is a turn with `status == "failed"` and no sound. An assistant that says nothing at all leaves its
caller wondering, so a good agent would look at the status and play a sentence of its own.
</details>

3. Which expectation says that an agent must *not* have called a function? Check the recordings for it.

<details><summary>One way</summary>

```python
Path("not.yaml").write_text("not_called: [cancel_order]")
run("rtnb check calls --expect not.yaml")
```
</details>
"""

# %% [markdown]
"""
## What comes next

All sessions and servers of this notebook have ended, and its files lie in a temporary folder. So far every model was a
double or a demonstration; in the next notebook the same lines talk to
[09, the real API](09_the_real_api.ipynb), if you have a key.
"""
