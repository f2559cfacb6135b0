# %% [markdown]
"""
# The event timeline: every event of a turn, explained

**One idea: everything is events.** A conversation with a realtime model is nothing but small JSON messages that go
back and forth over one connection: 57 kinds, of which a plain spoken turn uses 19. Whoever can read them can
say why an answer was late, why it was cut, and what it cost. (Turns that are interrupted or call tools have some more:
they come in [04](04_barge_in.ipynb) and [05](05_tools_and_mcp.ipynb), and all 57 are listed in
[Every event](../docs/reference/events.md).)

At the end you can name every event of a spoken turn, say between which two events a latency lies, and hand a session
to a colleague as a file. About **10 minutes**. No key, no network, no cost. Run the cells from top to bottom with
**Shift-Enter**.
"""

# %% [markdown]
"""
## One spoken turn

`stream` plays a recording into the session at the pace it was spoken: somebody asks for the weather in Paris, and
falls silent. Nobody presses a button, so the server has to find out where the question begins and ends.
"""

# %%
import rtnb

s = rtnb.connect(instructions="You are brief.", voice="marin")
run = s.stream(rtnb.sample("weather_question"))

# %% [markdown]
"""
The same turn as a **timeline**: lanes over one clock, in seconds since the connection opened. *You* is the sound that
was sent. In *Turn detection* the lightest part is padding from before the first word, the darkest the silence that was
waited for, and the line behind it is the moment at which the sound became a message. The **bracket** is what a caller
feels: from the end of speech to the first sound of the answer.
"""

# %%
import time

time.sleep(5)   # until the answer has been played to its end: the picture should hold all of it
turn = run.turns[0]
turn.timeline

# %% [markdown]
"""
## What an event is

Each moment in the picture is an **event**. This is one of them, as it came over the wire: a JSON object with a `type`,
an `event_id` for questions about it, and what it has to say.
"""

# %%
(stopped,) = s.events.of_type("input_audio_buffer.speech_stopped")
stopped.raw

# %% [markdown]
"""
`rtnb.explain` knows every one of them, its members, who sends it, what comes before and after it, and what to do with
it. It takes an event, or any name that you find in a log.
"""

# %%
rtnb.explain(stopped)

# %% [markdown]
"""
## Before anybody speaks

`explained()` is the list of all events, each with what it means. Names have families, separated by dots, so we go
through it family by family, in the order in which they appear in the turn. An arrow to the right is sent by the client
(this notebook), to the left by the server; a dot is a note that rtnb makes for itself.

First the **session**: the settings of the connection. The server begins, the client says what it wants changed, and the
server answers with *all* settings, which is the only proof that they are in effect.
"""

# %%
story = s.timeline.explained()
story.of_type("rtnb", "session")

# %% [markdown]
"""
## The user speaks

**The input buffer** is where sound waits until it is a message. Sound is sent in pieces of 20 ms, so `append` comes
fifty times a second; it is one line here, and so are all events of that kind. It is the only one that the client
sends: the other three are what **server VAD** (voice activity detection) makes of the sound. There is more sound than
the question has: `stream` goes on with silence, as a microphone would, until the answer is there.
"""

# %%
story.of_type("input_audio_buffer")

# %% [markdown]
"""
There are **two clocks**. `audio_end_ms` counts milliseconds of *sound sent*, not of time: it stands still while nothing
is sent. The timeline converts one into the other. The event arrives later than the moment that it names: sound travels in
pieces and is judged in pieces, each of which has to be over first, and a busy machine adds a delay of its own.
"""

# %%
position_ms = stopped.raw["audio_end_ms"]
print(f"sound at {position_ms} ms was captured at {s.timeline.clock_s(position_ms):.3f} s")
print(f"the event about it arrived at {stopped.t_s:.3f} s")

# %% [markdown]
"""
## What was said becomes an item

The **conversation** is a list of items: messages, and calls of tools. This turn adds two. The user's is complete as soon
as it is there; the assistant's is added empty, *in_progress*, and is done when the answer is.

The transcript of the user's words belongs to the item, and comes when it likes, often after the answer. It is made by
another model than the one that answers, so that the two may disagree about what was said.
"""

# %%
story.of_type("conversation")

# %% [markdown]
"""
## The answer

A **response** is a frame with frames inside: the response has an output *item*, the item a content *part*, and the part
is filled by **deltas**, little pieces of transcript and of sound. The frames are closed from the inside out, and
`response.done` closes the last one. It comes exactly once, whatever happens.
"""

# %%
story.of_type("response")

# %% [markdown]
"""
The sound of an answer comes faster than anybody can listen, so it is complete long before it has been heard. Most of
what a client has to get right follows from this, above all [interruptions](04_barge_in.ipynb). And `response.done` is
the event to remember: it has the status, all items, and the tokens that will be on the bill.
"""

# %%
done = s.events.of_type("response.done")[-1]
print(done.raw["response"]["status"])
done.raw["response"]["usage"]

# %% [markdown]
"""
One more follows the response: how much of the model's rate limits is left.
"""

# %%
story.of_type("rate_limits")

# %% [markdown]
"""
## All of it, in order

This is the whole turn, nothing left out. Read it beside the timeline above: what is a lane there is a few lines here.
(A turn begins shortly before its first word and a session with the first piece of sound, so that `append` is counted
fewer times here than above.)
Two things happen at once from `response.created` on: the answer is made, and the transcript of the question.
"""

