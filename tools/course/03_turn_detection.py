# %% [markdown]
"""
# Turn detection: from recordings to a setting

When has somebody finished speaking? A voice assistant that guesses too early **cuts people off**; one that guesses
too late lets them wait. With `server_vad` three numbers decide it: the **threshold** above which sound counts as
speech, the **silence** that ends a turn, and the **prefix padding**, the audio from before the onset that the model
gets as well.

This notebook starts from labelled recordings and ends with a setting: its evidence, its mistakes to listen to, and
its confirmation on a live server. Fewer than twenty lines of code, no key, no network, no cost. Run the cells from
top to bottom with **Shift-Enter**.
"""

# %% [markdown]
"""
## The recordings

Eight recordings of half a minute come with rtnb: seven pieces of meetings, recorded far from the speakers, and one
dialogue. Each has **labels** beside it that say who speaks when. Your own go the same way: a folder of audio files
with labels of the same name (RTTM, Audacity, TextGrid, CSV ...).
"""

# %%
import rtnb

corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
corpus

# %% [markdown]
"""
## Try 540 settings

A detector first gives every 32 ms of sound a probability of being speech; the setting then makes turns of them. The
probabilities are computed once, so that every further setting costs next to nothing.

Labels say when there is speech, not what a *turn* is. You do: here, speech with pauses shorter than **0.7 s** is one
turn. rtnb has no default for this number, because every score depends on it.

Each point below is a setting. Further left it answers sooner, further down it cuts fewer people off. The line is the
**Pareto front**: the settings that no other beats in both. A setting that misses turns, or merges two into one, cuts
nobody off either, so those that lose more than a quarter of the turns are left out of it. Look at all counts.
"""

# %%
sweep = rtnb.vad.sweep(corpus, turn_gap_s=0.7)
sweep

# %% [markdown]
"""
## Choose one

`best` takes the fewest **errors**, beside the **default**: what a session gets that sets nothing. Errors are false
starts, and labelled turns with anything wrong in them; each turn counts once, so that missing it is never cheaper than
hearing it badly. You may ask for another objective, such as the least latency, with limits on the rest:
`sweep.best("latency_p50_ms", {"cut_off_rate": 0.1, "merged": 0, "missed_rate": 0.4, "false_start_rate": 0.2,
"late": 0})`. An objective that could be gamed is refused, with the reason; and so are limits so wide that
they limit nothing.
"""

# %%
best = sweep.best()
best

# %% [markdown]
"""
## How good is that, really?

**Operating points** say what latency a given share of cut-offs costs, and the other way round, beside a baseline that
knows the labels perfectly and only waits for silence: what no detector of silence can beat.
"""

# %%
sweep.operating_points()

# %% [markdown]
"""
**Intervals** say how far these numbers would move with other recordings of the same kind. With eight of them, far:
that is the honest answer, and the reason to use more. `cut_offs` from 0 to 0 does not mean never: none in 21 turns
still allows about one in seven.
"""

# %%
sweep.intervals(best).loc[["errors", "cut_offs", "missed", "latency_p50_ms"]].round(1)

# %% [markdown]
"""
**Held out**: the setting was chosen on the recordings that it is scored on, so it looks better than it is. Here the
choice is made anew without some of the recordings, and scored on those.
"""

# %%
sweep.held_out()

# %% [markdown]
"""
## Listen to its mistakes

Numbers do not say whether a mistake matters. Each has a player, the sound around it, and what the detector thought.
"""

# %%
sweep.errors(best)

# %% [markdown]
"""
What has it gained? The default and the choice, turn by turn:
"""

# %%
sweep.compare(sweep.default, best)

# %% [markdown]
"""
## Try it on a live server

Until here everything was a prediction, a *local emulation*. `trial` streams a recording to a server at the pace it was
spoken, one session a setting, and holds what the server tells against the prediction. Nothing answers, and on a paid
endpoint the cost is told first. Here the server is rtnb's own, on this machine: it detects with the same code, so
nothing is left over between *heard* and *predicted*. That confirms the setting, and the way to the server and back.

The real service does not publish its detector. `endpoint="openai"` tries the same there (it needs a key), and
`rtnb.vad.calibrate(trial)` then fits the local detector to what was heard.
"""

# %%
trial = rtnb.lab.trial(corpus["ami_trn06"], [sweep.default, best], turn_gap_s=0.7)
trial

# %% [markdown]
"""
## Use it

A session of rtnb takes it as it is: `rtnb.connect(turn_detection=best.vad)`. For other clients, this is the
`turn_detection` of a `session.update`:
"""

# %%
best.vad.to_wire()

# %% [markdown]
"""
## Exercises

1. Set the turn gap to 1.5 s: people may think that long within a turn. Which silence is best now, and what does that
   cost in latency?
2. Your users speak close to the microphone: `rtnb.vad.sweep([corpus["dialogue_sample"]], turn_gap_s=0.7)`. Is a
   setting for meetings right for them?
3. Move the sliders yourself: `rtnb.VadLab(corpus["ami_trn07"])`.
4. A noisy line: `rtnb.vad.what_if(corpus, [sweep.default, best], [rtnb.vad.Noise(snr_db=10)], turn_gap_s=0.7)`.
5. The same on the shell: `rtnb vad FOLDER --sweep --turn-gap 0.7`.
"""
