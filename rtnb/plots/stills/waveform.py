"""The still of a waveform: sound as HTML, as a picture and as text."""

from __future__ import annotations

from rtnb._display import Bundle
from rtnb.audio import Clip
from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.render import png_base64
from rtnb.plots.stills.heard_scene import Heard, Sounding, scene_of
from rtnb.plots.stills.image import image_html
from rtnb.plots.stills.sound import Embedding
from rtnb.plots.stills.waveform_chart import waveform_picture
from rtnb.plots.style import BREAK, CARD, NOTE, ROW, ink_css
from rtnb.plots.words import clipped, duration

__all__ = ["waveform_bundle"]


def waveform_bundle(
    source: Sounding,
    *,
    span_s: tuple[float, float] | None = None,
    selection_s: tuple[float, float] | None = None,
    spectrogram: bool = False,
    title: str = "",
    notes: tuple[str, ...] = (),
    rate_hz: int | None = None,
    embed_audio: bool = False,
) -> Bundle:
    """What stays of a waveform in a saved notebook.

    Parameters
    ----------
    source : Clip, TurnView, RunView, SessionView or Heard
    span_s : (float, float), optional
        What is shown, in seconds; everything if not given.
    selection_s : (float, float), optional
        What was selected.
    spectrogram : bool
        Whether it is shown too.
    title : str
        ``"Waveform"`` if empty.
    notes : tuple of str
        What else is to be said beside the title.
    rate_hz : int, optional
        Of the sound itself, where `source` is a clip that is only its outline.
    embed_audio : bool
        Whether the HTML brings the first seconds of the sound along, or of the selection.

    Examples
    --------
    >>> still = waveform_bundle(Clip.silence(1.0), title="<i>")
    >>> sorted(still), "<i>" in still["text/html"]
    (['image/png', 'text/html', 'text/plain'], False)
    """
    picture = waveform_picture(source, span_s=span_s, selection_s=selection_s, spectrum=spectrogram)
    name = clipped(title, 120) or "Waveform"
    facts = [fact for fact in (*_facts(source, span_s, selection_s, rate_hz), *notes) if fact]
    embedding = Embedding.asked(embed_audio)
    players = [embedding.player(clip, label) for label, clip in _sounds(source, selection_s)]
    html = tag(
        "section",
        _row([tag("b", name, style=BREAK), *(tag("span", clipped(fact, 200), style=ink_css(MUTED)) for fact in facts)]),
        _row([each for each in players if each is not None]) if any(players) else None,
        _row([tag("span", embedding.note, style=ink_css(MUTED))]) if embedding.note else None,
        image_html(picture),
        aria_label=name,
        style=CARD,
    )
    plain = wrap(safe(clipped(" · ".join([name, *facts]), 400)), 100) + wrap(safe(picture.alt), 100)
    bundle: Bundle = {"text/html": str(html), "text/plain": "\n".join(plain)}
    if not picture.empty:
        bundle["image/png"] = png_base64(picture.figure)
    return bundle


def _facts(
    source: Sounding,
    span_s: tuple[float, float] | None,
    selection_s: tuple[float, float] | None,
    rate_hz: int | None = None,
) -> list[str]:
    scene = scene_of(source)
    found = []
    if isinstance(source, Clip):
        found += [_long(source.duration_s), f"{(rate_hz or source.rate_hz) / 1000:g} kHz"]
        peak = f"peak {source.peak_dbfs:.1f} dBFS".replace("-", "−")
        found.append("silent" if not scene.empty and scene.voices[0].silent else peak)
    else:
        known_s = source.length_s if isinstance(source, Heard) else None
        found.append(_long(max(0.0, scene.end_s - scene.start_s) if known_s is None else known_s))
    if span_s is not None:
        found.append(f"shown: {_between(*span_s)}")
    if selection_s is not None:
        found.append(f"selected: {_between(*selection_s)}")
    return found


def _long(seconds: float) -> str:
    """A length of sound, of a few samples too."""
    if not 0 < seconds < 0.01:
        return duration(seconds)
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def _between(start_s: float, end_s: float) -> str:
    digits = 2 if end_s - start_s >= 0.5 else 4 if end_s - start_s >= 0.01 else 5
    return f"{start_s:.{digits}f} to {end_s:.{digits}f} s"


def _sounds(source: Sounding, selection_s: tuple[float, float] | None) -> list[tuple[str, Clip]]:
    """What there is to listen to: a clip or the selected part of it, else each side's first voices."""
    if isinstance(source, Clip):
        if selection_s is not None:
            return [("Selection", source[max(0.0, selection_s[0]) : max(0.0, selection_s[1])])]
        return [("Sound", source)]
    if isinstance(source, Heard):
        # Outlines sound like nothing.
        return []
    return [("You" if voice.who == "user" else "Assistant", voice.clip) for voice in scene_of(source).voices[:12]]


def _row(children: list[Html]) -> Html:
    placed: list[Child] = [(" ", tag("span", child, style=NOTE)) for child in children]
    return tag("div", placed, style=css(ROW))
