"""What a notebook shows of settings: the effective ones, requested against effective, translations, models, images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pybase64

from rtnb._display import register
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.sheet import Cell, Head, Sheet, sheet_html, sheet_text
from rtnb.plots.style import BREAK, CARD, NOTE, PADDING, ROW, ink_css
from rtnb.plots.words import clipped, counted
from rtnb.session.config.diff import ConfigDiff
from rtnb.session.config.effective import Config
from rtnb.session.config.image import Image
from rtnb.session.config.mixtures import Translated
from rtnb.session.config.models import SOON, ModelInfo, ModelTable

__all__ = ["config_card", "diff_card", "image_card", "models_card", "register_all", "translated_card"]

LIMIT = 600
"""Characters of a setting that are shown."""
IMAGE_WIDTH_PX = 480
"""Wider pictures are shown smaller."""
_DIFFERS = ("changed by the server", "ignored")


def config_card(config: Config) -> Html:
    """The settings a session runs on, what differs from what was asked for, and what can no longer change."""
    found = config.diff()
    differs = sheet_html(diff_sheet(found, found.differences)) if found.differences else None
    locks = [f"{name}: {why}" for name, why in config.locked.items() if name != "model"]
    return _card(
        "Settings", _heading("Settings", found.headline), sheet_html(config_sheet(config)), differs, _notes(locks)
    )


def config_sheet(config: Config) -> Sheet:
    """Setting and value."""
    rows = tuple((name, clipped(value, LIMIT)) for name, value in config.facts())
    return Sheet((Head("setting", words=True, least="8em"), Head("value", words=True)), rows)


def diff_card(diff: ConfigDiff) -> Html:
    """Requested against effective."""
    sheet = sheet_html(diff_sheet(diff, diff.rows)) if diff.rows else None
    return _card("Requested against effective", _heading("Requested against effective", diff.headline), sheet)


def diff_sheet(diff: ConfigDiff, rows: Iterable[Any]) -> Sheet:
    """A row a setting; what differs is bold."""
    wanted = {row.path for row in rows}
    widths = {"setting": "17em", "requested": "8em", "effective": "8em", "what happened": "10em"}
    heads = tuple(Head(name, words=True, least=least) for name, least in widths.items())
    cells = [
        (record["setting"], record["requested"], record["effective"],
         Cell(record["kind"], strong=record["kind"] in _DIFFERS))
        for record in diff.records() if record["setting"] in wanted
    ]  # fmt: skip
    return Sheet(heads, tuple(cells))


def translated_card(told: Translated) -> Html:
    """What a translation changed."""
    count = counted(len(told.changes), "change") if told.changes else "GA already"
    heads = tuple(Head(name, words=True, least="14em") for name in ("was", "is", "why"))
    rows = tuple((change.path_before, change.path_after, change.why) for change in told.changes)
    sheet = sheet_html(Sheet(heads, rows)) if rows else None
    return _card("Settings as GA", _heading("Settings as GA", count), sheet)


def models_card(table: ModelTable) -> Html:
    """The models side by side; ends that are near are bold."""
    checked = f"checked {table.checked}"
    return _card("Models", _heading(f"Models on {table.on}", checked), sheet_html(models_sheet(table)))


def models_sheet(table: ModelTable) -> Sheet:
    """A row a model."""
    heads = (
        Head("model", words=True, least="9.5em"), Head("kind", words=True, least="6em"),
        Head("window"), Head("longest answer"),
        Head("reasons", words=True, least="4.5em"),
        Head("price", words=True, least="9em"), Head("ends"), Head("then", words=True, least="8.5em"),
    )  # fmt: skip
    return Sheet(heads, tuple(_model_row(row, table) for row in table.rows))


def _model_row(row: ModelInfo, table: ModelTable) -> tuple[str | Cell, ...]:
    soon = row.shutdown is not None and row.shutdown - table.on <= SOON
    return (
        row.name,
        row.kind,
        _tokens(row.context_tokens),
        _tokens(row.max_output_tokens),
        "yes" if row.reasoning else "",
        row.price,
        Cell(str(row.shutdown), strong=soon) if row.shutdown else "",
        row.successor,
    )


def _tokens(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def image_card(image: Image) -> Html:
    """The picture itself, and what it is."""
    width = min(image.width, IMAGE_WIDTH_PX)
    style = css(display="block", max_width="100%", height="auto", margin=f"4px {PADDING}")
    shown = tag("img", src=image.data_uri, alt=repr(image), width=width, style=style)
    detail = f"detail {image.detail}" if image.detail else ""
    facts = [f"{image.width} × {image.height}", f"{len(image.data):,} bytes", detail]
    return _card("Image", _heading(image.kind.removeprefix("image/").upper(), *facts), shown)


def _card(label: str, *children: Child) -> Html:
    return tag("section", *children, aria_label=label, style=CARD)


def _heading(title: str, *notes: str) -> Html:
    parts = [tag("b", title), *(tag("span", note, style=ink_css(MUTED)) for note in notes if note)]
    return tag("div", [(" ", tag("span", part, style=NOTE)) for part in parts], style=ROW)


def _notes(notes: Iterable[str]) -> list[Html]:
    style = css(ink_css(MUTED), BREAK, padding=f"3px {PADDING}")
    return [tag("div", clipped(note, LIMIT), style=style) for note in notes]


def _config_bundle(config: Config) -> Mapping[str, Any]:
    lines = [sheet_text(config_sheet(config))]
    found = config.diff()
    if found.differences:
        lines.append(sheet_text(diff_sheet(found, found.differences)))
    lines += [f"{name}: {why}" for name, why in config.locked.items() if name != "model"]
    return {"text/html": str(config_card(config)), "text/plain": "\n".join(lines)}


def _diff_bundle(diff: ConfigDiff) -> Mapping[str, Any]:
    return {"text/html": str(diff_card(diff))}


def _translated_bundle(told: Translated) -> Mapping[str, Any]:
    return {"text/html": str(translated_card(told))}


def _models_bundle(table: ModelTable) -> Mapping[str, Any]:
    return {"text/html": str(models_card(table))}


def _image_bundle(image: Image) -> Mapping[str, Any]:
    found: dict[str, Any] = {"text/html": str(image_card(image))}
    found[image.kind] = pybase64.b64encode(image.data).decode("ascii")
    return found


def register_all() -> None:
    """Tell :mod:`rtnb._display` how settings, models and images draw themselves."""
    register(Config, _config_bundle)
    register(ConfigDiff, _diff_bundle)
    register(Translated, _translated_bundle)
    register(ModelTable, _models_bundle)
    register(Image, _image_bundle)
