# %% [markdown]
"""
# Barge-in: who interrupts whom

People talk over each other. When you start to speak while the assistant is still talking, it should fall silent: that
is called **barge-in**. This notebook is about one question, *who interrupts whom*: you the assistant, the assistant
itself, or the television in the background.

At its end you can stream a recording that interrupts an answer, say how much of the answer was heard, what the model
remembers of it and what the rest cost, and you know three ways against interruptions that nobody meant.

About 9 minutes. No key, no network, no cost. Run the cells from top to bottom with **Shift-Enter**.
"""

# %% [markdown]
"""
## A caller who interrupts

Two spoken questions from a recorded lesson, put one behind the other with a pause of five seconds. The first asks for a
long story, so the second will fall right into it.
"""

# %%
import rtnb

lesson = rtnb.replay("data/ten_minutes.rtnb")
story, question = lesson.turns[12].user_audio, lesson.turns[13].user_audio
caller = rtnb.Clip.concat([story, question], gap_s=5)
caller

# %% [markdown]
"""
`stream` plays it into a session at the pace it was spoken. The server's turn detection (the notebook before this one)
notices the second question and does two things at once: it **cancels** the answer it is still making, and says so with
the event `speech_started`, so that the player falls silent.

In the picture, the caller is above the line and the assistant below. What is faded belongs to the first answer: it was on
its way, and nobody heard it. It is drawn as long as what was lost, where it would have been played; so the next answer
begins on top of it, and it may stick out behind that one, which was heard to its end.

Brackets show the latency of each answer; where there is no room for the number, the table has it.
"""

# %%
s = rtnb.connect(voice="marin")
run = s.stream(caller, name="a caller who interrupts")

# %% [markdown]
"""
## Received is not heard

Why is anything faded at all? Because an answer is made **faster than it is spoken**. The embedded server sends one
second at once and the rest at three times the pace of speech; the real service is often faster still. When the caller
spoke up, the assistant's voice was here, and its sound was there:
"""

# %%
cut = run.turns[0]
print(f"received {cut.received_s:5.2f} s")
print(f"heard    {cut.heard_s:5.2f} s")
print(f"unheard  {cut.unheard_s:5.2f} s")

# %% [markdown]
"""
Who knows what was heard? Not the server: it only knows what it sent. The **player** knows. Where sound comes out of the
console, the browser reports how far it has played. In this notebook nobody listens, so rtnb reckons with a player that
plays at exactly the pace of speech, which is what the notice above says.

## What the model remembers

The model must not believe that it said what nobody heard. So the client tells the server where to cut the answer, with
the event `conversation.item.truncate` and the number of milliseconds that were heard. rtnb does that by itself:
"""

# %%
(truncate,) = s.events.of_type("conversation.item.truncate")[:1]
print(truncate.type, truncate.body["audio_end_ms"], "ms")

# %% [markdown]
"""
From then on the rest is gone from the conversation, its words as well. One can see it in the tokens. Audio counts one
**token** (the unit that models count and bill in) for 100 ms of a user's speech and one for 50 ms of the assistant's.
So the answer to the second question was given this much audio to read:
"""

# %%
second = run.turns[1]
spoken = (cut.user_audio.duration_s + second.user_audio.duration_s) * 10
heard = truncate.body["audio_end_ms"] / 50
print(f"{spoken:.1f} tokens of the caller + {heard:.1f} of the answer that was heard = {spoken + heard:.1f}")
print(f"billed as audio input: {second.usage.input_audio}")

# %% [markdown]
"""
(The two differ a little, as each message counts whole tokens.)

## Paid, and never heard

The cut saves input from now on. It does not bring back what was already made: **audio is billed when it is made, not
when it is heard.** Everything that arrived was paid for, the faded part included.
"""

# %%
print(f"made:  {cut.usage.output_audio} audio tokens, the whole turn costs {cut.cost}")
print(f"never heard: {cut.unheard_s:.1f} s, {cut.unheard_cost}")

# %% [markdown]
"""
Stopping was right all the same: without barge-in the whole story, more than a minute of it, would have been made and
billed. How much is wasted depends on how far the sound runs ahead of the voice.

The timeline has all of it over one clock. Find the caller's second question, the response that ends beneath it, and the
brackets: one a turn for the latency of its answer, and one for how long it took until the assistant was silent. (As
above, the faded stretch is the rest of the first answer, also where it lies beneath the second.)
"""

# %%
run.timeline

# %% [markdown]
"""
## A button instead of a voice

`interrupt()` is barge-in without speech: what a *Stop* button does. It cancels the response and cuts the item, in the
same two steps. `send` begins a turn and returns at once, so that the cell can do something meanwhile.
"""

# %%
import time

turn = s.send("Tell me a long story.", show=False)
time.sleep(7)
s.interrupt()
turn

# %% [markdown]
"""
The model knows how far it was heard. Ask it to go on, this time in writing:
"""

# %%
again = s.ask("Continue.", modalities=["text"], show=False)
print(f"cut after: {turn.heard_s:.1f} s")
print(f"goes on:   {again.text[:80]} …")
s.close()

# %% [markdown]
"""
## The assistant interrupts itself

Without headphones the microphone hears the loudspeaker. Turn detection then hears *speech*, and does not know whose.
This recording asks a question and, three seconds later, holds what a microphone beside the loudspeaker would pick up: the
assistant's own first words, 12 decibels softer (a quarter of the amplitude).
"""

# %%
asks = lesson.turns[1].user_audio
echo = lesson.turns[1].audio[:3].gain(-12)
room = rtnb.Clip.concat([asks, echo], gap_s=3)

