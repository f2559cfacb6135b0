# %% [markdown]
"""
# A first conversation with a realtime voice model

In **6 minutes** you will have talked to a realtime voice model by microphone, text and audio file, and seen what each
turn took and cost.

rtnb wraps one connection to such a model in one object. This notebook talks to rtnb's **embedded server**: it speaks the
protocol of the OpenAI Realtime API on this very machine, with real speech recognition, turn detection and speech
synthesis. You need no key and no network, and nothing costs money. Prices are shown all the same: they are what the real
model would charge for the same tokens.

Run the cells from top to bottom with **Shift-Enter**.
"""

# %% [markdown]
"""
## Connect

The first turn waits some seconds longer than the others, while the voices load.
"""

# %%
import rtnb

s = rtnb.connect(instructions="You are brief.", voice="marin")

# %% [markdown]
"""
## Talk to it

The session itself, at the end of a cell, is a console. Press **Open mic**, allow the microphone, and ask "What is the
weather in Paris?" Speak again while it answers: it falls silent, and the console says how much of the answer you
had heard. No microphone? Type, or drop an audio file. The cells below talk to the same session, and the console
follows.

Its last line says what was used, in **tokens**, the unit that models count and bill in; *context* is the share of what
the model can keep in mind at once. [06](06_what_it_costs.ipynb) has all of it.
"""

# %%
s

# %% [markdown]
"""
## Ask by text

`ask` waits until the answer is complete and shows the turn as a card: both sides in words, a player, the waveform
of the answer, how long it took from the request to the first audio, the tokens and their price. The question is about
**VAD**, *voice activity detection*: how the server notices that somebody speaks, and when the turn is over.
"""

# %%
s.ask("What is server VAD?")

# %% [markdown]
"""
## Ask by audio file

Any file works, at any rate: WAV, FLAC, MP3, OGG. A clip is one turn. What you said is transcribed by the server's
speech recognition, so that you can check what was heard. (*Peak* is the loudest moment, in decibels below the loudest
that a digital recording can hold.)
"""

# %%
question = rtnb.Clip.load(rtnb.sample("weather_question"))
question

# %%
turn = s.ask(question)

# %% [markdown]
"""
The latency of this card counts from the **commit**: the moment at which the sound became a message of the conversation.

A turn is a value. You can look into it, compute with it, and send the answer's sound on.
"""

# %%
print("heard:   ", turn.transcript)
print("answered:", turn.text)
print("latency: ", turn.latency)
print("tokens:  ", turn.usage)
print("cost:    ", turn.cost)

# %% [markdown]
"""
## Stream a recording

`stream` plays a recording into the session at the pace it was spoken, so that **turn detection** really runs: the
server decides where speech starts and stops, answers each time it thinks that the speaker is done, and falls silent
when the speaker goes on.

The recording is a caller who asks for a long story, listens to its beginning, and then asks something else. It is made
here, of two spoken sentences with five seconds of silence before each; so the cell takes as long as the call.
"""

# %%
from rtnb.testing import RtnbServer

story = RtnbServer.speak("Tell me a long story.", voice="verse")
other = RtnbServer.speak("What is the weather in Paris?", voice="verse")
caller = rtnb.Clip.concat([rtnb.Clip.silence(0.1), story, other], gap_s=5)

run = s.stream(caller, name="a caller who interrupts")

# %% [markdown]
"""
Shaded areas are what turn detection took for speech: the lighter edge in front is the padding that it keeps, the darker
edge behind is the silence that it waited for. The story is faded where nobody heard it, beneath the next answer and
behind it: its sound arrived faster than it can be spoken, and the rest of it was thrown away when the caller spoke
again. (The notice says how rtnb knows what was heard: nobody plays the sound here, so it is *reckoned* at the pace of
speech.)

A turn of a run is a turn like any other. This is the one that was interrupted:
"""

# %%
run.turns[0]

# %% [markdown]
"""
## Why each moment took as long as it did

Everything that happened, in lanes over one clock: what you said and what turn detection made of it, the responses,
their sound and how much of it was heard, the words, the cost. Brackets name the two events that a latency lies between.
With a kernel, click on anything to see the event behind it, explained.
"""

# %%
s.timeline

# %% [markdown]
"""
## What it used

Tokens by modality, and the bill at the model's list price of the day. Audio that repeats from turn to turn is cached
and costs a fraction.
"""

# %%
s.usage

# %% [markdown]
"""
## Exercises

1. **Text or sound?** Ask something by text, as above. How many tokens of the answer were text, and how many were sound?

<details><summary>One way</summary>

```python
turn = s.ask("What is a turn?", show=False)
print(turn.usage.output_text, "text tokens,", turn.usage.output_audio, "audio tokens")
```
</details>

2. **Talked over.** Which answers to the caller were interrupted, and how much of each was heard? `run.turns` is a list.

<details><summary>One way</summary>

```python
for turn in run.turns:
    if turn.unheard_s:
        print(f"turn {turn.index + 1}: {turn.heard_s:.1f} s of {turn.received_s:.1f} s heard")
    else:
        print(f"turn {turn.index + 1}: {turn.status}, nothing lost")
```

The story alone. [04](04_barge_in.ipynb) is about what that costs, and about what the model remembers of it.
</details>

3. **A patient listener.** Let turn detection wait for a whole second of silence instead of 200 ms, and stream the caller
   again. What changes? (This takes as long as the call again.)

<details><summary>One way</summary>

```python
s.update(turn_detection=rtnb.ServerVad(silence_duration_ms=1000))
patient = s.stream(caller, name="a patient listener", show=False)
for each in (run, patient):
    print(each.turns[-1].timing["endpointing"].text, "until the end of the question was noticed")
```

Every answer begins 0.8 s later. What that buys: whoever thinks for a moment within a sentence is not cut off.
[03](03_turn_detection.ipynb) is about this trade.
</details>
"""

# %% [markdown]
"""
## Keep it

A recording holds every event and all audio in one file. It opens in the same views, without any server.
"""

# %%
import tempfile
from pathlib import Path

recording = s.save(Path(tempfile.mkdtemp()) / "quickstart.rtnb")
s.close()

rtnb.replay(recording)

# %% [markdown]
"""
Next: [01 Text and audio turns](01_turns.ipynb), where a turn is a value. After that, each notebook has one idea:
[the event timeline](02_timeline.ipynb), [turn detection](03_turn_detection.ipynb), [interruptions](04_barge_in.ipynb),
[tools](05_tools_and_mcp.ipynb), [cost](06_what_it_costs.ipynb), [long conversations](07_long_conversations.ipynb),
[tests in CI](08_from_notebook_to_ci.ipynb), [the real API](09_the_real_api.ipynb) and
[teaching with recordings](10_teaching_with_recordings.ipynb).
"""
