"""What each session of a trial is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ResolvedServerVad, SemanticVad, ServerVad
from rtnb.vad.setting import Setting

__all__ = ["Plan", "plans_of"]

COLUMNS = ("threshold", "prefix_padding_ms", "silence_duration_ms", "hysteresis")
"""Of a table of settings, such as the frame of a sweep."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One setting, and what a session is told for it.

    Attributes
    ----------
    setting : Setting or SemanticVad
    vad : ServerVad or SemanticVad
        As it is sent.
    notes : tuple of str
        What could not be sent.
    """

    setting: Setting | SemanticVad
    vad: ServerVad | SemanticVad
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The setting in short."""
        if isinstance(self.setting, SemanticVad):
            return f"semantic_vad {self.setting.resolved().eagerness}"
        return str(self.setting)


def plans_of(settings: object, *, responses: bool) -> tuple[Plan, ...]:
    """A plan a setting.

    Parameters
    ----------
    settings
        A setting, or several: :class:`rtnb.ServerVad`, :class:`rtnb.SemanticVad`, :class:`rtnb.vad.Setting`, a mapping
        of members, a score; or a table of them, such as ``sweep.pareto()``.
    responses : bool
        Whether the model may answer. If not, neither response nor interruption is asked for.

    Raises
    ------
    ConfigError
        Something is no setting, or there is none.

    Examples
    --------
    >>> from rtnb import ServerVad
    >>> plan, = plans_of(ServerVad(threshold=0.4), responses=False)
    >>> plan.title, plan.vad.create_response, plan.vad.interrupt_response
    ('0.40 / 300 / 200', False, False)
    """
    listed = _listed(settings)
    if not listed:
        raise ConfigError("A trial needs at least one setting, such as rtnb.ServerVad(threshold=0.4).")
    return tuple(_plan(each, responses) for each in listed)


def _listed(settings: object) -> list[object]:
    if hasattr(settings, "to_dict") and hasattr(settings, "columns"):
        return _rows(settings)
    if isinstance(settings, list | tuple | set | frozenset):
        return list(settings)
    return [settings]


def _rows(frame: Any) -> list[object]:
    columns = [name for name in COLUMNS if name in frame.columns]
    if "threshold" not in columns:
        raise ConfigError(
            f"A table of settings has the columns {', '.join(COLUMNS)}, as sweep.frame has; this one has "
            f"{', '.join(map(str, frame.columns)):.200}."
        )
    # A number that is missing is not a number, which no setting is.
    rows = frame[columns].to_dict("records")
    return [{str(name): value for name, value in row.items() if value is not None and value == value} for row in rows]


def _plan(given: object, responses: bool) -> Plan:
    # A score, or a sweep's best: what it is the score of.
    value = getattr(given, "setting", given)
    if isinstance(value, Mapping) and value.get("type") == SemanticVad.type:
        try:
            value = SemanticVad(**{str(k): v for k, v in value.items() if k != "type"})
        except TypeError:
            raise ConfigError(
                f"semantic_vad has eagerness, create_response and interrupt_response, not {given!r:.200}."
            ) from None
    if isinstance(value, SemanticVad):
        return Plan(value, value if responses else _quiet(value))
    try:
        setting = Setting.of(_members(value))
    except ConfigError as error:
        if isinstance(value, Mapping | ServerVad | ResolvedServerVad):
            raise
        raise ConfigError(
            "A trial takes rtnb.ServerVad(...), rtnb.SemanticVad(...), rtnb.vad.Setting(...), a mapping of members, or "
            f"a list of them; not {value!r:.200}."
        ) from error
    vad = _sent(value, setting)
    return Plan(setting, vad if responses else _quiet(vad), _unsent(setting))


def _members(value: object) -> object:
    """A mapping with numbers of Python in place of a table's."""
    return {str(k): _plain(str(k), v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _plain(name: str, value: object) -> object:
    item = getattr(value, "item", None)
    value = item() if callable(item) else value
    # Tables with a gap in a column keep its whole numbers as floats.
    whole = isinstance(value, float) and value.is_integer() and name.endswith("_ms")
    return int(value) if whole and isinstance(value, float) else value


def _sent(value: object, setting: Setting) -> ServerVad:
    if isinstance(value, ServerVad):
        return value
    if isinstance(value, ResolvedServerVad):
        return ServerVad(**{each.name: getattr(value, each.name) for each in dataclasses.fields(ServerVad)})
    if isinstance(value, Mapping):
        own = {str(k): value[k] for k in ("idle_timeout_ms", "create_response", "interrupt_response") if k in value}
        return dataclasses.replace(setting.vad, **own)
    return setting.vad


def _quiet(vad: Any) -> Any:
    return dataclasses.replace(vad, create_response=False, interrupt_response=False)


def _unsent(setting: Setting) -> tuple[str, ...]:
    if setting.hysteresis is None:
        return ()
    return (
        f"The hysteresis of {setting} is the detector's and no parameter of the API: the predictions have it, the "
        "server keeps its own.",
    )
