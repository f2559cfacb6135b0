"""A session as one HTML file that stands alone: no script, no network, light or dark as the reader likes."""

from __future__ import annotations

from collections.abc import Iterable

from rtnb.plots.cards import cost_card, picture, session_heading, session_notices, turn_card
from rtnb.plots.html import Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.scene import session_scene
from rtnb.plots.style import CARD, ink_css
from rtnb.plots.tables import turns_table
from rtnb.session.views.shapes import SessionView

__all__ = ["document", "report_page"]

# The cards take their colours from JupyterLab's variables, which the page therefore sets.
_STYLE = """
:root{color-scheme:light dark;--page:light-dark(#f6f8fa,#111418);--jp-layout-color0:light-dark(#ffffff,#171b20);
--jp-content-font-color1:light-dark(#1f2328,#e6e8eb);--jp-border-color2:light-dark(#d8dee4,#2e353d)}
body{margin:0 auto;padding:28px 20px 60px;max-width:1080px;background:var(--page);color:var(--jp-content-font-color1);
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:22px;font-weight:600;margin:0 0 12px}
h2{font-size:12px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;margin:26px 0 8px}
table{border-collapse:collapse}td,th{padding:3px 8px;text-align:right;vertical-align:top}
td:not([style]){white-space:nowrap}
tr{border-bottom:1px solid var(--jp-border-color2)}
div[style*=overflow-x]{background:linear-gradient(to right,var(--jp-layout-color0) 40%,transparent) local,
linear-gradient(to left,var(--jp-layout-color0) 40%,transparent) 100% 0 local,
linear-gradient(to right,#8888,transparent),linear-gradient(to left,#8888,transparent) 100% 0;
background-repeat:no-repeat;background-size:36px 100%,36px 100%,14px 100%,14px 100%;scrollbar-width:thin}
section{break-inside:avoid;max-width:none!important;margin-bottom:14px!important}
@media print{audio{display:none}body{padding:0}}
"""


def report_page(session: SessionView, *, title: str, notes: Iterable[str] = ()) -> str:
    """The session as a page: summary, waveform, every turn with its players, the bill.

    Parameters
    ----------
    session : SessionView
    title : str
        Heading and title of the page.
    notes : iterable of str
        Paragraphs under the heading.

    Returns
    -------
    str
        A complete document, to be written as UTF-8.

    Examples
    --------
    >>> view = SessionView("embedded server", "rtnb-echo", "tone", "closed", 0.0, ())
    >>> report_page(view, title="Nothing said").count("<script")
    0
    """
    image = picture(session_scene(session), background=False)
    parts: list[Html | None] = [
        tag("h1", title),
        *(tag("p", note, style=css(ink_css(MUTED), margin="0 0 8px")) for note in notes),
        tag("section", session_heading(session), *session_notices(session), image, aria_label="Session", style=CARD),
    ]
    if session.turns:
        table = turns_table(session.turns, by_modality=True, beside=session.beside)
        parts += [_heading("Summary"), tag("section", table, aria_label="Summary", style=CARD), _heading("Turns")]
        parts += [turn_card(turn, numbered=True, background=False) for turn in session.turns]
    else:
        parts.append(tag("p", "Nothing was said in this session."))
    if session.cost is not None:
        parts += [_heading("Cost"), cost_card(session.cost, endpoint=session.endpoint)]
    return document(title, [part for part in parts if part is not None])


def document(title: str, parts: Iterable[Html]) -> str:
    """A complete page of `parts`, in which nothing runs and nothing is fetched, whatever they contain.

    Examples
    --------
    >>> page = document("A <title>", [tag("p", "words")])
    >>> page.startswith("<!doctype html>"), "A &lt;title&gt;" in page, "default-src &#x27;none&#x27;" in page
    (True, True, True)
    """
    # The policy makes the promise hold: whatever a transcript contains, nothing runs or is fetched.
    policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(_STYLE)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', tag('main', *parts)), lang='en')}\n"


def _heading(words: str) -> Html:
    return tag("h2", words, style=ink_css(MUTED))
