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

Importing this room registers how clips, turns, runs, sessions and costs draw themselves.
"""

from rtnb.plots import bundles
from rtnb.plots.page import report_page
from rtnb.plots.waveform import clip_figure, run_figure, session_figure, turn_figure

bundles.register_all()

__all__ = ["clip_figure", "report_page", "run_figure", "session_figure", "turn_figure"]
