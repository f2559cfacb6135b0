"""Cards: what a notebook cell shows of a turn, a run, a session, a sound or a bill. HTML without scripts.

Every card is a ``section`` whose elements come in reading order, so that it still reads where styles are
stripped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtnb.audio import Clip
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import ASSISTANT, ERROR, MUTED, USER, Ink
from rtnb.plots.player import player
from rtnb.plots.render import svg_data_uri
from rtnb.plots.scene import Scene, clip_scene, run_scene, session_scene, turn_scene
from rtnb.plots.states import state_words
from rtnb.plots.style import BREAK, CARD, CHIPS, NAME, NOTE, PADDING, PILL, ROW, WORDS, ink_css
from rtnb.plots.tables import cost_table, turns_table, usage_table
from rtnb.plots.turn_rows import error_row, images, times, tool_rows
from rtnb.plots.waveform import WIDTH, draw
from rtnb.plots.words import (
    Fact,
    answered,
    cost_facts,
    counted,
    duration,
    heard,
    number,
    status_note,
    turn_facts,
    usage_facts,
)
from rtnb.pricing import Cost
from rtnb.session.views.shapes import RunView, SessionView, TurnView, UsageReport
from rtnb.tokens import TokenUsage

__all__ = [
    "bill",
    "clip_card",
    "cost_card",
    "picture",
    "report_card",
    "run_card",
    "session_card",
    "session_heading",
    "session_notices",
    "turn_card",
    "usage_card",
]

MANY = 20
"""Turns of a report beyond which their table waits behind a click."""
LONG = 1200
"""Characters of a text beyond which the rest waits behind a click."""


def _card(label: str, *children: Child) -> Html:
    return tag("section", *children, aria_label=label, style=CARD)


def picture(scene: Scene, *, background: bool = True) -> Html | None:
    """The scene as an image that follows the theme, with its description as alternative text; None if silent."""
    if scene.empty:
        return None
    style = css(display="block", width="100%", max_width="none", height="auto", margin="4px 0 0")
    source = svg_data_uri(draw(scene), background=background)
    return tag("img", src=source, alt=scene.describe(), width=round(WIDTH), style=style)


def facts_html(facts: Iterable[Fact]) -> list[Html]:
    """Phrases, muted but for their figures."""
    muted = ink_css(MUTED)

    def part(i: int, words: str) -> Html | None:
        if not words:
            return None
        return tag("b", words) if i % 2 else tag("span", words, style=muted)

    return [tag("span", *(part(i, words) for i, words in enumerate(fact.parts))) for fact in facts]


def _chips(facts: Sequence[Fact]) -> Html | None:
    style = css(margin="0", padding="0", display="block")
    return tag("ul", *(tag("li", fact, style=style) for fact in facts_html(facts)), style=CHIPS) if facts else None


def _words(text: str, *, own: bool, after: Child = None) -> Html:
    """What somebody said, and a note of ours on it. ``dir`` keeps its direction from reaching its neighbours."""
    style = None if own else ink_css(MUTED)
    cut, rest = len(text), None
    if len(text) > LONG:
        cut = max(text.rfind(" ", LONG - 200, LONG), 0) or LONG
        summary = tag("summary", f"… {len(text) - cut:,} more characters")
        rest = tag("details", summary, tag("span", text[cut:], dir="auto", style=style))
    words = tag("span", text[:cut], dir="auto", style=style)
    return tag("span", words, (" ", after) if after is not None else None, rest, style=WORDS)


def _row(who: str, ink: Ink, *children: Child) -> Html:
    return tag("div", tag("b", who, style=css(ink_css(ink), NAME)), _spaced(children), style=ROW)


def _line(*children: Child) -> Html:
    placed = [tag("span", child, style=NOTE) for child in children if child is not None]
    return tag("div", _spaced(placed), style=ROW)


def _spaced(children: Iterable[Child]) -> list[Child]:
    """With blanks between, which only show where styles are stripped."""
    return [(" ", child) for child in children if child is not None]


def _muted(words: str) -> Html:
    return tag("span", words, style=ink_css(MUTED))


def _pill(words: str, ink: Ink = MUTED) -> Html:
    return tag("span", words, style=css(PILL, ink_css(ink)))


def turn_card(turn: TurnView, *, numbered: bool = False, background: bool = True) -> Html:
    """A turn as its cell shows it: who said what, with players; the picture; what it took.

    While the turn goes on there is only text, cheap enough to be drawn a few times a second.

    Parameters
    ----------
    turn : TurnView
    numbered : bool
        Whether to head the card with the number of the turn, as among others.
    background : bool
        Whether the picture brings its own background; see :func:`rtnb.plots.render.svg`.
    """
    label = f"Turn {number(turn)}"
    heading = _line(tag("b", label), _muted(turn.status.replace("_", " "))) if numbered else None
    return _card(
        label,
        heading,
        _user_row(turn),
        *tool_rows(turn.tool_calls),
        _assistant_row(turn),
        error_row(turn.error) if turn.over else None,
        picture(turn_scene(turn), background=background) if turn.over else None,
        _chips(turn_facts(turn)),
        times(turn.timing) if turn.over else None,
    )


def _user_row(turn: TurnView) -> Html | None:
    if turn.user_kind == "none" and not turn.user_text and turn.user_audio is None and not turn.user_images:
        return None
    sound = player(turn.user_audio, f"Turn {number(turn)}, you") if turn.over else None
    words, own = heard(turn)
    return _row("You", USER, _words(words, own=own), images(turn.user_images), sound)


def _assistant_row(turn: TurnView) -> Html:
    note = status_note(turn)
    pill = _pill(note, ERROR if turn.status in ("failed", "incomplete") else MUTED) if note else None
    words, own = answered(turn)
    if pill is not None and not own:
        # A status without an answer says all there is.
        text = tag("span", pill, style=WORDS)
    else:
        growing = _muted("…") if own and not turn.over else None
        text = _words(words, own=own, after=pill or growing)
    sound = player(turn.assistant_audio, f"Turn {number(turn)}, assistant") if turn.over else None
    return _row("Assistant", ASSISTANT, text, sound)


def clip_card(clip: Clip) -> Html:
    """A sound: player, length, rate, level, outline."""
    facts = [Fact(("", duration(clip.duration_s))), Fact(("", f"{clip.rate_hz / 1000:g} kHz"))]
    scene = clip_scene(clip)
    if scene.empty:
        facts = [Fact(("empty: ", "0 s", " of sound"))]
    elif scene.voices[0].silent:
        facts.append(Fact(("silent",)))
    else:
        facts.append(Fact(("peak ", f"{clip.peak_dbfs:.1f}", " dBFS")))
    return _card("Sound", _line(player(clip, "Sound"), *facts_html(facts)), picture(scene))


def run_card(run: RunView, *, background: bool = True) -> Html:
    """A streamed recording: its player, the picture with its turns, and a table of them."""
    streamed = f"{duration(run.input.duration_s)} {'' if run.done else 'so far, '}at real pace"
    heading = _line(
        tag("b", run.source, dir="auto", style=BREAK),
        _muted(streamed),
        _muted(counted(len(run.turns), "turn")),
        _pill("done" if run.done else "streaming …"),
        player(run.input, f"The recording {run.source}") if run.done else None,
    )
    return _card(
        f"Run of {run.source}",
        heading,
        picture(run_scene(run), background=background) if run.done else None,
        turns_table(run.turns) if run.turns else _line(_muted("no turns" if run.done else "no turn so far")),
        _chips([Fact((name,)) for name in (run.model, run.endpoint) if name]),
    )


def session_heading(session: SessionView) -> Html:
    """Who answers, how, and in which state the connection is."""
    parts = [session.endpoint, session.model, session.voice, session.turn_detection]
    return _line(
        tag("b", " · ".join(part for part in parts if part)),
        _pill(state_words(session.status), ERROR if session.status == "lost" else MUTED),
        _muted(f"{duration(session.duration_s)}, {counted(len(session.turns), 'turn')}"),
    )


def session_notices(session: SessionView) -> list[Html]:
    """Errors first, then what the user should know; races behind a click."""
    found = [_line(tag("span", f"Error: {error}", style=css(ink_css(ERROR), BREAK))) for error in session.errors]
    found += [_line(tag("span", note, style=css(ink_css(MUTED), BREAK))) for note in session.notes]
    if session.quiet:
        summary = tag("summary", f"{counted(len(session.quiet), 'race')} without consequence", style=ink_css(MUTED))
        races = [tag("div", words, style=css(ink_css(MUTED), BREAK)) for words in session.quiet]
        found.append(tag("details", summary, *races, style=css(padding=f"4px {PADDING}")))
    return found


def session_card(session: SessionView, *, background: bool = True) -> Html:
    """A session so far: who answers, all its sound on one clock, its turns, what it cost."""
    facts = usage_facts(session.usage) if session.usage is not None else []
    facts += cost_facts(session.cost, session.endpoint) if session.cost is not None else []
    table = turns_table(session.turns, priced=session.cost is None, beside=session.beside)
    return _card(
        "Session",
        session_heading(session),
        *session_notices(session),
        picture(session_scene(session), background=background),
        table if session.turns or session.beside is not None else _line(_muted("no turns yet")),
        _chips(facts),
    )


def bill(cost: Cost, endpoint: str = "") -> list[Child]:
    """What it cost, at which prices, and the lines that make it up."""
    return [_line(*facts_html(cost_facts(cost, endpoint))), cost_table(cost) if cost.lines else None]


def cost_card(cost: Cost, *, endpoint: str = "") -> Html:
    """A bill by line, for what `endpoint` answered."""
    return _card("Cost", *bill(cost, endpoint))


def usage_card(usage: TokenUsage) -> Html:
    """Tokens by modality and cache."""
    return _card("Tokens", usage_table(usage))


def report_card(report: UsageReport, *, image: Html | None = None) -> Html:
    """Tokens and cost of a session: by modality, by line of the bill, by turn.

    Parameters
    ----------
    report : UsageReport
    image : Html, optional
        What stands between the sum and the tables, such as the picture of its meter.
    """
    empty = report.usage is None and report.cost is None
    line, table = bill(report.cost, report.endpoint) if report.cost is not None else (None, None)
    turns: Html | None = None
    if report.turns or report.beside is not None:
        turns = turns_table(report.turns, by_modality=True, priced=report.cost is None, beside=report.beside)
    if len(report.turns) > MANY:
        folded = tag("summary", f"every turn ({len(report.turns):,})", style=css(padding=f"4px {PADDING}"))
        turns = tag("details", folded, turns)
    return _card(
        "Usage",
        _line(_muted("nothing was used yet")) if empty else None,
        line,
        image,
        table,
        usage_table(report.usage) if report.usage is not None else None,
        turns,
    )