# %%
turn.timeline.explained()

# %% [markdown]
"""
Is there any event that is not explained? The list of those is empty.
"""

# %%
[each.type for each in story if not each.means]

# %% [markdown]
"""
## A latency lies between two events

"It answers in half a second": from when, to when? Tools that measure voice agents differ by that much for the same turn,
because they begin and end at different events. Here every figure carries both.
"""

# %%
turn.timing

# %% [markdown]
"""
Events stand in their order from left to right, evenly spaced; each bracket ends at its dot. The thick one is what a caller
feels, and the ones above it are its parts. (Below zero means that the second event came first: the transcript of the
question may be there before the answer is over.)

There is nothing magic in the figures. `ttfa_vad`, the *time to first audio* after turn detection, is the difference of
two times in the list:
"""

# %%
first = s.events.of_type("response.output_audio.delta")[0]
print(f"{first.t_s:.3f} s - {stopped.t_s:.3f} s = {first.t_s - stopped.t_s:.3f} s")
print(turn.timing["ttfa_vad"])

# %% [markdown]
"""
What a caller feels is `response_latency`: `endpointing` (the wait until turn detection is sure), then `ttfa_vad`, then
the silence at the head of the answer's sound, `silence_pad`. The first is yours to choose, and
[the next notebook](03_turn_detection.ipynb) chooses it.

*Reckoned* means that no loudspeaker reported what it played: rtnb then assumes the pace of speech.
"""

# %% [markdown]
"""
## Two generations of names

Most tutorials were written for the **beta** of the API, whose events had other names. The live service refuses that
shape since May 2026; what it speaks is called **GA**, for general availability. These events of our turn were renamed:
"""

# %%
{each.type: each.beta for each in turn.timeline.explained() if each.beta}

# %% [markdown]
"""
`rtnb.explain("response.audio.delta")` knows the old names, `rtnb serve --beta serve` speaks them to old clients, and
`rtnb.replay` reads old logs. Renaming was not all of it: `conversation.item.created` became two events, *added* and
*done*.
"""

# %% [markdown]
"""
## Take it along

These files are the same timeline for people without a notebook: a page without scripts, in which one can also listen; a trace for
[Perfetto](https://ui.perfetto.dev), a viewer in the browser that zooms into millions of events (choose *Open trace file*);
and one event a line in JSON, for programs.
"""

# %%
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
turn.timeline.to_html(folder / "turn.html", embed_audio=True)
turn.timeline.to_perfetto(folder / "turn.json")
s.timeline.to_jsonl(folder / "session.jsonl", audio=True)

for file in sorted(folder.iterdir()):
    print(f"{file.name:14} {file.stat().st_size / 1000:5.0f} kB")

# %% [markdown]
"""
Events are all there is, so nothing is lost: from the lines of JSON everything comes back, cards, sound and cost.
"""

# %%
again = rtnb.replay(folder / "session.jsonl")
again.turns[0]

# %% [markdown]
"""
## Exercises

1. **Where does the time go?** How much of what the caller waited for was spent on deciding that the question was over?

<details><summary>One way</summary>

```python
waited, deciding = turn.timing["response_latency"].value, turn.timing["endpointing"].value
print(f"{deciding:.2f} s of {waited:.2f} s, {deciding / waited:.0%}")
```

Here the server's detector alone decides this part, from the silence that it waits for. The rest is recognition, the model
and the voice: a faster model shortens only the rest.
</details>

2. **A typed question.** Which events of the spoken turn does a typed one not have?

<details><summary>One way</summary>

```python
before = len(s.events)
s.ask("What is a turn?", show=False)
time.sleep(0.5)                   # the rate limits come a little later
spoken, typed = set(turn.timeline.explained().types), {event.type for event in s.events[before:]}
print("missing:", *sorted(spoken - typed), sep="\n  ")
print("new:", *sorted(typed - spoken), sep="\n  ")
```

No input buffer, no transcription. Instead the client creates the item and asks for the response, which turn detection
had done for it.
</details>

3. **A patient listener.** Turn detection that waits for 800 ms of silence: which latency grows, and which does not?

<details><summary>One way</summary>

```python
s.update(turn_detection=rtnb.ServerVad(silence_duration_ms=800))
patient = s.stream(rtnb.sample("weather_question"), show=False).turns[0]
for name in ("endpointing", "ttfa_vad", "response_latency"):
    print(f"{name:17} {turn.timing[name].text:>7} -> {patient.timing[name].text}")
```

`endpointing` grows by the 0.6 s, and `response_latency` with it. `ttfa_vad` begins only when the waiting is over: whoever
quotes that figure alone does not see the difference.
</details>

4. **What weighs the most?** `turn.timeline.to_frame()` is a table for pandas, with the bytes of every event.

<details><summary>One way</summary>

```python
weights = turn.timeline.to_frame().groupby("type")["bytes"].sum().sort_values(ascending=False)
print((weights / weights.sum()).head(3).map("{:.1%}".format))
```

Sound, both ways. All the other events together weigh less than a tenth.
</details>
"""

# %% [markdown]
"""
## Done

Closing ends the connection. What happened stays readable, `s.timeline` included.
"""

# %%
s.close()
s.timeline

# %% [markdown]
"""
Next: [03 Turn detection and the VAD lab](03_turn_detection.ipynb), which decides how long that first part, `endpointing`,
has to be.
"""
