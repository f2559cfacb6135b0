"""Pictures and cards: matplotlib Figures and HTML without scripts. Data in, picture out; no pyplot, no state.

::

    words.py     how facts are phrased        scene.py     what a picture shows, on one clock
    html.py      escaping, tags               layout.py    where labels go
    style.py     inline styles, themes        brackets.py  where latencies go
    player.py    audio elements               strokes.py   sound on the pixel grid
    tables.py    HTML tables                  waveform.py  Scene -> Figure
    cards.py     HTML cards                   render.py    Figure -> PNG, SVG that follows the theme
    page.py      a standalone report          palette.py   the colours
    grid.py      tables for terminals         bundles.py   what Jupyter gets
    text.py      plain text

for charts and tables of any kind::

    canvas.py    a drawing board in pixels    sheet.py     a table, shown twice: HTML and terminal
    scales.py    ticks, even distances        parts.py, part_key.py
    bars.py      bills side by side                        what a bill is made of, in colours, and the key

and ``money/``: words, sheets, cards, plain text and charts of prices, meters, projections and comparisons.

Importing ``bundles`` registers how clips, turns, runs, sessions and everything about money draw themselves. The
names of this room arrive when they are used: tables and plain text cost no matplotlib.
"""

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.plots.money.meter_chart import meter_figure
    from rtnb.plots.money.price_chart import history_figure
    from rtnb.plots.money.projection_chart import calibration_figure, projection_figure
    from rtnb.plots.money.variant_chart import next_figure, whatif_figure
    from rtnb.plots.page import report_page
    from rtnb.plots.waveform import clip_figure, run_figure, session_figure, turn_figure

__all__ = [
    "calibration_figure",
    "clip_figure",
    "history_figure",
    "meter_figure",
    "next_figure",
    "projection_figure",
    "report_page",
    "run_figure",
    "session_figure",
    "turn_figure",
    "whatif_figure",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "calibration_figure": "money.projection_chart",
        "clip_figure": "waveform",
        "history_figure": "money.price_chart",
        "meter_figure": "money.meter_chart",
        "next_figure": "money.variant_chart",
        "projection_figure": "money.projection_chart",
        "report_page": "page",
        "run_figure": "waveform",
        "session_figure": "waveform",
        "turn_figure": "waveform",
        "whatif_figure": "money.variant_chart",
    },
)
