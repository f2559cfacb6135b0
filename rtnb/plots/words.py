"""How facts of a turn are put into words: the same in cards, tables, pages and on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rtnb._display import counted
from rtnb.pricing import Cost, CostLine, format_usd
from rtnb.session.views.pieces import BesideView, ErrorView, ToolCallView
from rtnb.session.views.shapes import Latency, TurnView
from rtnb.session.views.timing import in_words
from rtnb.tokens import TokenUsage

__all__ = [
    "Fact",
    "ToolWords",
    "answered",
    "bill_lines",
    "clipped",
    "cost_facts",
    "counted",
    "duration",
    "error_words",
    "heard",
    "latency_cell",
    "latency_marks",
    "latency_note",
    "models_of",
    "number",
    "prices",
    "prices_note",
    "status_note",
    "tool_words",
    "total_cost",
    "total_usage",
    "turn_facts",
    "unpriced_reasons",
    "usage_facts",
]


NAME_LIMIT, REASON_LIMIT = 80, 400
"""Characters of a name and of a reason that are shown: a server may send any length."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A phrase with its figures marked: parts that alternate between plain and strong, plain first."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(self.parts)


def _fact(*parts: str) -> Fact:
    return Fact(parts)


def duration(seconds: float) -> str:
    """A length of sound: ``"1.87 s"``, ``"34.0 s"``, ``"2 min 05 s"``.

    Examples
    --------
    >>> duration(1.868), duration(34), duration(125.2)
    ('1.87 s', '34.0 s', '2 min 05 s')
    """
    if round(seconds, 2) < 10:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def number(turn: TurnView) -> str:
    """The number that a turn goes by in pictures and tables, counted from 1."""
    return str(turn.index + 1)


def clipped(text: str, limit: int) -> str:
    """`text` on one line, with an ellipsis where it is longer than `limit` characters.

    Examples
    --------
    >>> clipped("one two\\nthree", 9)
    'one two…'
    """
    flat = " ".join(text[: 4 * limit].split())
    return flat if len(flat) <= limit and len(text) <= 4 * limit else flat[: limit - 1].rstrip() + "…"


def heard(turn: TurnView) -> tuple[str, bool]:
    """What the user gave, and whether these are the user's own words rather than ours about them."""
    if turn.user_text:
        return turn.user_text, True
    if turn.status == "listening":
        return "listening …", False
    if turn.user_audio is not None and len(turn.user_audio):
        return f"{duration(turn.user_audio.duration_s)} of audio{_untranscribed(turn)}", False
    if turn.user_images:
        return counted(len(turn.user_images), "image"), False
    return ("audio, no transcript" if turn.user_kind == "audio" else "no words"), False


def _untranscribed(turn: TurnView) -> str:
    return ", no transcript" if turn.over else " …"


def answered(turn: TurnView) -> tuple[str, bool]:
    """What came back, and whether these are the assistant's own words rather than ours about them."""
    if turn.assistant_text:
        return turn.assistant_text, True
    if turn.assistant_audio is not None and len(turn.assistant_audio):
        return f"{duration(turn.assistant_audio.duration_s)} of audio{_untranscribed(turn)}", False
    missing = {
        "waiting": "waiting for the answer …",
        "listening": "…",
        "in_progress": "answering …",
        "cancelled": "cancelled before the answer began",
        "incomplete": "no answer",
        "failed": "no answer",
        "no_response": "no response",
    }
    wordless = "function calls and no words" if turn.tool_calls else "an answer without words"
    return missing.get(turn.status, wordless), False


def _heard_of(turn: TurnView) -> str:
    if turn.heard_s is None:
        return ""
    total_s = turn.assistant_audio.duration_s if turn.assistant_audio is not None else 0.0
    return f"{turn.heard_s:.2f} s{f' of {total_s:.2f} s' if total_s else ''} heard"


