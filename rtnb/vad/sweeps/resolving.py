"""A setting out of whatever has one."""

from __future__ import annotations

from rtnb.vad.setting import Setting

__all__ = ["setting_of"]


def setting_of(value: object) -> Setting:
    """The setting of a score, a best one, a row of a sweep's table, or of what :meth:`rtnb.vad.Setting.of` takes.

    Raises
    ------
    ConfigError
        It has none, or one that the API would refuse.

    Examples
    --------
    >>> from rtnb.vad.sweeps.resolving import setting_of
    >>> setting_of({"threshold": 0.4})
    Setting(threshold=0.4, prefix_padding_ms=300, silence_duration_ms=200, hysteresis=None)
    """
    carried = getattr(value, "setting", None)
    if isinstance(carried, Setting):
        return carried
    try:
        import pandas as pd

        if isinstance(value, pd.Series):
            # A row of the table: numbers of one kind, where the API wants whole ones.
            value = {
                "threshold": float(value["threshold"]),
                "prefix_padding_ms": int(value["prefix_padding_ms"]),
                "silence_duration_ms": int(value["silence_duration_ms"]),
                "hysteresis": float(value["hysteresis"]),
            }
    except KeyError:
        pass
    return Setting.of(value)
