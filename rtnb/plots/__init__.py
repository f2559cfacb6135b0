"""Pictures and cards: matplotlib Figures and HTML without scripts. Data in, picture out; no pyplot, no state.

::

    palette.py   the colours              html.py    escaping          scene.py     what a picture shows
    words.py     how facts are phrased    style.py   inline styles     layout.py    where labels go
    text.py      plain text               player.py  audio elements    waveform.py  scene -> Figure
    tables.py    HTML tables              cards.py   HTML cards        render.py    Figure -> PNG, SVG
    page.py      a standalone report      bundles.py what Jupyter gets

Importing this room registers how clips, turns, runs, sessions and costs draw themselves.
"""

from rtnb.plots import bundles
from rtnb.plots.page import report_page
from rtnb.plots.waveform import clip_figure, run_figure, session_figure, turn_figure

bundles.register_all()

__all__ = ["clip_figure", "report_page", "run_figure", "session_figure", "turn_figure"]