def status_note(turn: TurnView) -> str:
    """Why a turn is not an ordinary completed one; empty if it is, or is still going on.

    Examples
    --------
    >>> status_note(TurnView(0, "cancelled", "interrupted by speech", heard_s=1.55))
    'interrupted by speech: 1.55 s heard'
    >>> status_note(TurnView(0, "failed", "the server is overloaded"))
    'failed: the server is overloaded'
    """
    cut, reason = _heard_of(turn), clipped(turn.status_reason, REASON_LIMIT)
    if cut and turn.over:
        if reason.startswith("interrupted"):
            return f"{reason}: {cut}"
        return f"interrupted: {cut}" + (f" ({reason})" if reason else "")
    words = {"cancelled": "cancelled", "incomplete": "incomplete", "failed": "failed", "no_response": "no response"}
    word = words.get(turn.status, "")
    if not word or not reason or reason.startswith(word):
        return reason if word and reason else word
    return f"{word}: {reason}"


OUTPUT_LIMIT = 300
"""Characters that are shown of what a function was given, and of what it gave."""


@dataclass(frozen=True, slots=True)
class ToolWords:
    """A function call in words: how it was called, what it gave, and how that went."""

    signature: str
    result: str
    note: str
    failed: bool


def tool_words(call: ToolCallView) -> ToolWords:
    """A function call in words.

    Examples
    --------
    >>> tool_words(ToolCallView("weather", '{"city": "Paris"}', "21 °C, sunny", duration_s=0.61))
    ToolWords(signature='weather(city="Paris")', result='21 °C, sunny', note='0.61 s', failed=False)
    """
    if call.error:
        result = call.error
    elif call.output is not None:
        result = call.output or '""'
    else:
        result = {"running": "running …", "open": "waiting for its output …"}.get(
            call.status, call.status.replace("_", " ")
        )
    notes = [in_words(call.duration_s, "s")] if call.duration_s is not None else []
    notes += ["the conversation went on meanwhile"] if call.background else []
    failed = bool(call.error) or call.status in ("failed", "timed_out", "timed out", "refused")
    return ToolWords(clipped(call.signature, OUTPUT_LIMIT), clipped(result, OUTPUT_LIMIT), ", ".join(notes), failed)


def error_words(error: ErrorView) -> tuple[str, str]:
    """The code that an error is looked up by, and what to do about it."""
    return clipped(error.code or error.type or "", NAME_LIMIT), clipped(error.advice, REASON_LIMIT)


def _listed(counts: Iterable[tuple[str, int]]) -> list[str]:
    """``["", "19", " audio + ", "116", " text"]``: plain and strong parts in turn."""
    parts: list[str] = [""]
    for name, count in counts:
        if count:
            parts[-1] += " + " if len(parts) > 1 else ""
            parts += [f"{count:,}", f" {'of unknown kind' if name == 'other' else name}"]
    return parts


def usage_facts(usage: TokenUsage) -> list[Fact]:
    """Tokens in, with the cached ones, and tokens out, by modality."""
    order = ("audio", "text", "image", "other")
    into = _listed((name, getattr(usage, f"input_{name}")) for name in order)
    out = _listed((name, getattr(usage, f"output_{name}", 0)) for name in order)
    cached = _listed((name, getattr(usage, f"cached_{name}")) for name in order)
    into = into if len(into) > 1 else ["", "0", ""]
    into[-1] += " tokens in"
    if len(cached) > 1:
        into[-1] += ", " + cached[0]
        into += [*cached[1:-1], cached[-1] + " cached"]
    out = out if len(out) > 1 else ["", "0", " tokens"]
    out[-1] += " out"
    facts = [_fact(*into), _fact(*out)]
    if usage.problems:
        facts.append(_fact(f"counts as the server sent them: {'; '.join(usage.problems)}"))
    return facts


EMBEDDED = "embedded server"
"""The endpoint that charges nothing, whatever its bill says."""