with rtnb.connect(instructions="You are brief.") as s:
    first = s.stream(room, name="with an echo").turns[0]
    print("the user is taken to have said:", [turn.transcript for turn in s.turns])
    print(f"of the answer, {first.heard_s:.1f} s of {first.received_s:.1f} s were heard")

# %% [markdown]
"""
The answer was cut where its echo was noticed, and the assistant answered *itself*. If a voice agent talks in endless circles
with nobody in the room, look for this first.

Browsers, telephones and headsets have **echo cancellation**, which takes the loudspeaker's sound out of the
microphone's: use it, it is on in the console. Where there is none, `half_duplex=True` helps, as on a walkie-talkie:
while the assistant speaks, silence is sent in place of the microphone.
"""

# %%
with rtnb.connect(instructions="You are brief.", half_duplex=True) as s:
    s.stream(room, name="with an echo, half duplex")
    print("the user is taken to have said:", [turn.transcript for turn in s.turns])

# %% [markdown]
"""
The price is plain: while the assistant speaks, nobody can interrupt it. Only `s.interrupt()`, the button, still can.

## Let it finish

There is a third way. With `interrupt_response=False` the server hears and writes down everything, but goes on with its
answer. It does not answer what it hears meanwhile, as only one answer can be under way: its request for another is refused.
rtnb asks again when the first answer is done, so that somebody who speaks meanwhile is answered **after** it. (Other
clients have to do that themselves, with `response.create`.)
"""

# %%
asks_on = rtnb.Clip.concat([asks, question], gap_s=1)

with rtnb.connect(instructions="You are brief.", turn_detection=rtnb.ServerVad(interrupt_response=False)) as s:
    s.stream(asks_on, name="not to be interrupted")
    for turn in s.turns:
        print(f"{turn.status}, interrupted: {turn.heard_s is not None}, answer: {turn.text[:40]} …")

# %% [markdown]
"""
Good for an announcement that must be heard to its end (a legal notice, a price). For a conversation it feels deaf.

## False alarms

Every sound that turn detection takes for speech ends the answer: a cough, a colleague, the television. Which of them
get through is decided by the **threshold**. Here is a meeting, recorded across a room, as a television next door: as it
is, and 12 and 24 decibels softer. How many seconds could the assistant speak before it is interrupted? (No server is
needed to tell: `detect` applies the same rules to a recording, in milliseconds.)
"""

# %%
television = rtnb.vad.Corpus.load(rtnb.sample("labelled"))["ami_trn07"].clip()
tracks = [rtnb.vad.probabilities(television.gain(-db)) for db in (0, 12, 24)]

print("threshold      as it is   12 dB softer   24 dB softer")
for threshold in (0.2, 0.5, 0.8, 0.95):
    vad = rtnb.ServerVad(threshold=threshold)
    first = [rtnb.vad.detect(track, vad)[0].started_at_s for track in tracks]
    print(f"{threshold:9.2f}" + "".join(f"{seconds:13.1f} s" for seconds in first))

# %% [markdown]
"""
A higher threshold lets less through, and misses soft speakers sooner: the same trade as in the notebook before. What no
setting does is tell *whose* speech it is, or that "mm-hm" was no objection: `server_vad` has no shortest length of
speech. That is the job of your own program, with `interrupt_response=False` and `s.interrupt()` when it is convinced.

## Exercises

1. Let the caller interrupt after 2 seconds instead of 5. Is more wasted, or less? Guess first.

<details><summary>One way</summary>

```python
with rtnb.connect(voice="marin") as s:
    run = s.stream(rtnb.Clip.concat([story, question], gap_s=2), name="sooner")
    sooner = run.turns[0]
    print(f"heard {sooner.heard_s:.1f} s, unheard {sooner.unheard_s:.1f} s, {sooner.unheard_cost} for nothing")
```

Less. The sound runs ahead of the voice by two seconds in every second of voice: the later you interrupt, the more of
it is waiting.
</details>
"""

# %% [markdown]
"""
2. A server that sends its whole answer at once, as fast as it is made: what does interrupting save then? Set up the
   embedded server like that with `server=rtnb.LocalServer(realtime_factor=0)`.

<details><summary>One way</summary>

```python
with rtnb.connect(voice="marin", server=rtnb.LocalServer(realtime_factor=0)) as s:
    run = s.stream(rtnb.Clip.concat([asks, question], gap_s=3), name="all at once")
    whole = run.turns[0]
    print(f"{whole.status}: received {whole.received_s:.1f} s, heard {whole.heard_s:.1f} s, {whole.unheard_cost} for nothing")
```

Nothing of this answer: it was complete before the caller spoke, so its status is `completed`, and all of it is billed.
The truncation is still worth it, because the model does not read the rest again with every turn to come.
</details>
"""

# %% [markdown]
"""
3. Does the echo still interrupt with a threshold of 0.95? And what else would that change?

<details><summary>One way</summary>

```python
track = rtnb.vad.probabilities(room)
for threshold in (0.5, 0.95):
    turns = rtnb.vad.detect(track, rtnb.ServerVad(threshold=threshold))
    print(threshold, [f"{turn.onset_s:.1f} to {turn.end_s:.1f} s" for turn in turns])
```

It does: an echo *is* speech, and 12 dB softer is still clear speech. A threshold is no echo cancellation; it would only
begin to miss people who speak softly.
</details>
"""

# %% [markdown]
"""
## What comes next

All sessions are closed. You know who interrupts whom, and what it costs. In
[Tools and MCP](05_tools_and_mcp.ipynb) the assistant gets something to do besides talking.
"""
