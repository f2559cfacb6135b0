# %% [markdown]
"""
# The real API: the same code, one word changed

So far you have talked to rtnb's **embedded server**, on this machine. The real service speaks the same protocol, so
the same code talks to it. What changes is one word, `rtnb.connect("openai")`, and that answers then cost money.

At the end you will be able to

- say **before** a session what it will cost, and set a limit that holds;
- give a **key** without leaving it in a notebook, and hand a browser a short-lived one;
- tell which of your results on the embedded server will hold on the real one, and which may not;
- fit the local turn detection to what a real server was seen to do.

About 7 minutes. **Without a key** nothing is skipped silently: the cells talk to the embedded server instead and
say so. **With a key** in the environment variable `OPENAI_API_KEY` they talk to the real service, and spend about
two cents. A budget of ten refuses further requests (the last answer may exceed it a little), and the trial of turn
detection has one of two cents of its own. No cell asks for a key.
"""

# %% [markdown]
"""
## The word

The variable is looked at, and its content is not shown.
"""

# %%
import os

import rtnb

if os.environ.get("OPENAI_API_KEY"):
    WORD, LABEL = "openai", "the real API, which costs money"
else:
    WORD, LABEL = "local", "the embedded server, which costs nothing (skipping the real API: OPENAI_API_KEY is not set)"

print("This notebook talks to", LABEL)

# %% [markdown]
"""
## What will it cost?

Ask first. `project` computes a talk that has not happened yet from how people talk: how many turns a minute, who
speaks how much, how long the instructions are. The band in the picture lies between a prompt cache that always
helps (the lower edge) and one that never does. The prices are the vendor's list prices of today, from a table that
comes with rtnb.
"""

# %%
MODEL = "gpt-realtime-2.1-mini"

rtnb.pricing.project(1, MODEL, instruction_tokens=20, transcription="gpt-transcribe")

# %% [markdown]
"""
A projection is an estimate. A **budget** is a stop: `budget_usd` refuses each request whose least price is more than
what is left, before it is sent. An answer that has begun is not cut off by it, so the last one may go beyond the
limit; `max_output_tokens` bounds the length of each answer, and with it by how much.
"""

# %% [markdown]
"""
## Connect

This is the cell that the title means. Everything below it is the same on both servers.
"""

# %%
s = rtnb.connect(WORD, model=MODEL, instructions="You are brief.", budget_usd=0.10, max_output_tokens=800)

print(s)

# %%
s.ask("What is server VAD?")

# %%
turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))

# %%
print("answered by:", s.view().endpoint)
print("first audio:", turn.latency)
print("spent:      ", s.budget)

# %% [markdown]
"""
## Was it set up as you asked?

Servers complete settings, round them, or drop what they do not know. `config.diff()` holds what you asked for
against what the server says is in effect. Look at it whenever you change the server or the model. Code from an old
tutorial may still use names of the protocol's *beta*; `session=` takes them, and rtnb says what it made of them:
"""

# %%
s.update(session={"temperature": 0.8, "max_response_output_tokens": 400, "turn_detection": {"type": "server_vad"}})

s.config.diff()

# %%
s.usage

# %% [markdown]
"""
## What holds, and what may not

The embedded server is an **emulation**. This is what you can take from it to the real service:

| matter | embedded server | on the real service |
| --- | --- | --- |
| events, fields, ids, order | every event fits the published types | the same, with members more now and then |
| errors and their codes | texts published by people who met them | the same where they have not changed since |
| arithmetic of turn detection (padding, silence, idle time) | as documented | the same |
| *what counts as speech* | Silero VAD, a public voice activity detector | **unknown**: the vendor's own, unpublished |
| `semantic_vad` | rtnb's rule within the documented limits | **differs**: only its longest waits are published |
| what is said | a small program, the demo brain | a language model |
| what was heard | Whisper tiny.en, English | better, and in many languages |
| voices | one synthesiser; pitch and pace tell ten apart | ten voices |
| tokens of audio | the documented rates | the same |
| tokens of text, prompt cache | counted here; the cache never forgets | the vendor's count; the cache is best effort |
| prices | list prices | your contract |
| latency | no network, a fast brain | measure it: it is not comparable |

So **protocol, tools, audio plumbing, turn logic and the form of the bill** can be built and tested here. **How good
answers are, how fast they come and where exactly a turn ends** is measured there. The page
[Accuracy and limits of the local emulation](../docs/explanation/emulation.md) has figures.
"""

# %% [markdown]
"""
## Give a key safely

A key is money. Whoever reads a notebook, its outputs, or your screen must not find it.

- **Never type a key into a cell.** Cells are saved. `%rtnb connect openai` refuses one that it sees in a cell.
- **From the environment**: set `OPENAI_API_KEY` before Jupyter starts, or in the settings of your hub.
- **Asked for**: if the variable is not set, `rtnb.connect("openai")` asks with a field that shows dots (Python's
  `getpass`). What you type is kept in the connection and nowhere else.
- **On Binder: do not.** It is somebody else's machine. If you must, take a key of a project with a small spending
  limit, and **revoke it** at the vendor's page afterwards. The same goes for any key that was used while others watched.
- **For several cells** ask once yourself; the variable then lives as long as the kernel:

```
import getpass, os
os.environ["OPENAI_API_KEY"] = getpass.getpass("key: ")
```

- **For a browser**, never the key: a **client secret**, which opens one kind of session for some seconds.
"""

