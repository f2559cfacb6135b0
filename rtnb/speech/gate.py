"""Was there any speech behind these words? Recognisers write a sentence for noise, too.

Whisper refuses most noise by itself (:mod:`rtnb.speech.whisper`). Of what it lets through it is rarely sure: so a
text of which it is not must have a voice behind it, as the voice activity engine hears it. A text of which it is
sure is never doubted, so that quiet speech survives, whatever the engine thinks of it.

Measured on 279 generated noises (white, pink and brown noise, wind, breath, hum, clicks, keys, chords, arpeggios,
vibrato, sweeps, beeps, dialling, ringing, thumps; 0.4 to 6 s at -6, -30 and -50 dBFS), on 62 stretches of meetings
(AMI corpus) in which nobody is labelled as speaking, and on 93 pieces of speech (read, meeting, synthesised single
words; down to -40 dB). Whisper gave five noises a text, all with a mean log probability of -1.88 or less; the gate
drops them. It gave twelve stretches one, of which the gate drops six and keeps what is distant speech, mostly. Behind
the speech silero's second highest frame was at 0.098 or more; nothing that Whisper had heard was lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.resampling import resample
from rtnb.speech.base import Transcription
from rtnb.vad import Engine

__all__ = ["EVIDENCE", "is_speech", "voice_evidence"]

UNSURE_LOGPROB = -0.7
"""Mean log probability below which a text is doubted. (Whisper's own decoding doubts below -1.)"""

UNSURE_NO_SPEECH = 0.5
"""Probability of no speech above which a text is doubted. (Whisper's own decoding: 0.6.)"""

HOPELESS_LOGPROB = -1.8
"""Where the engine is no help, a doubtful text is dropped below this log probability..."""

HOPELESS_NO_SPEECH = 0.68
"""... or above this probability of no speech."""

EVIDENCE = {"silero": 0.08}
"""Probability that two frames of an engine must reach. The other engines give noise as much as speech."""


def voice_evidence(samples: NDArray[np.float32], rate_hz: int, engine: Engine) -> float:
    """The speech probability, 0..1, that at least two frames of the engine reach.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        In -1..1.
    rate_hz : int
        Samples per second.
    engine : Engine
        What judges; a fresh stream of it is used.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad import load_engine
    >>> voice_evidence(np.zeros(16000, dtype=np.float32), 16000, load_engine("energy")) < 0.5
    True
    """
    audio = resample(np.ascontiguousarray(samples, dtype=np.float32), rate_hz, engine.rate_hz)
    # Silence behind it, so that the last sound fills its frame.
    probabilities = engine.stream().push(np.concatenate([audio, np.zeros(2 * engine.hop, dtype=np.float32)]))
    return float(np.sort(probabilities)[-2])


def is_speech(heard: Transcription, samples: NDArray[np.float32], rate_hz: int, engine: Engine) -> bool:
    """Whether the text was spoken; False for an empty one. Blocking; the engine runs only in doubt.

    Parameters
    ----------
    heard : Transcription
        What the recogniser made of `samples`.
    samples : ndarray of float32, shape (n,)
        In -1..1.
    rate_hz : int
        Samples per second.
    engine : Engine
        What is asked in doubt.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.speech import Transcription
    >>> from rtnb.vad import load_engine
    >>> noise = np.zeros(16000, dtype=np.float32)
    >>> is_speech(Transcription("You", 1.0, -4.5, 0.6), noise, 16000, load_engine("energy"))
    False
    >>> is_speech(Transcription("Yes.", 1.0, -0.4, 0.1), noise, 16000, load_engine("energy"))
    True
    """
    sure = heard.avg_logprob >= UNSURE_LOGPROB and heard.no_speech_prob <= UNSURE_NO_SPEECH
    if not heard.text or sure:
        return bool(heard.text)
    least = EVIDENCE.get(engine.name)
    if least is None:
        return heard.avg_logprob >= HOPELESS_LOGPROB and heard.no_speech_prob <= HOPELESS_NO_SPEECH
    return voice_evidence(samples, rate_hz, engine) >= least
