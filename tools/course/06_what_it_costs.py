# %% [markdown]
"""
# What a conversation costs

A realtime voice model is billed by the **token**, a small piece of sound or text, and every answer pays for the whole
conversation again. This notebook takes **a recording of eleven minutes** and follows the money.

At its end you can say where every cent of a talk went and why, what the same talk would have cost on another model
or with a shorter memory, and what a month of such talks will come to. It takes about 8 minutes.

Nothing here costs anything: no key, no network, no server. The recording was made with rtnb's embedded server,
and its tokens are priced as the real model would charge for them.
"""

# %% [markdown]
"""
## The recording

A learner asks a tutor about realtime voice models, at the pace of real speech, through real turn detection and
recognition. Four things happen on the way that happen in real talks, and that cost money:

- the learner **talks over** two answers (turns 13 and 27);
- one question is **typed** (turn 18);
- after turn 22 the tutor's **instructions are changed**;
- after turn 30 an **old question and its answer are deleted**, because they have nothing to do with the lesson.
"""

# %%
import rtnb
from rtnb import pricing

talk = rtnb.replay("data/ten_minutes.rtnb")
print(talk, f"{talk.view().duration_s / 60:.1f} minutes", sep=", ")

# %% [markdown]
"""
A recording holds every turn with both voices. This is one of the two that were talked over:
"""

# %%
talk.turns[26]

# %% [markdown]
"""
## Where every cent went

`usage` is the bill: tokens by kind, each at its price of the day. **Cached** input is what the model had been
given before, unchanged from the very beginning; it costs a fraction. Transcription of the learner's speech is a
service of its own, with a model and a price of its own.
"""

# %%
bill = talk.usage
DAY = bill.ledger.on             # the prices of this day hold for all that follows
bill.cost

# %% [markdown]
"""
Line by line says what was bought. **When** and **why** it was bought is what the meter shows, response by
response.
"""

# %%
meter = bill.meter
meter

# %% [markdown]
"""
Two answers stand out. They were no longer than the others: they cost five to eight times as much because the
cache was lost. The prompt cache holds a **common beginning** only. Whoever changes something in front, pays for
everything behind it in full, once:
"""

# %%
for miss in meter.misses:
    more = f"{miss.extra} more than from the cache" if miss.extra.lines else "no cache could have held them"
    print(f"{miss.reason:22}{miss.tokens.total:>7,} tokens   {more}")

print()
print(f"from the cache: {meter.cached_share:.0%} of all input, {meter.hit_rate:.0%} of what it could have held")

# %% [markdown]
"""
`first use` is no fault: no cache could have held it. It is what is new to each answer (the question, and the answer
before it), and what is left over of the blocks of 64 in which the cache counts. The other two are decisions of
whoever built the assistant, and each of them cost as much as five or six ordinary answers.
(The embedded server's cache never forgets by itself. The real one is best effort, so a recording of the real
service may also show `not cached by the server`.)
"""

# %% [markdown]
"""
### Billed, but never heard

Audio is made faster than it is spoken. Whoever talks over an answer stops hearing it, but what was made by then
is billed.
"""

# %%
for entry in meter.entries:
    if entry.unheard_s:
        made, turn = entry.exchange.answer_audio_s, entry.exchange.turn + 1
        print(f"turn {turn}: {made:.1f} s made, {made - entry.unheard_s:.1f} s heard, {entry.unheard} for the rest")

print(f"together {meter.unheard} of {meter.cost}")

# %% [markdown]
"""
## The rules behind the numbers

| what | tokens |
| --- | --- |
| the user's speech | 1 for 100 ms: 600 a minute |
| the assistant's speech, made or given back | 1 for 50 ms: 1,200 a minute |
| silence | none, as long as turn detection filters it out |
| **each response** | **the whole conversation again, as input** |
| cached input | the common beginning with an earlier prompt, in steps of 64; a part of the input |
| the answer before, and the new question | never cached the first time |
| an interrupted answer | all that was made, heard or not |

(Where each rule was read, and how sure it is: [How cost is computed](../docs/explanation/costs.md).) So a talk of *n*
turns gives the model its first turn *n* times. The bill grows with the **square** of the length; the cache is what
keeps that flat.
"""

# %% [markdown]
"""
## The same talk on other models

The tokens stay, the prices change. (Another model would also count and answer a little differently: this
compares price lists, not models.)
"""

# %%
models = pricing.what_if(talk, policies=())
models

# %% [markdown]
"""
## The same talk with a shorter memory

What is no longer sent is no longer billed, but the model no longer knows it. A **context policy** decides what
goes:

- **truncation** drops the oldest items when a limit is reached; each time it does, the cache is lost;
- **retention ratio** drops more at once, so that it happens less often;
- **summarising** replaces old turns by a short text, which costs an extra request.

Each variant is simulated turn by turn. *Lost* is the part of the conversation that the model did not see, averaged
over all answers. Here each of them begins to forget at half of what the talk came to:
"""

# %%
longest = max(entry.exchange.usage.input_tokens for entry in meter.entries)
half = [policy for policy in pricing.policies(longest) if "5,700" in policy.name]
pricing.what_if(talk, models=[], policies=half)