# %%
secret = rtnb.client_secret(WORD, model=MODEL, instructions="You are brief.", expires_s=60)

print(secret)
print(f"It opens sessions with {secret.session['model']}, for {secret.expires_in_s:.0f} s from now.")

# %% [markdown]
"""
## Make predictions of the real thing

Notebook [03](03_turn_detection.ipynb) predicted turns on this machine. The embedded server uses the same detector,
so there the predictions are exact. Another server has another detector, whose constants nobody publishes: how far
the probability must fall before silence begins (the *hysteresis*), how late it notices. But its events tell, and
`calibrate` reads the constants off them.

Keyless, the part of the foreign server is played by an embedded one whose detector was altered on purpose: a
hysteresis of 0.3 instead of 0.15, and onsets and ends marked 60 ms and 140 ms later. With a key it is the real one.
Nothing answers and nothing is transcribed in such a trial, and for that the vendor charges nothing; what it can cost
is told first all the same.
"""

# %%
where = {"server": rtnb.LocalServer(detector="hysteresis=0.3,lag_ms=60,end_lag_ms=140"), "pace": "source"}
if WORD == "openai":
    where = {"endpoint": "openai", "budget_usd": 0.02, "pace": "real"}

call = rtnb.vad.Corpus.load(rtnb.sample("labelled"))["ami_trn07"]
settings = [rtnb.ServerVad(threshold=threshold) for threshold in (0.3, 0.5, 0.7)]
trial = rtnb.lab.trial(call, settings, model=MODEL, concurrency=3, **where)
trial

# %% [markdown]
"""
A *residual* is what the server said less what was predicted, in ms: points away from the zero line are predictions that
are off. Now fit it:
"""

# %%
found = rtnb.vad.calibrate(trial)
found

# %% [markdown]
"""
`usual` is what rtnb assumes without a calibration, `fitted` is what explains the events, and the last column says how
sure that is: what half a minute of sound cannot decide stays undetermined, and is said to be. `found.save("detector.yaml")`
keeps it: `rtnb.vad.sweep(..., tuning=...)` predicts with it, and `rtnb serve --detector detector.yaml` imitates that
server in your tests. Recordings of ordinary sessions do as well: `rtnb.vad.calibrate("call.rtnb")`.

## Other hosts

Anything that speaks the protocol has an address. Azure hosts the same models under names that you give (deployments),
and takes its key in a header of another name:

```
rtnb.connect("wss://NAME.openai.azure.com/openai/v1/realtime", model="DEPLOYMENT", headers={"api-key": key})
rtnb.connect("wss://gateway.example.com/v1/realtime", key=key)          # a gateway of your company
rtnb.connect("ws://127.0.0.1:8765/v1/realtime")                         # rtnb serve, on this machine
```

Two variables change the address without touching the code: `RTNB_ENDPOINT` names what `rtnb.connect()` takes when it
is given nothing, and `OPENAI_BASE_URL` (which the `openai` package reads, too) says where `"openai"` is. Prices at
other hosts may differ from the list: `rtnb.pricing.book(...)` takes yours.

## Exercises

**1.** A class of 25 talks for ten minutes each. What does that come to on `gpt-realtime-2.1`, and on its mini model?

<details><summary>One way</summary>

```python
for model in ("gpt-realtime-2.1", "gpt-realtime-2.1-mini"):
    ahead = rtnb.pricing.project(10, model, instruction_tokens=300, transcription="gpt-transcribe")
    print(f"{model:24} one talk {ahead.cost}, the class {ahead.times(25)}")
```

</details>

**2.** What happens when the budget is too small for even one answer? Try it with a thousandth of a cent, and find out whether
anything was spent.

<details><summary>One way</summary>

```python
from rtnb.errors import BudgetError

with rtnb.connect(modalities=["text"], budget_usd=0.00001, journal=False) as poor:
    try:
        poor.ask("Tell me a long story.", show=False)
    except BudgetError as error:
        print(error)
    print(poor.budget)
```

The request was refused before it was sent, and nothing was spent. `poor.raise_budget(usd=...)` would let it through.

</details>

**3.** Try an Azure address without Azure: start `rtnb serve` as a process of its own, which knows Azure's paths, and
connect by address, with a deployment's name and the key in the header.

<details><summary>One way</summary>

```python
import json, subprocess, sys, tempfile, time
from pathlib import Path

ready = Path(tempfile.mkdtemp()) / "ready.json"
command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready), "--api-key", "class-key"]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while not ready.exists():
    time.sleep(0.1)
address = json.loads(ready.read_text())["url"].replace("/v1/realtime", "/openai/v1/realtime")
with rtnb.connect(address, model="my-deployment", headers={"api-key": "class-key"}, modalities=["text"]) as azure:
    print(azure.ask("What is seven plus five?", show=False).text)
server.terminate()
status = server.wait(20)
```

</details>
"""

# %% [markdown]
"""
## Close

An open session costs nothing by itself, but whatever the microphone sends to it may.
"""

# %%
s.close()

print("spent on", s.view().endpoint + ":", s.usage.cost)

# %% [markdown]
"""
On the embedded server that is what the real model *would* have charged for the same tokens.

Next: [Teaching with recordings](10_teaching_with_recordings.ipynb), which need neither a key nor a server.
"""
