"""A conversation as rows of who said what, before any drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from rtnb.audio import Clip
from rtnb.plots.words import answered, clipped, error_words, heard, status_note, tool_words
from rtnb.session.verbs.rebuild import CUT_MARK, heard_text
from rtnb.session.views.pieces import ImageView, ToolCallView
from rtnb.session.views.shapes import TurnView

__all__ = ["Said", "Who", "rows_of", "split_heard"]

Who: TypeAlias = Literal["You", "Tool", "Assistant", "Error"]

TEXT_LIMIT = 2_000
"""Characters of one utterance that a still keeps."""


@dataclass(frozen=True, slots=True)
class Said:
    """One row of a conversation.

    Parameters
    ----------
    who : "You", "Tool", "Assistant" or "Error"
    text : str
        What was said, and heard.
    unheard : str
        What was generated after that and nobody heard.
    own : bool
        Whether these are the speaker's words rather than ours about them.
    note : str
        A remark of ours behind them.
    bad : bool
        Whether the remark is bad news.
    more : int
        Characters that were left out.
    clip : Clip or None
    images : tuple of ImageView
    """

    who: Who
    text: str
    unheard: str = ""
    own: bool = True
    note: str = ""
    bad: bool = False
    more: int = 0
    clip: Clip | None = None
    images: tuple[ImageView, ...] = ()

    @property
    def remark(self) -> str:
        """The note, and how much is left out."""
        left_out = f"… {self.more:,} more characters" if self.more else ""
        return " · ".join(part for part in (left_out, self.note) if part)


def split_heard(text: str, heard_s: float | None, total_s: float | None) -> tuple[str, str]:
    """The words that were heard, and those that were not, where an answer was interrupted: an estimate.

    As :func:`rtnb.session.verbs.rebuild.heard_text` parts them: no event tells where each word sounds.

    Examples
    --------
    >>> split_heard("It is sunny in Paris.", 1.5, 3.0)
    ('It is', 'sunny in Paris.')
    >>> split_heard("It is sunny.", None, 3.0)
    ('It is sunny.', '')
    """
    if heard_s is None or not total_s or total_s <= 0 or heard_s >= total_s:
        return text, ""
    kept = heard_text(text, heard_s / total_s).removesuffix(CUT_MARK)
    return kept, text[len(kept) :].lstrip()


def rows_of(turn: TurnView) -> list[Said]:
    """What a turn consists of, in reading order.

    Examples
    --------
    >>> [f"{row.who}: {row.text}" for row in rows_of(TurnView(0, "completed", user_text="Hi", assistant_text="Hello!"))]
    ['You: Hi', 'Assistant: Hello!']
    """
    rows = _user(turn)
    rows += [_tool(call) for call in turn.tool_calls]
    rows.append(_assistant(turn))
    if turn.over and turn.error is not None and any(words := error_words(turn.error)):
        rows.append(Said("Error", ": ".join(word for word in words if word), bad=True))
    return rows


def _user(turn: TurnView) -> list[Said]:
    if turn.user_kind == "none" and not turn.user_text and turn.user_audio is None and not turn.user_images:
        return []
    if len(turn.user_items) > 1:
        return _item_by_item(turn)
    words, own = heard(turn)
    text, _, more = _short(words, "")
    return [Said("You", text, own=own, more=more, clip=turn.user_audio, images=turn.user_images)]


def _item_by_item(turn: TurnView) -> list[Said]:
    """A row for each item, as a live console has it; the sound of all of them stands with the first that has some."""
    rows = []
    clip = turn.user_audio
    for item in turn.user_items:
        sounding = clip if item.spoken else None
        clip = None if item.spoken else clip
        alone = replace(turn, user_text=item.text, user_images=item.images, user_audio=sounding, user_items=())
        words, own = heard(replace(alone, user_kind="audio" if item.spoken else "text"))
        text, _, more = _short(words, "")
        rows.append(Said("You", text, own=own, more=more, clip=sounding, images=item.images))
    return rows


def _tool(call: ToolCallView) -> Said:
    told = tool_words(call)
    return Said("Tool", f"{told.signature} → {told.result}", note=told.note, bad=told.failed)


def _assistant(turn: TurnView) -> Said:
    words, own = answered(turn)
    note = status_note(turn)
    if note and not own:
        words = ""
    # What arrived is what there was to hear, whether or not it was kept.
    total_s = turn.received_s
    if total_s is None and turn.assistant_audio is not None:
        total_s = turn.assistant_audio.duration_s
    text, unheard, more = _short(*(split_heard(words, turn.heard_s, total_s) if own else (words, "")))
    if own and not turn.over:
        text += " …"
    bad = turn.status in ("failed", "incomplete")
    return Said("Assistant", text, unheard, own, clipped(note, 300), bad, more, turn.assistant_audio)


def _short(text: str, unheard: str) -> tuple[str, str, int]:
    """Both parts within the limit, and how many characters are left out."""
    more = max(0, len(text) + len(unheard) - TEXT_LIMIT)
    kept = text[:TEXT_LIMIT]
    return kept, unheard[: max(0, TEXT_LIMIT - len(kept))], more
