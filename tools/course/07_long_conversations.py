# %% [markdown]
"""
# Long conversations

A realtime model has no memory of its own. For **every answer it reads the whole conversation again**, and there is a
limit to how much it can read, another one to how long a connection lasts, and a third one to what you want to pay. This
notebook is about one question: *what happens when a conversation grows too long?*

At its end you can say what the model still knows after an hour, choose what is forgotten (truncation, deletion, summary)
and what that does to the bill, and you have seen a session outlive its connection.

About 10 minutes. No key, no network, no cost. Run the cells from top to bottom with **Shift-Enter**.
"""

# %% [markdown]
"""
## Everything, again, for every answer

A recording of eleven minutes: a learner asks a tutor 44 questions. **Tokens** are the unit in which models read: one
for 100 ms of your speech, one for 50 ms of the assistant's. This is how many the model read for each of its answers:
"""

# %%
import pandas as pd

import rtnb
from rtnb import pricing

talk = rtnb.replay("data/ten_minutes.rtnb")
read = pd.Series([turn.usage.input_tokens for turn in talk.turns], index=range(1, len(talk.turns) + 1))
_ = read.plot.area(xlabel="answer", ylabel="tokens read for it", figsize=(8, 2.6), alpha=0.6)

# %% [markdown]
"""
The first answer was given a few hundred tokens, the last one more than eleven thousand. Only once did the line stop
rising: after turn 30 an old question was deleted. What a model can read at once is its **context window**:
"""

# %%
model = rtnb.models()["gpt-realtime"]
room = model.max_input_tokens
per_minute = read.iloc[-1] / (talk.view().duration_s / 60)
print(f"a window of {model.context_tokens:,} tokens, {room:,} without the room that is kept for an answer")
print(f"{per_minute:,.0f} tokens a minute; so it is full after {room / per_minute:.0f} minutes")

# %% [markdown]
"""
(Newer models have four times that window: the same question comes up four times as late, and an answer reads four times
as much by then.)

## Something must go

So that it happens before our eyes, we do it small: a **limit of 600 tokens** in place of 32,000. The lesson is always
the same. The learner tells her name, asks six spoken questions, and wants to know at the end whether she was listened
to. `LocalServer(realtime_factor=0)` is the embedded server without the wait: its answers arrive all at once.
"""

# %%
QUESTIONS = [turn.user_audio for turn in talk.turns[1:7]]


def lesson(**settings):
    with rtnb.connect(instructions="You are brief.", server=rtnb.LocalServer(realtime_factor=0), **settings) as s:
        for said in ["My name is Sam.", *QUESTIONS, "What is my name?"]:
            s.ask(said, show=False)
    return s

# %%
everything = lesson()
everything.turns[-1]

# %% [markdown]
"""
## Truncation: the server drops the beginning

When the conversation is longer than the limit, the server leaves out its oldest items. That is **truncation**, and it
is what happens if you do nothing (`truncation="auto"`, with all that the model can read as the limit). Two numbers make it
your own decision:

- `post_instructions`: the limit, in tokens, for everything behind the instructions;
- `retention_ratio`: how much of the limit is kept when something must go. `0.5` drops down to half of it.
"""

# %%
dropped = lesson(truncation=rtnb.Truncation("retention_ratio", 0.5, post_instructions=600))
dropped.turns[-1]

# %% [markdown]
"""
Forgotten. And **nobody said so**: the server sends no event when it truncates, and the console still shows every word. It
can only be seen in the tokens, which suddenly become fewer. An assistant that denies what you told it half an hour ago
has probably been truncated. (`truncation="disabled"` is the strict alternative: answers are then refused with an error.)

## KeepLast: you delete

The client can do it too, by rule: `KeepLast` deletes all but the latest turns once the conversation is longer than
600 tokens. It forgets as well, but says what it does.
"""

# %%
latest = lesson(policy=rtnb.KeepLast(turns=2, above_tokens=600))
latest.turns[-1]

# %% [markdown]
"""
## Summarise: you condense

`Summarise` asks the model itself, beside the conversation, for a short summary of the old turns, puts it in their place
and keeps the latest two turns as they are.
"""

# %%
condensed = lesson(policy=rtnb.Summarise(above_tokens=600))
condensed.turns[-1]

# %% [markdown]
"""
The name was in the summary. This is all that the model has of the lesson in the end:
"""

# %%
print(*condensed.items, sep="\n")
print()
print(next(iter(condensed.items)).text)

# %% [markdown]
"""
## Side by side

Four times the same lesson, the tokens that were read for each of the eight answers:
"""

# %%
lessons = {"everything": everything, "truncated": dropped, "last turns": latest, "summarised": condensed}
table = pd.DataFrame(
    {name: [turn.usage.input_tokens for turn in s.turns] for name, s in lessons.items()},
    index=pd.RangeIndex(1, 9, name="answer"),
)
_ = table.plot(ylabel="tokens read", figsize=(8, 3.2), style=["-o", "-s", "-^", "-D"], alpha=0.8)
table.T

# %% [markdown]
"""
## What it costs to forget

Fewer tokens, less money? Look:
"""

# %%
for name, s in lessons.items():
    cached = sum(turn.usage.cached_tokens for turn in s.turns)
    full = table[name].sum() - cached
    print(f"{name:11} {full:5,} tokens in full and {cached:5,} from the cache: {s.usage.cost}")