# %% [markdown]
"""
With a cache that works, forgetting saves little. Dropping only what must go is the worst: it cuts the front off
before every answer, so that hardly anything comes from the cache any more, and the talk costs nearly three times as
much as with everything kept. Whoever wants to forget forgets **much and seldom**. (`pricing.policies(longest)` has
other limits too, and `cheapest(0.25)` of a comparison finds the one that costs least and loses no more than a quarter.)
"""

# %% [markdown]
"""
## What will the next answer cost?

Before it is asked for, only bounds can be told: **at least** what the context costs from the cache, **at most**
what it costs in full, with an answer of the greatest length. `budget_usd` of `rtnb.connect` refuses by the first
figure, so the last answer may overshoot; whoever needs a hard limit bounds the second with `max_output_tokens`.
"""

# %%
bill.next_response(new_audio_s=5)

# %% [markdown]
"""
## A talk that has not happened yet

`project` computes a conversation from how people talk: turns a minute, who speaks how much, how long the
instructions are. `calibrate` reads all that off a recording, and shows how well the projection then meets what
was billed.
"""

# %%
calibration = pricing.calibrate(talk)
calibration

# %% [markdown]
"""
With assumptions that fit, one can ask for other lengths, other models and other habits:
"""

# %%
fitted = calibration.assumptions


def project(minutes, model="gpt-realtime", **changes):
    return pricing.project(minutes, model, on=DAY, assumptions=fitted, **changes)


print("minutes   as recorded   half as talkative   on the mini model")
for minutes in (5, 10, 20, 40):
    terse, mini = project(minutes, talk_share=fitted.talk_share / 2), project(minutes, "gpt-realtime-2.1-mini")
    print(f"{minutes:7} {project(minutes).cost:>13} {terse.cost:>19} {mini.cost:>19}")

# %% [markdown]
"""
### The cliff

From twenty minutes to forty, twice the length, the price grows to nearly fifteen times. Look at the curve:
"""

# %%
project(40)

# %% [markdown]
"""
In the 28th minute the context of gpt-realtime is full: what a model can read at once is limited. By default (`truncation="auto"`) the service then drops
the oldest items, just as many as it must, **before every single answer**. The beginning is never the same
again, so nothing behind it is cached, and each answer is charged in full. Dropping more at once
(`retention_ratio`), or summarising, mends that:
"""

# %%
at_once = rtnb.Truncation("retention_ratio", 0.5)

print("drop what must go:       ", project(40).cost)
print("drop half of it at once: ", project(40, truncation=at_once).cost)
print("summarise above 8,000:   ", project(40, summarise=rtnb.Summarise(above_tokens=8_000)).cost)
print("four times the context:  ", project(40, "gpt-realtime-2.1").cost)

# %% [markdown]
"""
## A month of it

Twenty-five learners, one lesson each on twenty-two working days:
"""

# %%
LESSONS = 25 * 22

print("as recorded:            ", bill.cost * LESSONS)
print("of ten minutes each:    ", project(10).times(LESSONS))
print("without cache misses:   ", project(10, cache_hit_rate=1).times(LESSONS))
print("without any cache:      ", project(10, cache_hit_rate=0).times(LESSONS))
print("on the mini model:      ", project(10, "gpt-realtime-2.1-mini").times(LESSONS))

# %% [markdown]
"""
## Exercises

1. What would the talk have cost in November 2024, on the model of that time? Which part of the bill stays unpriced, and
   why?

<details><summary>One way</summary>

```python
old = "gpt-4o-realtime-preview-2024-10-01"
bill.reprice(old, on="2024-11-21")
```

More than ten times as much. Transcription stays unpriced, as its model did not exist then: an unknown price is
reported, and never counted as nothing.
</details>

2. The instructions were changed once. What if they were changed before every answer, so that the cache never held
   anything? A projection takes `cache_hit_rate=0`.

<details><summary>One way</summary>

```python
print("as the talk was:", project(10).cost)
print("never cached:   ", project(10, cache_hit_rate=0).cost)
```

Whatever changes often (a clock, the state of a game) belongs at the end of the conversation, not into the instructions.
</details>

3. Which turns were the dearest? `meter.to_frame()` is a table to compute with.

<details><summary>One way</summary>

```python
columns = ["turn", "input_audio", "cached_audio", "output_audio", "usd", "miss_reason", "unheard_s"]
meter.to_frame().nlargest(6, "usd")[columns].round(4)
```

On a shell, `rtnb cost talk.rtnb --csv` has the same columns.
</details>
"""

# %% [markdown]
"""
## What comes next

[How cost is computed](../docs/explanation/costs.md) is for looking things up: what live sessions were billed and how rtnb
meets it to the last digit, how prices came about since 2024, and prices of your own contract. `rtnb cost talk.rtnb` prints
a bill on a shell.

A recording needs no closing. Of your own sessions, `s.usage` is the same bill while they run, and `budget_usd=0.50` in
`rtnb.connect` stops one before it gets dearer. How a long conversation is kept short without losing its thread is the
next notebook: [07, long conversations](07_long_conversations.ipynb).
"""
