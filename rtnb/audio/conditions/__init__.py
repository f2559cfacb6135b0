"""What rooms, lines and other people do to a recording: noise, reverberation, distance, telephones, echo.

A condition is a small frozen object that is called with a clip and gives one of the same length and rate, in which
everything is still where it was: labels stay true. Equal conditions make equal sound.

Examples
--------
>>> import rtnb
>>> from rtnb.audio.conditions import Chain, Noise, Reverb
>>> clip = rtnb.Clip.load(rtnb.sample("weather_question"))
>>> far_away = Chain(Reverb(rt60_s=0.5), Noise(snr_db=10))
>>> far_away.name, len(far_away(clip)) == len(clip)
('reverb 0.5 s + noise 10 dB', True)
"""

from rtnb.audio.conditions.attenuating import Attenuate
from rtnb.audio.conditions.base import Chain, Condition
from rtnb.audio.conditions.echoing import Echo
from rtnb.audio.conditions.levels import speech_level_db
from rtnb.audio.conditions.noise import Noise
from rtnb.audio.conditions.reverberation import Reverb, impulse_response
from rtnb.audio.conditions.telephone import Telephone

__all__ = [
    "Attenuate",
    "Chain",
    "Condition",
    "Echo",
    "Noise",
    "Reverb",
    "Telephone",
    "impulse_response",
    "speech_level_db",
]
