# %% [markdown]
"""
# Turn detection and the VAD lab

When has somebody finished speaking? A voice assistant that guesses too early **cuts people off**; one that guesses too
late lets them wait. What guesses is called **turn detection**, or VAD (*voice activity detection*), and this notebook is
about its one trade: *cutting off against waiting*.

At its end you know what every parameter of turn detection does, when to use `server_vad` and when `semantic_vad`, and you
have chosen a setting for a set of recordings, with its evidence, and confirmed it on a live server.

About 14 minutes. No key, no network, no cost. Run the cells from top to bottom with **Shift-Enter**.
"""

# %% [markdown]
"""
## A speaker who hesitates

The recorded question "What is the weather in Paris?", with a moment of thought put into its middle: 0.4 seconds of
silence, as everybody makes who looks for a word.
"""

# %%
import rtnb

question = rtnb.Clip.load(rtnb.sample("weather_question"))
hesitant = rtnb.Clip.concat([question[:1.15], question[1.15:]], gap_s=0.4)
hesitant

# %% [markdown]
"""
Stream it into a session, at the pace it was spoken. Nothing was set, so turn detection is what every session begins with:
`server_vad` with its defaults.
"""

# %%
s = rtnb.connect(instructions="You are brief.")
run = s.stream(hesitant, name="a hesitation")

# %% [markdown]
"""
Two turns. The server took the hesitation for the end, and began to answer half a question; then it heard the other half
and took that for a question of its own. Nobody made a mistake in the program. The setting does not fit the speaker.

## How it works, and three numbers

Every 32 milliseconds (a **frame**) a small neural network says how probable it is that this frame is speech: the track at
the bottom of the picture below. From it, `server_vad` makes turns with three numbers:

| parameter | default | what it does | too low | too high |
| --- | --- | --- | --- | --- |
| `threshold` | 0.5 | a turn begins when the probability exceeds it | noise is taken for speech | soft speech is missed |
| `silence_duration_ms` | 200 ms | a turn ends after so much silence | people are cut off | everybody waits |
| `prefix_padding_ms` | 300 ms | so much sound from *before* the beginning is kept | first sounds are lost | nothing much |

(The second dashed line is where speech counts as over: 0.15 below the threshold, so that a probability that trembles
around the threshold does not chop a word. It is no parameter of the API.)
"""

# %%
rtnb.VadLab(hesitant)

# %% [markdown]
"""
Shaded, from left to right in each turn: the light edge is the **prefix padding**, the middle is speech, the dark edge is
the **silence** that was waited for. The first turn ends in the middle of the hesitation.

### Silence: the trade itself

The same track with other silences. No server is needed to tell: `detect` applies the same rules to the recording. The
last column is what the speaker pays: from the end of speech to the moment when the server knows that it is over.
"""

# %%
track = rtnb.vad.probabilities(hesitant)

for silence_ms in (200, 300, 400, 500, 800):
    turns = rtnb.vad.detect(track, rtnb.ServerVad(silence_duration_ms=silence_ms))
    wait_ms = (turns[-1].stopped_at_s - turns[-1].end_s) * 1000
    print(f"silence {silence_ms} ms: turns {len(turns)}, wait {wait_ms:.0f} ms")

# %% [markdown]
"""
From 400 ms on the question stays whole, and **every** turn of the session is answered 200 ms later than with the default.
That is the trade. (The wait is a little longer than the silence, as a frame must be over before it counts.)

### Threshold: who counts as speaking

A meeting, recorded across a room, with **labels**: what a person who listened wrote down as speech (the blue bars). The
speakers are far away and soft.
"""

# %%
folder = rtnb.sample("labelled")
lab = rtnb.VadLab(folder / "ami_trn07.flac", labels=folder / "ami_trn07.rttm")
lab

# %% [markdown]
"""
This is the **VAD lab**. With a kernel every parameter is a slider, the picture follows while you drag, and each mistake
can be pressed and heard. The table below the picture counts the mistakes of the default and of *this* setting:

- a **false start** is a turn where nobody speaks, a **missed** turn is speech that was not noticed;
- a **false cut-off** is an end that was declared while the speaker still had something to say;
- a turn is **clipped** when its beginning is not kept, and **merged** when its end went unnoticed, so that it runs into the
  next one; an end is **late** when it comes after more than two seconds;
- **latency** is how long after the end of speech the end was known: p50 is the median, p90 what nine turns in ten stay
  below. It is counted from the end of the *label*. People who label draw it generously, later than where the sound
  fades, so that it can be shorter than the silence, and even negative.

([How the scores are defined](../docs/explanation/vad_scores.md), to the letter.)

Now drag the threshold down to 0.2 and the silence up to 900 ms, and watch the mistakes. (In a saved notebook there are no
sliders. The next cell does the same with code, and its picture shows what comes out.)
"""

# %%
rtnb.VadLab(folder / "ami_trn07.flac", labels=folder / "ami_trn07.rttm",
            setting=rtnb.ServerVad(threshold=0.2, silence_duration_ms=900))

# %% [markdown]
"""
No turn is missed any more, and something is found as well where nobody speaks: that is what the threshold trades. The
silence had to grow with it, because soft speech, once it is noticed, comes in pieces with long pauses between; with 200 ms
more turns would be cut off.

### Prefix padding: the first sound

Speech is only noticed when it has begun. What was before, the "wh" of "what", is kept by going back a little. The padding
decides **what is sent**, never when a turn begins or ends, so it costs no time:
"""

