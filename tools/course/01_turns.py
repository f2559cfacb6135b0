# %% [markdown]
"""
# Text and audio turns

**One idea: a turn is a value.** You say something, by text, by sound, with an image or as a message made by hand, and
get back an object that you can look into, compute with, keep in a list and compare.

At the end you can say anything to a realtime model in any of these ways, wait for its answer or not, and take a
conversation out of one session and into another. About **8 minutes**. No key, no network, no cost. Run the cells from top
to bottom with **Shift-Enter**.
"""

# %% [markdown]
"""
## Ask

`ask` says something and waits until the answer is complete. A string is words, as if typed.
"""

# %%
import rtnb

s = rtnb.connect(instructions="You are brief.", voice="marin")
turn = s.ask("What is server VAD?")

# %% [markdown]
"""
The card is only how a turn looks. The turn itself has parts, each with its unit: what was said on both sides, the
answer's sound, how it ended, how long it took, what it cost.
"""

# %%
print("said:     ", turn.transcript)
print("answered: ", turn.text)
print("sound:    ", turn.audio)
print("status:   ", turn.status)
print("latency:  ", turn.latency)
print("tokens:   ", turn.usage)
print("cost:     ", turn.cost)

# %% [markdown]
"""
## Say it by audio file

A **Clip** is sound with its sampling rate. A realtime session of rtnb speaks 24,000 samples a second; files do not have
to. This writes a question as a telephone would carry it, 8,000 a second, and asks by the *path* of the file: a string is
words, a path is a file. It is resampled on the way.
"""

# %%
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
question = rtnb.Clip.load(rtnb.sample("weather_question"))
question.resample(8000).save(folder / "telephone.wav")

turn = s.ask(folder / "telephone.wav")

# %% [markdown]
"""
A clip that is asked is **exactly one turn**, however long its pauses are. Finding turns in sound is another matter, with
[a notebook of its own](03_turn_detection.ipynb).

Both sides of the turn are clips again. Here is one second of the answer, cut by time:
"""

# %%
turn.audio[1.0:2.0]

# %% [markdown]
"""
## Show it an image

A list is one message with several parts. Any PNG or JPEG goes; this one is the timeline of the turn above. The demo brain
that answers here is made of rules and cannot see, and it says so. Its **tokens**, the unit that models count and bill in,
are counted as the real model counts them, the image apart.
"""

# %%
picture = turn.timeline.to_png(folder / "turn.png")
turn = s.ask([rtnb.Image(picture, detail="low"), "What do you see?"])

# %% [markdown]
"""
## Ask or send

`ask` blocks the cell. `send` returns at once with a turn that is not over yet. (Without `show=False` it shows a card that
fills while the answer comes.)
"""

# %%
turn = s.send("Tell me a story.", show=False)
print("done:", turn.done, " status:", turn.status)

# %% [markdown]
"""
`turn.wait()` waits for it now, and so does `await turn` in asynchronous code, which a cell of a notebook is. Turns never
get into each other's way: a second `send` waits until the first answer is done, and also until one is done that turn
detection asked for.
"""

# %%
await turn

# %% [markdown]
"""
## Messages made by hand

`ask` does two things: it adds a message to the conversation, and it asks for a response. They can be had one by one.
`add` puts in a message of yours, or one that the assistant is supposed to have said; nothing answers. `respond` then asks
for an answer to the conversation as it is.
"""

# %%
s.add("My name is Sam.")
s.add("Pleased to meet you, Sam.", role="assistant")
s.add("What is my name?")
turn = s.respond()

# %% [markdown]
"""
Everything that can be set for a session can be set for one response alone, in `respond` as in `ask`: here, an answer
in text only, which costs no audio tokens.
"""

# %%
turn = s.ask("Spell cat.", modalities=["text"])

# %% [markdown]
"""
What has been said so far is a list of **items**. The model is given all of it with every response, which is why
conversations get dearer as they go on ([06](06_what_it_costs.ipynb)).
"""

# %%
s.items

