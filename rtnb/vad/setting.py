"""One setting of the detector: what a sweep varies, and what a session is told."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from rtnb.protocol.turn_detection import ResolvedServerVad, ServerVad
from rtnb.vad.decimals import own_decimal, whole
from rtnb.vad.tuning import DetectorTuning, as_tuning

__all__ = ["Setting"]


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """The parameters of ``server_vad`` with the hysteresis that the detector is supposed to have.

    Numbers of numpy are taken as they are written, so that ``np.float32(0.2)`` is 0.2.

    Parameters
    ----------
    threshold : float
        Speech probability from 0 to 1 at which speech begins.
    prefix_padding_ms, silence_duration_ms : int
        As of :class:`rtnb.ServerVad`; whole numbers that came as floats become whole.
    hysteresis : float, optional
        By how much the exit threshold lies below; None for that of the tuning. Not a parameter of the API.

    Raises
    ------
    ConfigError
        A value that the API would refuse.

    Examples
    --------
    >>> from rtnb.vad import Setting
    >>> Setting.of({"threshold": 0.4, "silence_duration_ms": 350})
    Setting(threshold=0.4, prefix_padding_ms=300, silence_duration_ms=350, hysteresis=None)
    >>> str(Setting(0.5, 300, 200))
    '0.50 / 300 / 200'
    """

    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int
    hysteresis: float | None = None

    def __post_init__(self) -> None:
        vad = ServerVad(
            threshold=own_decimal(self.threshold),
            prefix_padding_ms=whole(self.prefix_padding_ms),
            silence_duration_ms=whole(self.silence_duration_ms),
        ).resolved()
        for name in ("threshold", "prefix_padding_ms", "silence_duration_ms"):
            object.__setattr__(self, name, getattr(vad, name))
        if self.hysteresis is not None:
            object.__setattr__(self, "hysteresis", DetectorTuning(hysteresis=self.hysteresis).hysteresis)

    @classmethod
    def of(cls, value: object) -> Setting:
        """From a :class:`rtnb.ServerVad`, a mapping of its members (and ``hysteresis``), a setting, or what has one."""
        from collections.abc import Mapping

        from rtnb.errors import ConfigError

        # Of a score, or of the best of a sweep.
        value = getattr(value, "setting", value)
        if isinstance(value, Setting):
            return value
        if isinstance(value, ResolvedServerVad):
            return cls(value.threshold, value.prefix_padding_ms, value.silence_duration_ms)
        hysteresis = None
        if isinstance(value, Mapping):
            members = dict(value)
            hysteresis = members.pop("hysteresis", None)
            if members.pop("type", ServerVad.type) != ServerVad.type:
                raise ConfigError("A setting of the VAD lab is one of server_vad: semantic_vad has nothing to sweep.")
            members = {
                name: whole(own) if str(name).endswith("_ms") else own_decimal(own) for name, own in members.items()
            }
            try:
                value = ServerVad(**members)
            except TypeError:
                raise ConfigError(
                    "A setting has threshold, prefix_padding_ms, silence_duration_ms and hysteresis, "
                    f"not {members!r:.200}."
                ) from None
        if not isinstance(value, ServerVad):
            raise ConfigError(
                f"A setting is rtnb.ServerVad(...), rtnb.vad.Setting(...) or a mapping, not {value!r:.200}."
            )
        resolved = value.resolved()
        return cls(resolved.threshold, resolved.prefix_padding_ms, resolved.silence_duration_ms, hysteresis)

    @property
    def vad(self) -> ServerVad:
        """What a session is told; the hysteresis is the server's own."""
        return ServerVad(
            threshold=self.threshold,
            prefix_padding_ms=self.prefix_padding_ms,
            silence_duration_ms=self.silence_duration_ms,
        )

    def tuning(self, base: DetectorTuning | None = None) -> DetectorTuning:
        """`base`, or the default tuning, with the hysteresis of this setting."""
        base = as_tuning(base)
        return base if self.hysteresis is None else dataclasses.replace(base, hysteresis=self.hysteresis)

    def __str__(self) -> str:
        told = f"{self.threshold:.2f} / {self.prefix_padding_ms} / {self.silence_duration_ms}"
        return told if self.hysteresis is None else f"{told} / {self.hysteresis:.2f}"
