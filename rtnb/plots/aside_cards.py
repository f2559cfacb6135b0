"""What a notebook shows of what was asked beside a conversation, and of transcripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtnb._display import register
from rtnb.plots.cards import facts_html, picture
from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import ASSISTANT, ERROR, MUTED, Ink
from rtnb.plots.player import player
from rtnb.plots.render import png_base64
from rtnb.plots.scene import Scene, clip_scene, run_scene
from rtnb.plots.sheet import Head, Sheet, sheet_html, sheet_text
from rtnb.plots.style import BREAK, CARD, NAME, NOTE, PILL, ROW, WORDS, ink_css
from rtnb.plots.waveform import draw
from rtnb.plots.words import Fact, cost_facts, counted, duration, models_of, usage_facts
from rtnb.session.verbs.aside_result import AsideResult, ModelTranscript
from rtnb.session.verbs.transcript import Segment, Transcript
from rtnb.session.views.shapes import RunView, SpeechSpan

__all__ = ["aside_card", "both_card", "register_all", "transcript_card"]

WIDTH = 100
"""Characters of a line of plain text."""

SCENE_S = 600.0
"""A longer recording is not drawn: its words are what counts, and a minute would be a few pixels wide."""


def aside_card(result: AsideResult) -> Html:
    """The answer of an aside, how it ended, and what it took."""
    pill = None if result.ok else _pill(f"{result.status}: {result.status_reason}", ERROR)
    words = tag("span", tag("span", result.text, dir="auto"), " " if pill else None, pill, style=WORDS)
    sound = player(result.audio, "Aside") if result.audio is not None else None
    scene = _sound(result)
    return _card(
        "Aside",
        tag("div", tag("b", "Aside", style=css(ink_css(ASSISTANT), NAME)), " ", words, sound, style=ROW),
        picture(scene) if scene is not None else None,
        *_call_lines(result),
        _line(*facts_html(_facts(result))),
    )


def aside_text(result: AsideResult) -> str:
    """The same in a terminal."""
    state = "" if result.ok else f" [{safe(result.status)}: {safe(result.status_reason)}]"
    lines = wrap(f"Aside: {safe(result.text)}{state}", WIDTH)
    lines += [f"  {safe(call['name'])}({safe(call['arguments'])})" for call in result.calls]
    return "\n".join([*lines, *wrap(" · ".join(safe(str(fact)) for fact in _facts(result)), WIDTH)])


def both_card(both: ModelTranscript) -> Html:
    """Two transcripts of one turn, side by side, with the cost of each."""
    return _card("Two transcripts of one turn", sheet_html(_both_sheet(both), full=True), _line(*_disagreement(both)))


def both_text(both: ModelTranscript) -> str:
    """The same in a terminal."""
    return "\n".join([sheet_text(_both_sheet(both)), *_disagreement(both)])


def transcript_card(said: Transcript) -> Html:
    """A recording: its sound with what turn detection took for speech, and its words with their times."""
    state = None if said.done else _pill("listening …")
    heading = _line(
        tag("b", said.name or "Transcript", dir="auto", style=BREAK),
        _muted(duration(said.duration_s)),
        _muted(counted(len(said.segments), "segment")),
        state,
        player(said.audio, said.name or "Transcript") if said.audio is not None else None,
    )
    scene = _scene(said)
    table = sheet_html(_segments_sheet(said), full=True) if said.segments else _line(_muted("nothing heard so far"))
    return _card(
        f"Transcript of {said.name or 'a recording'}",
        heading,
        picture(scene) if scene is not None else None,
        table,
        _line(*facts_html(_transcript_facts(said))),
    )


def transcript_text(said: Transcript) -> str:
    """The same in a terminal."""
    head = f"Transcript of {safe(said.name) or 'a recording'}: {duration(said.duration_s)}"
    head += "" if said.done else ", listening …"
    lines = [head]
    for segment in said.segments:
        lines += wrap(f"{_span(segment)}  {safe(_shown(segment))}", WIDTH)
    return "\n".join([*lines, *wrap(" · ".join(safe(str(fact)) for fact in _transcript_facts(said)), WIDTH)])


def aside_bundle(result: AsideResult) -> Mapping[str, Any]:
    """An aside."""
    return _bundle(aside_card(result), aside_text(result), _sound(result))


def both_bundle(both: ModelTranscript) -> Mapping[str, Any]:
    """Two transcripts."""
    return _bundle(both_card(both), both_text(both), None)


def transcript_bundle(said: Transcript) -> Mapping[str, Any]:
    """A transcript; while it grows without pictures, which take too long to be drawn over and over."""
    return _bundle(transcript_card(said), transcript_text(said), _scene(said))


def register_all() -> None:
    """Tell :mod:`rtnb._display` how these draw themselves."""
    register(AsideResult, aside_bundle)
    register(ModelTranscript, both_bundle)
    register(Transcript, transcript_bundle)


def _bundle(html: Html, plain: str, scene: Scene | None) -> Mapping[str, Any]:
    bundle: dict[str, Any] = {"text/html": str(html), "text/plain": plain}
    if scene is not None:
        bundle["image/png"] = png_base64(draw(scene))
    return bundle


def _sound(result: AsideResult) -> Scene | None:
    scene = None if result.audio is None else clip_scene(result.audio)
    return None if scene is None or scene.empty else scene


def _scene(said: Transcript) -> Scene | None:
    if said.audio is None or said.duration_s > SCENE_S:
        return None
    spans = tuple(SpeechSpan(s.start_s, s.end_s) for s in said.segments if s.end_s > s.start_s)
    scene = run_scene(RunView(said.name, said.audio, 0.0, (), speech=spans, done=True))
    return None if scene.empty else scene


def _facts(result: AsideResult) -> list[Fact]:
    facts = [Fact(("outside of the conversation",))]
    if result.elapsed_s:
        facts.append(Fact(("", f"{result.elapsed_s:.2f} s", " request → done")))
    if result.usage is not None:
        facts += usage_facts(result.usage)
    return facts + (cost_facts(result.cost, result.endpoint) if result.cost is not None else [])


def _transcript_facts(said: Transcript) -> list[Fact]:
    facts = [Fact((name,)) for name in (said.model, said.endpoint) if name]
    if said.seconds:
        facts.append(Fact(("", f"{said.seconds:g} s", " billed")))
    if said.tokens:
        facts.append(Fact(("", f"{said.tokens:,}", " tokens")))
    return facts + (cost_facts(said.cost, said.endpoint) if said.cost is not None else [])


def _both_sheet(both: ModelTranscript) -> Sheet:
    model = both.result.model or "the model itself"
    words = both.text or "(no speech)" if both.result.ok else f"({both.result.status}: {both.result.status_reason})"
    built_in = "(none)" if both.built_in is None else both.built_in
    transcriber = ", ".join(models_of(both.built_in_cost)) if both.built_in_cost is not None else ""
    return Sheet(
        (Head("written down by", words=True, least="11em"), Head("what the user said", words=True), Head("cost")),
        (
            (f"{model}, out of band", words, _cost(both.cost)),
            (f"{transcriber or 'transcription'}, built in", built_in, _cost(both.built_in_cost)),
        ),
    )


def _disagreement(both: ModelTranscript) -> list[str]:
    apart = both.disagreement
    if apart is None:
        return []
    return ["word for word the same" if not apart.errors else f"{apart} of the model's differ"]


def _cost(cost: object) -> str:
    return "–" if cost is None else str(cost)


def _segments_sheet(said: Transcript) -> Sheet:
    speakers = any(segment.speaker for segment in said.segments)
    sure = any(segment.confidence is not None for segment in said.segments)
    heads = [Head("from – to"), *([Head("speaker")] if speakers else []), Head("words", words=True)]
    heads += [Head("confidence")] if sure else []
    rows = []
    for each in said.segments:
        row = [_span(each), *([each.speaker] if speakers else []), _shown(each)]
        if sure:
            row.append("" if each.confidence is None else f"{each.confidence:.2f}")
        rows.append(tuple(row))
    return Sheet(tuple(heads), tuple(rows))


def _shown(segment: Segment) -> str:
    if segment.error:
        return f"({segment.error})"
    return segment.text if segment.final else f"{segment.text} …"


def _span(segment: Segment) -> str:
    if not segment.final and segment.end_s <= segment.start_s:
        return ""
    return f"{_clock(segment.start_s)} – {_clock(segment.end_s)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(max(0.0, seconds) * 10), 600)
    return f"{minutes}:{rest / 10:04.1f}"


def _call_lines(result: AsideResult) -> list[Html | None]:
    return [_line(tag("code", f"{call['name']}({call['arguments']})", style=BREAK)) for call in result.calls]


def _card(label: str, *children: Child) -> Html:
    return tag("section", *children, aria_label=label, style=CARD)


def _line(*children: Child) -> Html | None:
    placed = [(" ", tag("span", child, style=NOTE)) for child in children if child is not None]
    return tag("div", *placed, style=ROW) if placed else None


def _muted(words: str) -> Html:
    return tag("span", words, style=ink_css(MUTED))


def _pill(words: str, ink: Ink = MUTED) -> Html:
    return tag("span", words, style=css(PILL, ink_css(ink)))
