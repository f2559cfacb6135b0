"""A brain that thinks what a test tells it to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

from rtnb.server.brains import BrainRequest, Call, Message, Piece, Say

__all__ = ["Mind", "last_output", "outputs"]

Think = Callable[[BrainRequest], Iterable[Piece]]


class Mind:
    """Answers with what `think` makes of each request; remembers the requests."""

    name = "mind"

    def __init__(self, think: Think = lambda request: [Say("Yes.")]) -> None:
        self.think = think
        self.requests: list[BrainRequest] = []

    def set(self, think: Think) -> None:
        """Think otherwise from now on, and forget."""
        self.think = think
        self.requests.clear()

    def calls_then_says(self, *calls: Call) -> None:
        """Make these calls in one response; say the outputs in the next."""

        def think(request: BrainRequest) -> Iterable[Piece]:
            if request.messages[-1].role == "user":
                return calls
            return [Say("Outputs: " + " | ".join(sorted(outputs(request))))]

        self.set(think)

    async def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        self.requests.append(request)
        for piece in self.think(request):
            yield piece


def outputs(request: BrainRequest) -> list[str]:
    """What functions returned, oldest first."""
    return [message.text for message in request.messages if message.role == "tool"]


def last_output(request: BrainRequest) -> Message | None:
    """The last message, if it is a function's output."""
    last = request.messages[-1]
    return last if last.role == "tool" else None
