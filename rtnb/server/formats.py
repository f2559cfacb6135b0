"""The audio the embedded server takes and gives: PCM16, little endian, mono, 24 kHz."""

from __future__ import annotations

from typing import Final

__all__ = ["BYTES_PER_MS", "MAX_APPEND_BYTES", "MIN_COMMIT_MS", "RATE_HZ"]

RATE_HZ: Final = 24000
"""The only rate of the Realtime API's ``audio/pcm``."""

BYTES_PER_MS: Final = RATE_HZ * 2 // 1000

MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
"""Most audio one ``input_audio_buffer.append`` may carry, as the API documents."""

MIN_COMMIT_MS: Final = 100
"""Least audio a commit needs, as the API's error message states."""
