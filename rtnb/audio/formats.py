"""The audio formats of the Realtime API: what their bytes mean, and how to get from them to samples and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rtnb.audio import g711
from rtnb.audio.pcm import float_of_int16, int16_of_bytes, int16_of_float
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError

__all__ = ["PCM16", "PCMA", "PCMU", "AudioFormat"]


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One of the three formats that a session can speak; all are mono.

    Parameters
    ----------
    type : str
        The GA name, such as ``"audio/pcm"``.
    beta : str
        The name in the beta shape, such as ``"pcm16"``.
    rate_hz : int
        Samples a second.
    sample_bytes : int
        Bytes a sample.

    Examples
    --------
    >>> PCMU.bytes_per_ms, PCM16.bytes_per_ms
    (8, 48)
    >>> AudioFormat.from_wire({"type": "audio/pcma"}).rate_hz
    8000
    """

    type: str
    beta: str
    rate_hz: int
    sample_bytes: int

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any] | str | None) -> AudioFormat:
        """Of a session's ``format`` object, or of the beta shape's name; None is PCM, as on the service.

        Raises
        ------
        ConfigError
            There is no such format.
        """
        name = PCM16.type if wire is None else wire if isinstance(wire, str) else wire.get("type")
        for known in (PCM16, PCMU, PCMA):
            if name in (known.type, known.beta):
                return known
        raise ConfigError(f"{name!r:.60} is no audio format; there are audio/pcm, audio/pcmu and audio/pcma.")

    def to_wire(self) -> dict[str, Any]:
        """The ``format`` object of a session.

        Examples
        --------
        >>> PCM16.to_wire(), PCMA.to_wire()
        ({'type': 'audio/pcm', 'rate': 24000}, {'type': 'audio/pcma'})
        """
        return {"type": self.type, "rate": self.rate_hz} if self is PCM16 else {"type": self.type}

    @property
    def bytes_per_ms(self) -> int:
        """Bytes of a millisecond."""
        return self.rate_hz * self.sample_bytes // 1000

    def whole(self, data: bytes) -> bytes:
        """`data` without the beginning of a sample at its end.

        Examples
        --------
        >>> len(PCM16.whole(b"123")), len(PCMU.whole(b"123"))
        (2, 3)
        """
        return data[: len(data) - len(data) % self.sample_bytes]

    def int16(self, data: bytes | bytearray | memoryview) -> NDArray[np.int16]:
        """Bytes of whole samples as int16, shape ``(n,)``.

        Raises
        ------
        AudioError
            The bytes end within a sample.
        """
        if self is PCMU:
            return g711.ulaw_decode(data)
        return g711.alaw_decode(data) if self is PCMA else int16_of_bytes(data)

    def decode(self, data: bytes | bytearray | memoryview) -> NDArray[np.float32]:
        """Bytes of whole samples as float32 in -1..1, shape ``(n,)``, at `rate_hz`."""
        return float_of_int16(self.int16(data))

    def encode(self, samples: NDArray[np.float32], rate_hz: int) -> bytes:
        """float32 samples in -1..1 at `rate_hz` as bytes of this format.

        Examples
        --------
        >>> import numpy as np
        >>> len(PCMU.encode(np.zeros(24000, dtype=np.float32), 24000))
        8000
        """
        own = int16_of_float(resample(np.ascontiguousarray(samples, dtype=np.float32), rate_hz, self.rate_hz))
        if self is PCMU:
            return g711.ulaw_encode(own)
        return g711.alaw_encode(own) if self is PCMA else own.astype("<i2").tobytes()


PCM16: Final = AudioFormat("audio/pcm", "pcm16", 24000, 2)
"""16-bit samples, little endian; 24 kHz is the only rate of the API."""

PCMU: Final = AudioFormat("audio/pcmu", "g711_ulaw", 8000, 1)
"""G.711 mu-law (ITU-T Recommendation G.711)."""

PCMA: Final = AudioFormat("audio/pcma", "g711_alaw", 8000, 1)
"""G.711 A-law (ITU-T Recommendation G.711)."""
