# %% [markdown]
"""
# Long conversations: when the context grows, sum it up

A realtime model reads the **whole conversation again for every answer**. A minute of your speech is 600 tokens,
a minute of the assistant's 1,200, and all of them are read, and billed, once more in every turn that follows.
After a quarter of an hour the model forgets the beginning, because the context window is full.

The remedy is old: from time to time the old turns are replaced by a short summary. The OpenAI cookbook shows
how, in the notebook *Context summarization with the Realtime API*: 425 lines that open the socket, read the
microphone, keep the state of the conversation, count tokens, ask another model for a summary, insert it and
delete the old items, one by one, while the talk goes on. Here it is one argument of `connect`.

Everything runs on rtnb's embedded server, on this machine, without a key and without cost.
"""

# %% [markdown]
"""
## Connect, with a policy

`Summarise(above_tokens=1000, keep_turns=2)`: as soon as the conversation is longer than 1,000 tokens, everything
but the last two turns becomes a summary. It waits until that is worth it: a summary has to take out a third of
that number at least. For real talks take a larger one, such as 8,000; with 1,000 it happens before our eyes.
"""

# %%
import rtnb

s = rtnb.connect(instructions="You are brief.", policy=rtnb.Summarise(above_tokens=1000, keep_turns=2))

# %% [markdown]
"""
## Talk

First eight seconds of two people on the telephone, streamed at the pace they were spoken: turn detection cuts
them into turns, and each is answered.
"""

# %%
s.stream(rtnb.Clip.load(rtnb.sample("dialogue_sample"))[6:14], name="telephone call")

# %% [markdown]
"""
Then a spoken question, and seven more out of a recorded lesson. The answers sound as well; here they are not
shown one by one.
"""

# %%
s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))

# %%
for turn in rtnb.replay("../data/ten_minutes.rtnb").turns[1:8]:
    s.ask(turn.user_audio, show=False)

# %% [markdown]
"""
## The tokens grow, and shrink again

What the model had to read for each answer:
"""

# %%
[turn.usage.input_tokens for turn in s.turns if turn.usage]

# %% [markdown]
"""
The numbers go up turn by turn, and come down where the policy did its work. It says what it did:
"""

# %%
print(*s.notices, sep="\n")

# %% [markdown]
"""
A summary is not free, and not only for what it costs to write it: the server caches what a conversation begins
with, and behind the instructions it now begins differently. That is why a policy has a threshold, and does not
sum up all the time. The bill names the summaries as what they are, responses outside of the conversation:
"""

# %%
s.usage

# %% [markdown]
"""
## Before and after

You and the assistant still have all turns: they are recorded. The model has what is listed here, a summary and
the latest turns. The summary was asked of the model itself, beside the conversation, and took the place of the
old items in the right order; user and assistant both appear in it.
"""

# %%
print(len(s.turns), "turns were spoken; the model sees:")
print(*s.items, sep="\n")

# %%
print(next(iter(s.items)).text)

# %% [markdown]
"""
Does it still know what was said before? It reads the summary, and answers from it, this time in writing:
"""

# %%
s.ask("What did we talk about?", modalities=["text"])

# %% [markdown]
"""
## By hand

`s.summarise()` sums up now, `s.prune(turns=3)` forgets all but the last three turns, and `rtnb.KeepLast(3)` is
the policy that does so by itself. A function of yours can write the summary, `rtnb.Summarise(4000,
by=my_function)`: it gets the old turns as text.
"""

# %%
print(s.summarise(keep_turns=1))
s.close()