# %% [markdown]
"""
## Beside the conversation

An **aside** (the API calls it an *out-of-band response*) gets what you give it instead of the conversation, and leaves no
trace in it: to classify, to check, to summarise. Counting items before and after shows it.
"""

# %%
before = len(s.items)
print(s.aside(input="What is 12 times 12?").text)
print(s.classify(["weather", "sports", "music"], about="Will it rain tomorrow?"))
print("new items:", len(s.items) - before)

# %% [markdown]
"""
## Every step by hand

`ask` with a clip is made of smaller steps too. Sound is **appended** to the *input buffer*, which is a waiting room;
**commit** makes a message of what is in it, and **clear** throws it away. With turn detection on, the server would commit
by itself, so it is turned off first. This is push-to-talk, without the button.
"""

# %%
s.update(turn_detection=None)

s.append(question)
s.clear()                        # not this one
s.append(question)
s.commit()
turn = s.respond()

# %% [markdown]
"""
After the commit the buffer is empty, so there is nothing to commit. rtnb knows that without asking the server, and says
what to do:
"""

# %%
try:
    s.commit()
except rtnb.errors.AudioError as error:
    print(error)

# %% [markdown]
"""
## History out, history in

The conversation as text, in the shape that chat models use. It can be stored, edited, and given to any of them. Here are
its last messages:
"""

# %%
messages = s.export_history()
messages[-8:]

# %% [markdown]
"""
And into a new session, which has never heard of Sam. The API takes no sound of the assistant's, only its words; what it
cannot take is told, never dropped silently. (rtnb also mentions that our first session is still open.)
"""

# %%
with rtnb.connect(modalities=["text"]) as another:
    print(another.load_history(messages[-8:]))
    print(another.ask("What is my name?", show=False).text)

# %% [markdown]
"""
## Turns are values

All turns of the session are in a list, so ordinary Python answers ordinary questions. Which one was the dearest?
"""

# %%
dearest = max(s.turns, key=lambda turn: turn.cost.total_usd)
print(len(s.turns), "turns, the dearest is", dearest, "at", dearest.cost)

# %% [markdown]
"""
## Exercises

1. **The model hears itself.** Ask with the sound of an answer: `dearest.audio`. What was understood?

<details><summary>One way</summary>

```python
echo = s.ask(dearest.audio, show=False)
print("it said:   ", dearest.text)
print("was heard: ", echo.transcript)
print(rtnb.word_errors(dearest.text, echo.transcript))
```

`word_errors` counts what speech recognition got wrong. Names and rare words go first.
</details>

2. **Half a question.** Ask with the first 0.8 s of the recorded question. What was heard, and what was answered?

<details><summary>One way</summary>

```python
half = s.ask(question[:0.8], show=False)
print(half.transcript, "->", half.text)
```

A turn that is cut off too early is not an error for anybody: it is heard, answered and billed. Only the
program that cut it can know.
</details>

3. **Text or sound?** Ask the same question with `modalities=["text"]` and without. What does the difference cost?

<details><summary>One way</summary>

```python
spoken = s.ask("What is a turn?", show=False)
written = s.ask("What is a turn?", modalities=["text"], show=False)
for turn in (spoken, written):
    print(turn.usage.output_audio, "audio +", turn.usage.output_text, "text tokens out,", turn.cost)
```

The words cost the same; what makes an answer dear is saying them aloud.
</details>

4. **A conversation that never was.** Make one by hand in which the assistant has promised something, and ask about it.

<details><summary>One way</summary>

```python
with rtnb.connect(modalities=["text"]) as made_up:
    made_up.load_history([("user", "My name is Kim."), ("assistant", "I will remember that.")])
    print(made_up.ask("What is my name?", show=False).text)
```

That is how tests and examples for a prompt are made: put the model into the situation instead of talking it there.
</details>
"""

# %% [markdown]
"""
## Done

Closing ends the connection. The turns stay what they are: this is the last one again.
"""

# %%
s.close()
s.turns[-1]

# %% [markdown]
"""
Next: [02 The event timeline](02_timeline.ipynb), which looks at one spoken turn, message by message.
"""
