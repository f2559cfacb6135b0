"""Which settings a sweep tries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad.decimals import as_written, whole
from rtnb.vad.setting import Setting
from rtnb.vad.tuning import DetectorTuning, default_tuning

__all__ = ["DEFAULT_GRID", "MOST_SETTINGS", "ORDER", "PARAMETERS", "Grid", "Settings", "default_setting"]

PARAMETERS = ("threshold", "prefix_padding_ms", "silence_duration_ms", "hysteresis")
"""What a grid varies, in the order of the columns of a sweep's table."""

ORDER = ("hysteresis", "threshold", "silence_duration_ms", "prefix_padding_ms")
"""The parameters from the one that varies slowest along the rows to the one that varies fastest."""

DEFAULT_GRID: Mapping[str, tuple[float | None, ...]] = {
    "threshold": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "prefix_padding_ms": (0, 100, 200, 300, 400, 500),
    "silence_duration_ms": (100, 200, 300, 400, 500, 600, 700, 800, 1000, 1200),
    "hysteresis": (None,),
}
"""What is tried of a parameter that is not named: 540 settings, the API's defaults among them.

Own choice. It spans what products ship with (thresholds 0.3 to 0.85, silences of 200 to 1000 ms, paddings of 300 to
500 ms) and a step beyond on each side; the hysteresis, which the API has no parameter for, stays that of the tuning.
"""

MOST_SETTINGS = 1_000_000
"""More are refused: own choice; half a minute for an hour of speech, and more rows than anybody reads."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The product of the values of four parameters, each without duplicates and in the order given.

    Parameters
    ----------
    threshold : tuple of float
    prefix_padding_ms, silence_duration_ms : tuple of int
    hysteresis : tuple of float or None
        None stands for that of the tuning.
    usual : float
        The hysteresis of the tuning.

    Examples
    --------
    >>> from rtnb.vad.sweeps.grid import Grid
    >>> grid = Grid.of(threshold=[0.4, 0.5, 0.5], prefix_padding_ms=300, silence_duration_ms=range(200, 501, 100))
    >>> len(grid), grid.settings[-1]
    (8, Setting(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500, hysteresis=None))
    """

    threshold: tuple[float, ...]
    prefix_padding_ms: tuple[int, ...]
    silence_duration_ms: tuple[int, ...]
    hysteresis: tuple[float | None, ...] = (None,)
    usual: float = 0.15

    @classmethod
    def of(
        cls,
        *,
        threshold: object = None,
        prefix_padding_ms: object = None,
        silence_duration_ms: object = None,
        hysteresis: object = None,
        tuning: DetectorTuning | None = None,
    ) -> Grid:
        """From numbers, lists, ranges, arrays, or None for :data:`DEFAULT_GRID`; the hysteresis is that of `tuning`.

        Arrays are taken as they are meant: 0.2 of a float32 is 0.2, as is what ``np.arange`` makes of two steps of
        0.1; and milliseconds may be whole numbers that came as floats, as ``np.linspace`` has them.

        Raises
        ------
        ConfigError
            A value that the API would refuse, no values at all, or more than :data:`MOST_SETTINGS` settings.
        """
        given = (threshold, prefix_padding_ms, silence_duration_ms, hysteresis)
        raw = {name: _values(name, value) for name, value in zip(PARAMETERS, given, strict=True)}
        # Counted before each value is checked, which takes microseconds each, and again: duplicates do not count.
        for name, values in raw.items():
            if len(values) > MOST_SETTINGS:
                raise _too_many(len(values), f"{name} alone has that many values")
        axes: dict[str, Any] = {
            name: tuple(dict.fromkeys(_checked(name, value) for value in raw[name])) for name in PARAMETERS
        }
        usual = (default_tuning() if tuning is None else tuning).hysteresis
        if None in axes["hysteresis"]:
            axes["hysteresis"] = tuple(each for each in axes["hysteresis"] if each != usual)
        count = math.prod(map(len, axes.values()))
        if count > MOST_SETTINGS:
            raise _too_many(count, " x ".join(f"{len(values):,} of {name}" for name, values in axes.items()))
        return cls(**axes, usual=usual)

    def __len__(self) -> int:
        return math.prod(len(getattr(self, name)) for name in PARAMETERS)

    @property
    def pairs(self) -> list[tuple[float, float | None]]:
        """Threshold and hysteresis together: each asks for a pass over the frames."""
        return [(threshold, depth) for depth in self.hysteresis for threshold in self.threshold]

    @property
    def settings(self) -> Settings:
        """The settings, made when they are asked for: the prefix padding varies fastest, the hysteresis slowest."""
        return Settings(self)

    def values(self, name: str) -> list[float]:
        """The values of a parameter as numbers."""
        return [self.usual if value is None else value for value in getattr(self, name)]

    def column(self, name: str) -> NDArray[Any]:
        """The values of a parameter, one a setting."""
        values = self.values(name)
        place = ORDER.index(name)
        sizes = [len(getattr(self, each)) for each in ORDER]
        repeated: NDArray[Any] = np.repeat(np.asarray(values), math.prod(sizes[place + 1 :]))
        return np.tile(repeated, math.prod(sizes[:place]))

    def index(self, setting: Setting) -> int | None:
        """Which row a setting is; None where the grid has none such."""
        place = 0
        for name in ORDER:
            values = self.values(name)
            value = getattr(setting, name)
            value = self.usual if value is None else value
            if value not in values:
                return None
            place = place * len(values) + values.index(value)
        return place