def prices(cost: Cost, endpoint: str = "") -> str:
    """Whose prices a bill has and of which day, and that nobody charges them where the embedded server answers.

    Examples
    --------
    >>> from datetime import date
    >>> prices(Cost("gpt-realtime-2.1 + gpt-transcribe", date(2026, 11, 21)))
    'at gpt-realtime-2.1 + gpt-transcribe prices, 2026-11-21'
    >>> prices(Cost("gpt-realtime-2.1", date(2026, 11, 21)), EMBEDDED)
    'what gpt-realtime-2.1 would charge (list prices of 2026-11-21); the embedded server is free'
    """
    model = clipped(cost.model, NAME_LIMIT) or "unknown"
    if endpoint != EMBEDDED:
        return f"at {model} prices" + (f", {cost.on}" if cost.on else "")
    day = f" of {cost.on}" if cost.on else ""
    return f"what {model.replace(' + ', ' and ')} would charge (list prices{day}); the {EMBEDDED} is free"


def prices_note(turns: Sequence[TurnView]) -> str:
    """What the costs in a table of turns are; empty where nothing in it has a price."""
    cost = total_cost(turns)
    if cost is None or _unpriced(cost):
        return ""
    endpoints = {turn.endpoint for turn in turns if turn.cost is not None}
    return f"cost: {prices(cost, endpoints.pop() if len(endpoints) == 1 else '')}"


def _unpriced(cost: Cost) -> bool:
    return bool(cost.lines) and len(cost.unpriced) == len(cost.lines)


def cost_facts(cost: Cost, endpoint: str = "") -> list[Fact]:
    """What it cost, at which prices; what has no price is said, not left out."""
    doubts = [_fact(f"counts: {_once(cost.problems)}")] if cost.problems else []
    if _unpriced(cost):
        return [_fact(f"unpriced: {_once(cost.unpriced)}"), *doubts]
    joint = " is " if endpoint == EMBEDDED else " "
    least = "at least " if cost.unpriced else ""
    facts = [_fact(least, format_usd(cost.exact_usd), f"{joint}{prices(cost, endpoint)}")]
    if cost.unpriced:
        facts.append(_fact(f"without a price: {_once(cost.unpriced)}"))
    return [*facts, *doubts]


def unpriced_reasons(cost: Cost) -> list[str]:
    """Why lines have no price, each reason once, with how much it is of.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> usage = TokenUsage(input_text=1200, output_text=30)
    >>> unpriced_reasons(cost(usage, "my-own-model", "2026-01-31"))
    ["text input and text output (1,230 tokens): No price is known for the model 'my-own-model'."]
    """
    found: dict[str, list[CostLine]] = {}
    for line in cost.lines:
        if line.unit_price is None:
            found.setdefault(line.why.rstrip("."), []).append(line)
    return [f"{_labels(lines)}{_quantities(lines)}: {why}." for why, lines in found.items()]


def _labels(lines: Sequence[CostLine]) -> str:
    *names, last = dict.fromkeys(line.label for line in lines)
    return f"{', '.join(names)} and {last}" if names else last


def _quantities(lines: Sequence[CostLine]) -> str:
    """The tokens and the seconds of lines, each added up, in brackets; empty where they are not known."""
    sums = [
        (unit, sum(float(line.quantity) for line in lines if line.unit == unit)) for unit in ("tokens", "seconds")
    ]  # fmt: skip
    said = [
        f"{quantity:,.0f} token{'' if quantity == 1 else 's'}" if unit == "tokens" else f"{quantity:,g} s"
        for unit, quantity in sums if quantity
    ]  # fmt: skip
    return f" ({' + '.join(said)})" if said else ""


def models_of(cost: Cost) -> list[str]:
    """The models whose prices the lines of a bill are of, in its order; a table names them where there are several."""
    return list(dict.fromkeys(line.model for line in cost.lines))