# %%
for padding_ms in (0, 300):
    (turn,) = rtnb.vad.detect(track, rtnb.ServerVad(prefix_padding_ms=padding_ms, silence_duration_ms=500))
    kept_s = turn.audio_start_ms / 1000
    print(f"padding {padding_ms:3} ms: noticed at {turn.started_at_s:.2f} s, kept from {kept_s:.2f} s")

# %% [markdown]
"""
## Silence or meaning: server_vad and semantic_vad

`server_vad` counts silence and knows nothing of what was said. **`semantic_vad`** listens to *how finished* it sounds:
after "What is the weather …" it waits, after "… in Paris?" it does not need to. Instead of three numbers it has one word,
its **eagerness**:

| `eagerness` | the longest wait, whatever was said |
| --- | --- |
| `"low"` | 8 s |
| `"medium"`, and `"auto"` | 4 s |
| `"high"` | 2 s |

The speaker who hesitates, once more, with `semantic_vad`:
"""

# %%
s.update(turn_detection=rtnb.SemanticVad())
run = s.stream(hesitant, name="a hesitation, semantic_vad")

# %% [markdown]
"""
One turn, with nothing set. (The latency in this table does not compare with the one above: it counts from the end of
the *turn*, as the server does not say when speech ended. The wait before it is missing, and that is the next cell.) What
it costs is the wait behind a sentence that *is* finished, and that is less predictable:
"""

# %%
for eagerness in ("low", "medium", "high"):
    turns = rtnb.vad.semantic_turns(track, rtnb.SemanticVad(eagerness=eagerness))
    last = turns.pauses[-1]
    estimate_s, latest_s = last.estimate_s - last.start_s, last.latest_s - last.start_s
    print(f"{eagerness:7} estimate {estimate_s:.1f} s, at most {latest_s:.0f} s")

s.close()

# %% [markdown]
"""
Only the second number is documented. The estimate is that of rtnb's embedded server: the model behind the real
`semantic_vad` is not published, and nobody can tell from outside what it will do.

**Which one?** `semantic_vad` where people think while they speak (tutors, interviews, support). `server_vad` where answers
must come fast and questions are short, where you need to know why something happened, and wherever you want to *tune*.
The rest of this notebook tunes.
"""

# %% [markdown]
"""
## From recordings to a confirmed setting

Sliders are for understanding. To *decide*, one setting is tried on many recordings, and its mistakes are counted. From
here on it takes fewer than twenty lines, from recordings to a setting with its evidence, its mistakes to listen to and
its confirmation on a live server.

Eight recordings of half a minute come with rtnb: seven pieces of meetings, recorded far from the speakers, and one
dialogue. Each has **labels** beside it that say who speaks when. Your own go the same way: a folder of audio files
with labels of the same name (RTTM, Audacity, TextGrid, CSV ...).
"""

# %%
corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
corpus

# %% [markdown]
"""
### Try 540 settings

The probabilities are computed once for each recording, so that every further setting costs next to nothing.

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
### Choose one

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
### How good is that, really?

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
### Listen to its mistakes

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
### Try it on a live server

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
### Use it

A session of rtnb takes it as it is: `rtnb.connect(turn_detection=best.vad)`. For other clients, this is the
`turn_detection` of a `session.update`:
"""

# %%
best.vad.to_wire()

# %% [markdown]
"""
## Exercises

1. People may think for 1.5 s within a turn. Set the turn gap to that: which silence is best now, and what does it cost in
   latency?

<details><summary>One way</summary>

```python
patient = rtnb.vad.sweep(corpus, turn_gap_s=1.5, progress=False).best()
for each in (best, patient):
    print(f"silence {each.setting.silence_duration_ms} ms, latency {each.latency_p50_ms:.0f} ms")
```

A longer one, and every answer comes later by about as much. The definition of a turn is the most important parameter of
all, and it is not in the API.
</details>
"""

# %% [markdown]
"""
2. Your users speak close to the microphone, as in the dialogue. Is a setting for meetings right for them?

<details><summary>One way</summary>

```python
near = rtnb.vad.sweep([corpus["dialogue_sample"]], turn_gap_s=0.7, progress=False).best()
print("meetings:", best.vad.to_wire())
print("dialogue:", near.vad.to_wire())
```

No: they are clearly heard, so a shorter silence does. Tune on recordings of *your* users.
</details>
"""

# %% [markdown]
"""
3. A noisy line: how do the default and your choice do with noise that is 10 decibels softer than the speech?

<details><summary>One way</summary>

```python
rtnb.vad.what_if(corpus, [sweep.default, best], [rtnb.vad.Noise(snr_db=10)], turn_gap_s=0.7)
```

Compare the rows with and without noise: a setting that is only good in a quiet room is no good setting.
</details>
"""

# %% [markdown]
"""
4. For the hesitant speaker: which is the shortest silence, in steps of 10 ms, that keeps the question whole?

<details><summary>One way</summary>

```python
for silence_ms in range(200, 500, 10):
    if len(rtnb.vad.detect(track, rtnb.ServerVad(silence_duration_ms=silence_ms))) == 1:
        print(silence_ms, "ms")
        break
```

Less than 400 ms: the sound fades out and in again, so that the detector sees a shorter silence than we put in.
</details>

The same on a shell: `rtnb vad FOLDER --sweep --turn-gap 0.7`. All of it, with calibration against a real server:
[Tuning turn detection](../docs/guides/turn_detection.md).
"""

# %% [markdown]
"""
## What comes next

The session is closed. Turn detection also hears when somebody begins to speak *while the assistant talks*:
[Barge-in](04_barge_in.ipynb).
"""
