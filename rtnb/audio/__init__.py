"""Audio as values: clips, files, resampling, envelopes, pacing. Pure numpy; nothing here plays a sound."""

from rtnb.audio.clip import Clip

__all__ = ["Clip"]