class Settings(Sequence[Setting]):
    """The settings of a grid as a sequence: 80,000 of them cost nothing before somebody looks at one."""

    __slots__ = ("_grid",)

    def __init__(self, grid: Grid) -> None:
        self._grid = grid

    def __len__(self) -> int:
        return len(self._grid)

    @overload
    def __getitem__(self, place: int) -> Setting: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Setting, ...]: ...
    def __getitem__(self, place: int | slice) -> Setting | tuple[Setting, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        rest = range(len(self))[place]
        members = {}
        for name in reversed(ORDER):
            values = getattr(self._grid, name)
            rest, at = divmod(rest, len(values))
            members[name] = values[at]
        return Setting(**members)

    def __iter__(self) -> Iterator[Setting]:
        return (self[place] for place in range(len(self)))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Setting) and self._grid.index(value) is not None

    def __repr__(self) -> str:
        return f"Settings({len(self):,}: {self[0]} to {self[-1]})"


def _values(name: str, value: object) -> list[Any]:
    if value is None:
        return list(DEFAULT_GRID[name])
    if isinstance(value, np.ndarray):
        # Not tolist(): it would make of a float32 the float64 that is nearest to it, and of 0.2 0.20000000298.
        value = list(value.ravel())
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return [value]
    # A generator may have no end.
    found = list(itertools.islice(value, MOST_SETTINGS + 1))
    if not found:
        raise ConfigError(f"sweep({name}=...) has no values; leave it out for the usual ones.")
    return found


def _checked(name: str, value: Any) -> Any:
    value = as_written(value)
    if name.endswith("_ms"):
        value = whole(value)
    try:
        if name == "hysteresis":
            return None if value is None else DetectorTuning(hysteresis=value).hysteresis
        if value is None:
            raise ConfigError(f"{name} is a number.")
        return getattr(ServerVad(**{name: value}), name)
    except ConfigError as error:
        rule = str(error).rpartition(f"{name} is ")[2].split(", not ")[0].rstrip(".")
        raise ConfigError(f"sweep({name}=...): {value!r:.80} cannot be; {name} is {rule}.") from None


def _too_many(count: int, why: str) -> ConfigError:
    return ConfigError(
        f"The grid has {count:,} settings ({why}); {MOST_SETTINGS:,} are the most. Take fewer values of each "
        "parameter first, then finer ones around what was best."
    )


def default_setting() -> Setting:
    """What a session has that sets nothing: the API's defaults, with their source in ``defaults.json``."""
    return Setting.of(ServerVad())
