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

and of money::

    money_words.py   how it is phrased        canvas.py            a drawing board in pixels
    money_sheets.py  which tables there are   scales.py            ticks, places that keep a distance
    print_sheets.py  what stands in print     parts.py             what a bill is made of, in colours
    reconciliation_sheets.py  recordings against an export
    sheet.py         a table, shown twice     part_key.py          the key to those colours
    money_cards.py   HTML cards               bars.py              bills side by side
    money_text.py    plain text               meter_chart.py       what a session cost over its time
                                              price_chart.py       prices over the years
                                              projection_chart.py  a bill to come
                                              variant_chart.py     the same talk, billed otherwise
                                              variant_names.py     what the variants are called there
                                              trade_chart.py       cost against what it loses

Importing ``bundles`` registers how clips, turns, runs, sessions and everything about money draw themselves. The
names of this room arrive when they are used: tables and plain text cost no matplotlib.
"""

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.plots.meter_chart import meter_figure
    from rtnb.plots.page import report_page
    from rtnb.plots.price_chart import history_figure
    from rtnb.plots.projection_chart import calibration_figure, projection_figure
    from rtnb.plots.variant_chart import next_figure, whatif_figure
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
        "calibration_figure": "projection_chart",
        "clip_figure": "waveform",
        "history_figure": "price_chart",
        "meter_figure": "meter_chart",
        "next_figure": "variant_chart",
        "projection_figure": "projection_chart",
        "report_page": "page",
        "run_figure": "waveform",
        "session_figure": "waveform",
        "turn_figure": "waveform",
        "whatif_figure": "variant_chart",
    },
)
