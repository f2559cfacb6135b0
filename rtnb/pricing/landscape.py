"""The field around the Realtime API, and its models over time: dated, sourced, corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rtnb._display import Drawable

__all__ = ["Landscape", "ModelHistory", "PrintedTable", "landscape", "model_history", "printed_tables"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: what is true, when it was checked, and, where a document said otherwise, what and why it is wrong."""

    text: str
    source: str = ""
    checked: date | None = None
    confidence: str = ""
    said: str = ""
    """What the document said, where it was wrong; empty otherwise."""
    why: str = ""
    """Why it was wrong."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the landscape: cells by column (architecture, latency, price, strengths, limits)."""

    name: str
    cells: dict[str, Figure]


@dataclass(frozen=True, slots=True, repr=False)
class Landscape(Drawable):
    """Voice products side by side."""

    checked: date
    columns: tuple[str, ...]
    products: tuple[Product, ...]

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a product."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, repr=False)
class ModelHistory(Drawable):
    """The speech-to-speech models, oldest first: cells by column (date, benchmarks, features, session length)."""

    checked: date
    columns: tuple[str, ...]
    products: tuple[Product, ...]

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a model."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, repr=False)
class PrintedTable(Drawable):
    """A price table as a document printed it, with the days on which it was true."""

    document: str
    title: str
    true_from: date | None
    true_to: date | None
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def landscape() -> Landscape:
    """Moshi, Cartesia, EVI, CSM, Vapi and Retell beside the Realtime API."""
    raise NotImplementedError


def model_history() -> ModelHistory:
    """The models of the Realtime API over time, with benchmarks and features."""
    raise NotImplementedError


def printed_tables() -> tuple[PrintedTable, ...]:
    """The price tables that circulate in print, each marked with when it was true."""
    raise NotImplementedError
