"""A language model behind the embedded server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.server.brains.base import BrainRequest, Piece, Say, Stop
from rtnb.server.brains.chat.body import body_of
from rtnb.server.brains.chat.calls import BadCallError, Calls
from rtnb.server.brains.chat.settings import ChatSettings
from rtnb.server.brains.chat.template import Template
from rtnb.server.brains.chat.upstream import Upstream
from rtnb.server.brains.chat.words import Words

__all__ = ["ChatBrain"]

LARGE_BYTES: Final = 2**20
"""Images from this size on are written down in a thread: others have their turn meanwhile."""
PIECE_CHARS: Final = 400
"""Longer pieces of text are read in several, between which others have their turn (own choice: under a millisecond)."""
MOST_CHARS: Final = 2**20
"""Longest answer, a quarter of a million tokens (own choice); what is longer is cut, as by ``max_output_tokens``."""
MOST_THOUGHT_CHARS: Final = 2**20
"""Longest thoughts of one answer (own choice)."""


class ChatBrain:
    """Answers with a language model: any endpoint that speaks the chat completions format of OpenAI.

    That is what local model servers (llama.cpp, vLLM, Ollama, LM Studio) and gateways offer. The conversation goes
    there with each response, under a system prompt that makes a voice of the model, and the answer is spoken while
    it streams. Interrupting the answer ends the request. A connection that is refused or lost before anything has
    come back is tried once more; every other failure fails its response, and what was said by then stands.

    Parameters
    ----------
    settings : ChatSettings, optional
        How the endpoint is asked.
    **members
        The members of :class:`ChatSettings` in its place. ``url`` and ``model`` are ``RTNB_CHAT_URL`` and
        ``RTNB_CHAT_MODEL`` of the environment where they are not given, and the key is ``RTNB_CHAT_KEY``.

    Raises
    ------
    ConfigError
        There is no address, no model, or a setting cannot be used.

    Examples
    --------
    >>> from rtnb.server.brains import ChatBrain
    >>> ChatBrain(url="http://127.0.0.1:11434", model="llama3.2", temperature=0.3)
    ChatBrain(url='http://127.0.0.1:11434/v1/chat/completions', model='llama3.2')
    """

    name = "chat"

    def __init__(self, settings: ChatSettings | None = None, /, **members: Any) -> None:
        if settings is not None and members:
            raise ConfigError("Give ChatBrain either settings or their members, not both.")
        self._settings = settings or ChatSettings.from_environment(**members)
        self._template = self._settings.prompt()
        self._upstream = Upstream(self._settings)

    def __repr__(self) -> str:
        from rtnb.server.brains.chat.address import shown

        return f"ChatBrain(url={shown(self._settings.endpoint)!r}, model={self._settings.model!r})"

    @property
    def settings(self) -> ChatSettings:
        """How the endpoint is asked."""
        return self._settings

    @staticmethod
    def default_template() -> str:
        """The system prompt's template that is used where none is given, to copy and change.

        Examples
        --------
        >>> from rtnb.server.brains import ChatBrain
        >>> "{{instructions}}" in ChatBrain.default_template()
        True
        """
        return Template.load(None).text

    async def aclose(self) -> None:
        """Close the connections that are kept on the running event loop; the next answer opens new ones."""
        await self._upstream.aclose()

    async def reply(self, request: BrainRequest) -> AsyncGenerator[Piece, None]:
        """Stream the model's answer.

        Raises
        ------
        BrainError
            The endpoint cannot be asked, refuses, fails, stops, or answers nonsense.
        """
        failures = self._upstream.failures
        words = Words(spoken="audio" in request.modalities, thinking=self._settings.thinks)
        calls, finish, chars, thought_chars = Calls(), None, 0, 0
        async with aclosing(self._upstream.deltas(await self._body(request))) as deltas:
            async for delta in deltas:
                thought_chars += delta.thought
                finish = delta.finish or finish
                try:
                    for piece in delta.calls:
                        calls.push(piece)
                except BadCallError as error:
                    raise failures.bad_call(str(error)) from None
                for start in range(0, len(delta.text), PIECE_CHARS):
                    if start:
                        await asyncio.sleep(0)
                    if said := words.push(delta.text[start : start + PIECE_CHARS]):
                        yield Say(said)
                        chars += len(said)
                    if chars > MOST_CHARS:
                        yield Stop("max_output_tokens")
                        return
                if thought_chars + words.thought_chars > MOST_THOUGHT_CHARS:
                    raise failures.brooding(MOST_THOUGHT_CHARS)
        if said := words.end():
            yield Say(said)
        if finish == "error":
            raise failures.broken()
        if finish == "content_filter":
            yield Stop("content_filter")
            return
        if finish == "length":
            # Calls that it ends in are not whole.
            yield Stop("max_output_tokens")
            return
        try:
            made = calls.finish({tool["name"] for tool in request.tools}, failures.clean)
        except BadCallError as error:
            raise failures.bad_call(str(error)) from None
        for call in made:
            yield call
        if not made and not words.begun:
            raise failures.empty(thought=bool(thought_chars) or words.thought)

    async def _body(self, request: BrainRequest) -> dict[str, Any]:
        size = sum(len(image.data) for message in request.messages for image in message.images)
        if size < LARGE_BYTES:
            return body_of(request, self._settings, self._template)
        return await asyncio.to_thread(body_of, request, self._settings, self._template)
