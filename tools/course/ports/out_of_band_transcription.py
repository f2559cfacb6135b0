# %% [markdown]
"""
# Out-of-band: have the model write down what it heard

The words that a realtime session shows for *your* side are written by a second, cheaper model that listens to
the same audio. The model that answers never sees them. So the two can disagree: the transcript says *otto
accident*, and the answer is rightly about an auto accident. Where transcripts are stored, searched or acted
upon, that hurts.

The OpenAI cookbook's notebook *Realtime out-of-band transcription* lets the answering model itself write down
what it heard: a second response in the same session that stays **out of band**, so that the conversation knows
nothing of it. It takes 640 lines there: prompts, audio devices, sockets, queues, matching of events, prices.
Here it is `s.transcribe(turn)`.

Everything runs on rtnb's embedded server, on this machine, without a key and without cost. One thing is
different from the real API then: this server has a single pair of ears, so both transcripts come from the same
recogniser. What can be learnt here is how it is done and what it would cost.
"""

# %% [markdown]
"""
## A turn
"""

# %%
import rtnb

s = rtnb.connect(instructions="You are brief.")
turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))

# %% [markdown]
"""
## The same turn, written down twice

The model gets the audio of this one turn and is asked for its words. Beside it stands what the session's own
transcription wrote, and what each of them costs at the list price of the day.
"""

# %%
s.transcribe(turn)

# %% [markdown]
"""
What the model is told is a template. Read it, and replace it: `s.transcribe(turn, template=...)`; or add to it
with `more="Policy numbers are written like 56B5-12C0."`
"""

# %%
print(rtnb.aside_prompt("transcribe"))

# %% [markdown]
"""
## With the conversation as context

A model that has heard the conversation spells names as they were spelled before. With `context=True` it is
given everything up to the turn. The price: the whole conversation is read again for each transcript. We stream
some of a telephone call and transcribe its last turn both ways.
"""

# %%
run = s.stream(rtnb.Clip.load(rtnb.sample("dialogue_sample"))[6:14], name="telephone call")

# %%
alone, context = (s.transcribe(run.turns[-1], context=known) for known in (False, True))
print("built in:", alone.built_in_cost, "| the turn alone:", alone.cost, "| with context:", context.cost)

# %% [markdown]
"""
## Other things to ask beside a conversation

Everything that is about the conversation and not part of it: a label for the router, a check against a policy,
a summary for the file. They run in parallel with the talk and with each other, and what comes back is a value.
"""

# %%
s.classify({"weather": "forecasts, rain, sun", "smalltalk": "people get to know each other"}, turn)

# %%
s.moderate(run.turns[-1]).reason

# %%
s.aside("Summarise the conversation in two sentences.")

# %% [markdown]
"""
None of it is in the conversation:
"""

# %%
print(len(s.turns), "turns,", len(s.items), "items in the conversation")

# %% [markdown]
"""
## If you only need words

A **transcription session** has no conversation and gives no answers: it writes down what it hears, with times,
and is by far the cheapest.
"""

# %%
s.close()
with rtnb.transcription(turn_detection=rtnb.ServerVad(silence_duration_ms=400)) as t:
    display(t.transcribe(rtnb.sample("dialogue_sample")))