def bill_lines(cost: Cost) -> list[str]:
    """The lines of a bill in words, each with its model where there are several.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> usage, day = TokenUsage(output_audio=100), "2026-01-31"
    >>> bill_lines(cost(usage, "gpt-realtime", day) + cost(usage, "gpt-realtime-mini", day))[1]
    'gpt-realtime-mini, audio output: 100 tokens at $20 / 1M tokens = $0.0020'
    """
    several = len(models_of(cost)) > 1
    return [f"{clipped(line.model, NAME_LIMIT) or 'no model'}, {line}" if several else str(line) for line in cost.lines]


def _once(reasons: Iterable[str]) -> str:
    """The reasons of lines, ``"text output (5 tokens): why"``, each only once."""
    return clipped("; ".join(dict.fromkeys(reason.partition("): ")[2] or reason for reason in reasons)), REASON_LIMIT)


def _latency_ends(turns: Sequence[TurnView]) -> str:
    """The two ends, where all latencies of these turns have the same; else empty."""
    ends = {f"{turn.latency.start} → {turn.latency.end}" for turn in turns if turn.latency}
    return ends.pop() if len(ends) == 1 else ""


def latency_marks(turns: Sequence[TurnView]) -> dict[str, str]:
    """A mark for each pair of ends, for tables in which latencies of several kinds stand; empty for one kind."""
    ends = dict.fromkeys(f"{turn.latency.start} → {turn.latency.end}" for turn in turns if turn.latency)
    marks = "¹²³⁴⁵⁶⁷⁸⁹"
    return {pair: marks[min(i, 8)] for i, pair in enumerate(ends)} if len(ends) > 1 else {}


def latency_cell(turn: TurnView, marks: Mapping[str, str]) -> str:
    """The latency with its mark; empty where there is none."""
    if turn.latency is None:
        return ""
    return f"{turn.latency.seconds:.2f} s{marks.get(f'{turn.latency.start} → {turn.latency.end}', '')}"


def latency_note(turns: Sequence[TurnView]) -> str:
    """Which ends the latencies of a table have."""
    if ends := _latency_ends(turns):
        return f"latency: {ends}"
    return ", ".join(f"{mark} {pair}" for pair, mark in latency_marks(turns).items())


def _latency_fact(latency: Latency) -> Fact:
    return _fact("", f"{latency.seconds:.2f} s", f" {latency.start} → {latency.end}")


def _unheard_fact(unheard_s: float, cost: Cost | None) -> Fact:
    if cost is None or _unpriced(cost) or not cost.lines:
        return _fact("", duration(unheard_s), " received and never heard")
    return _fact("", duration(unheard_s), " received and never heard, ", format_usd(cost.exact_usd), " of the cost")


def turn_facts(turn: TurnView) -> list[Fact]:
    """Latency with both ends, tokens, cost and who answered."""
    facts = [_latency_fact(turn.latency)] if turn.latency else []
    if turn.over and turn.unheard_s is not None and turn.unheard_s >= 0.005:
        facts.append(_unheard_fact(turn.unheard_s, turn.unheard_cost))
    if turn.usage is not None:
        facts += usage_facts(turn.usage)
    if turn.cost is not None:
        facts += cost_facts(turn.cost, turn.endpoint)
    if turn.endpoint:
        facts.append(_fact(clipped(turn.endpoint, NAME_LIMIT)))
    return facts


def total_usage(turns: Sequence[TurnView], beside: BesideView | None = None) -> TokenUsage | None:
    """Tokens of several turns together, and of what was asked beside them; None if none was counted."""
    counted = [each.usage for each in (*turns, beside) if each is not None and each.usage is not None]
    return sum(counted[1:], counted[0]) if counted else None


def total_cost(turns: Sequence[TurnView], beside: BesideView | None = None) -> Cost | None:
    """The cost of several turns together, and of what was asked beside them; None if none was told."""
    costs = [each.cost for each in (*turns, beside) if each is not None and each.cost is not None]
    return sum(costs[1:], costs[0]) if costs else None
