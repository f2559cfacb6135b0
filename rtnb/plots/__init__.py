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
    text.py      plain text                   states.py    what is said of what goes on

for charts and tables of any kind::

    canvas.py    a drawing board in pixels    sheet.py     a table, shown twice: HTML and terminal
    scales.py    ticks, even distances        parts.py, part_key.py
    bars.py      bills side by side                        what a bill is made of, in colours, and the key

and ``money/``: words, sheets, cards, plain text and charts of prices, meters, projections and comparisons; ``vad/``:
tracks, labels, scores, sweeps, mistakes, trials and calibrations of turn detection::

    vad/board.py   what a cell shows, said once: HTML, plain text, PNG
    vad/lanes.py   sound, strips, probability on one clock      vad/plot.py   one number against another
    vad/lab_chart.py, mistakes_board.py, sweep_chart.py ...     vad/bundles.py  registration

``timeline/``: a session over time, lane by lane, with its tables and its page; ``stills/``: what stays of the live
views in a saved notebook (console, waveform, usage meter).

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
    from rtnb.plots.timeline.chart import timeline_figure
    from rtnb.plots.vad.calibration_chart import detector_calibration_figure
    from rtnb.plots.vad.frames_chart import frames_figure
    from rtnb.plots.vad.heatmap import sweep_heatmap
    from rtnb.plots.vad.lab_chart import lab_figure, track_figure
    from rtnb.plots.vad.labels_chart import labels_figure
    from rtnb.plots.vad.mistakes_board import mistake_figure
    from rtnb.plots.vad.operating_chart import operating_figure
    from rtnb.plots.vad.sensitivity_chart import sensitivity_figure
    from rtnb.plots.vad.sweep_chart import sweep_figure
    from rtnb.plots.vad.trial_chart import trial_figure
    from rtnb.plots.vad.whatif_chart import conditions_figure
    from rtnb.plots.waveform import clip_figure, run_figure, session_figure, turn_figure

__all__ = [
    "calibration_figure",
    "clip_figure",
    "conditions_figure",
    "detector_calibration_figure",
    "frames_figure",
    "history_figure",
    "lab_figure",
    "labels_figure",
    "meter_figure",
    "mistake_figure",
    "next_figure",
    "operating_figure",
    "projection_figure",
    "report_page",
    "run_figure",
    "sensitivity_figure",
    "session_figure",
    "sweep_figure",
    "sweep_heatmap",
    "timeline_figure",
    "track_figure",
    "trial_figure",
    "turn_figure",
    "whatif_figure",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "calibration_figure": "money.projection_chart",
        "clip_figure": "waveform",
        "conditions_figure": "vad.whatif_chart",
        "detector_calibration_figure": "vad.calibration_chart",
        "frames_figure": "vad.frames_chart",
        "history_figure": "money.price_chart",
        "lab_figure": "vad.lab_chart",
        "labels_figure": "vad.labels_chart",
        "meter_figure": "money.meter_chart",
        "mistake_figure": "vad.mistakes_board",
        "next_figure": "money.variant_chart",
        "operating_figure": "vad.operating_chart",
        "projection_figure": "money.projection_chart",
        "report_page": "page",
        "run_figure": "waveform",
        "sensitivity_figure": "vad.sensitivity_chart",
        "session_figure": "waveform",
        "sweep_figure": "vad.sweep_chart",
        "sweep_heatmap": "vad.heatmap",
        "timeline_figure": "timeline.chart",
        "track_figure": "vad.lab_chart",
        "trial_figure": "vad.trial_chart",
        "turn_figure": "waveform",
        "whatif_figure": "money.variant_chart",
    },
)