# %% [markdown]
"""
All three cost **more** than keeping everything, though they read less. (A little of it is the last answer, which has other
words.) The reason is the **prompt cache**: what the model has read before,
unchanged *from the very beginning*, costs a small part of the price. Whoever takes something away in front changes the
beginning, and everything behind it is paid in full once more. A summary has to be written besides.

That does not make forgetting wrong. It says how: **seldom, and much at once**. The eleven minutes, computed again with
a limit of 3,000 tokens in three ways. *Loss* is the part of the conversation that the model did not see:
"""

# %%
once, much = (rtnb.Truncation("retention_ratio", ratio, post_instructions=3_000) for ratio in (1.0, 0.5))
pricing.what_if(talk, models=[], policies=[once, much, rtnb.Summarise(above_tokens=3_000)])

# %% [markdown]
"""
Half at once, or a summary, now pays. Dropping only what must go happens before nearly every answer, so the cache never
helps again: that is the dearest way by far, and it is what `"auto"` does once the window is full. (`pricing.policies` makes a whole grid of such
rules to try on a talk of your own.)

## The connection ends, the session does not

The service ends a connection after **60 minutes**, whatever is being said. A new connection knows nothing. So shortly
before the end rtnb opens the next one, tells it the settings and the whole conversation, and goes on there: a
**hand-over**. Here the server ends its connections after 12 seconds. The cell says a name, waits for longer than the
connection lives, and asks for it:
"""

# %%
import time

with rtnb.connect(instructions="You are brief.", server=rtnb.LocalServer(session_s=12)) as s:
    s.ask("My name is Sam.", show=False)
    print(f"this connection ends in {s.expires_in_s:.0f} s")
    time.sleep(s.expires_in_s)
    print(f"after the wait: {s.status}, and this one ends in {s.expires_in_s:.0f} s")
    s.ask("What is my name?")

# %% [markdown]
"""
Read what the notice says. Nothing was lost, but two things changed. The assistant's earlier answers came along as
**text**, as no server takes the assistant's own audio. And the new connection starts without a cache: the next answer is
given the whole conversation at the full price. After an hour on the real service that can be tens of thousands of
tokens; a summary before the hand-over makes it cheap.

On the timeline the change is a tick in the lane *Session*, between the two turns. Point at it, and it says what the notice
said:
"""

# %%
s.timeline

# %% [markdown]
"""
The same happens when a connection **drops**: it is opened again and the conversation rebuilt. What was just being
answered is not asked for again by itself, because it may have been billed already.

## An end to the bill

A conversation that grows needs a limit. `budget_usd`, `budget_tokens` and `max_minutes` warn at 80 %, then refuse the
next request *before* it is sent, as soon as even the **least** that it can cost is more than what is left. An answer that
has begun is not cut off, so the last one may exceed the limit a little:
"""

# %%
with rtnb.connect(instructions="You are brief.", server=rtnb.LocalServer(realtime_factor=0), budget_usd=0.04) as s:
    try:
        for said in QUESTIONS:
            print(s.ask(said, show=False).cost)
    except rtnb.errors.BudgetError as error:
        print(type(error).__name__, "after", len(s.turns), "turns;", s.usage.cost, "spent")

# %% [markdown]
"""
A budget on the client is a seat belt. The brakes are the limits that you set in the vendor's dashboard.

## Exercises

1. Keep 80 % instead of 50 %. Is more remembered, and what does it cost? Guess both first.

<details><summary>One way</summary>

```python
more = lesson(truncation=rtnb.Truncation("retention_ratio", 0.8, post_instructions=600))
print(more.turns[-1].text, more.usage.cost)
print([turn.usage.input_tokens for turn in more.turns])
```

The name is gone all the same, because it was said first, and it costs more: the limit is reached again sooner, and each
time the cache is lost.
</details>
"""

# %% [markdown]
"""
2. A summary can be written by a function of yours instead of the model: it takes the old turns as text and returns what
   shall stand in their place. Write one that keeps only what the user said about themselves.

<details><summary>One way</summary>

```python
def about_the_user(text):
    return "Facts: " + " ".join(line for line in text.splitlines() if "name is" in line)


mine = lesson(policy=rtnb.Summarise(above_tokens=600, by=about_the_user))
print(mine.turns[-1].text, mine.usage.cost)
```

It costs no response of the model, and it keeps exactly what you know to be important.
</details>
"""

# %% [markdown]
"""
3. Do it by hand. `s.prune(turns=1)` deletes all but the last turn, `s.summarise(keep_turns=1)` condenses, and
   `s.handover()` changes the connection now. What does each of them say that it did?

<details><summary>One way</summary>

```python
with rtnb.connect(instructions="You are brief.", modalities=["text"]) as s:
    for said in ("My name is Sam.", "What is a turn?", "What is an item?"):
        s.ask(said, show=False)
    print(s.summarise(keep_turns=1))
    print(s.handover())
    print(s.ask("What is my name?", show=False).text)
    print(s.prune(turns=1))
```
</details>
"""

# %% [markdown]
"""
## What comes next

Every session is closed already. The port [Context summarization](ports/context_summarization.ipynb) has a longer talk with
summaries, beside the 425 lines that do the same without rtnb. In [From notebook to CI](08_from_notebook_to_ci.ipynb) the
embedded server leaves the notebook and tests programs of yours.
"""
