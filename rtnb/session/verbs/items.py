"""The items of the conversation: add, delete, truncate, retrieve, and read them in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rtnb.audio import Clip
from rtnb.errors import AnswerTimeoutError, ApiError, ConfigError, ConnectionLostError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.protocol.ids import new_id
from rtnb.session.config.content import Content
from rtnb.session.config.parts import parts_of
from rtnb.session.conversation.formats import audio_format, clip_of, named
from rtnb.session.conversation.reading import at, parts, string
from rtnb.session.conversation.state import ErrorState, ItemState
from rtnb.session.verbs.item import Item, audio_index, described, text_of
from rtnb.session.verbs.materials import Materials

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Item", "Items", "Role"]

Role = Literal["user", "assistant", "system"]

ANSWER_TIMEOUT_S = 30.0
"""How long a server may take to acknowledge an event."""

GONE = "does not exist"
"""What refusals of an unknown item have in common, whatever their code (source: the live service's messages)."""

NO_ASSISTANT_AUDIO = (
    "The API takes no audio of the assistant (source: the reference of conversation.item.create): give the words of "
    'the answer as text, add("...", role="assistant").'
)

JOINED = ("conversation.item.added", "conversation.item.created")
"""What the server says of an item that it has taken in; the second is the beta shape's."""

Json = dict[str, Any]


class Items:
    """The conversation as the server has it; iteration is in its order, never in that of arrival.

    Parameters
    ----------
    core : Core
    """

    def __init__(self, core: Core) -> None:
        self.core = core
        """Of the session."""
        self._materials = Materials()
        self._said_truncation = False

    # Reading

    @property
    def materials(self) -> Materials:
        """What the client's items were made of, up to now."""
        return self._materials.catch_up(self.core.log)

    def __iter__(self) -> Iterator[Item]:
        return iter([self._item(item_id) for item_id in self.core.talk.order])

    def __len__(self) -> int:
        return len(self.core.talk.order)

    def __contains__(self, item: object) -> bool:
        return (item.id if isinstance(item, Item) else item) in self.core.talk.order

    def __getitem__(self, which: str | int) -> Item:
        ids = list(self.core.talk.order)
        if isinstance(which, int):
            return self._item(ids[which])
        if which not in ids:
            raise KeyError(which)
        return self._item(which)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "(no items)"

    # Verbs

    async def add(
        self,
        content: Content,
        *,
        role: Role = "user",
        previous_item_id: str | None = None,
        id: str | None = None,
    ) -> Item:
        """Put a message into the conversation; asks for no response by itself.

        Parameters
        ----------
        content : str, Clip, Path, Image, or a list of these
        role : {"user", "system", "assistant"}
            A system message and one of the assistant's are text.
        previous_item_id : str, optional
            The item it comes behind; ``"root"`` for the front, None for the end.
        id : str, optional
            A name of your own, at most 32 characters.

        Returns
        -------
        Item
            As the server has it.

        Raises
        ------
        ConfigError, AudioError
            Such a message there cannot be.
        ApiError
            The server refused it.
        """
        item = self._message(content, role, id or new_id("item"))
        (refused,) = await self.put([item], previous_item_id=previous_item_id)
        if refused is not None:
            raise refused
        return self._item(item["id"])

    async def put(self, items: Sequence[Json], *, previous_item_id: str | None = None) -> list[ApiError | None]:
        """Create items in the API's own shape, all of them at once.

        Parameters
        ----------
        items : sequence of dict
            Each with an id.
        previous_item_id : str, optional
            What the first comes behind.

        Returns
        -------
        list of ApiError or None
            For each item what the server had against it.
        """
        core, known, mark = self.core, len(self.core.talk.errors), len(self.core.log)
        sent: dict[str, str] = {}
        for item in items:
            before = {} if previous_item_id is None else {"previous_item_id": previous_item_id}
            event_id = await core.send({"type": "conversation.item.create", **before, "item": item})
            sent[event_id] = item["id"]
            previous_item_id = None if previous_item_id is None else item["id"]
        joined: set[str] = set()

        def refusals() -> dict[str | None, ErrorState]:
            return {error.event_id: error for error in core.talk.errors[known:]}

        def answered() -> bool:
            nonlocal mark
            joined.update(string(at(event.body, "item", "id")) for event in core.log[mark:] if event.type in JOINED)
            mark = len(core.log)
            errors = refusals()
            return all(event_id in errors or item_id in joined for event_id, item_id in sent.items())

        await self._until(answered, "conversation.item.create", rebuilt=True)
        errors = refusals()
        return [_api_error(errors[event_id]) if event_id in errors else None for event_id in sent]

    async def delete(self, item: str | Item) -> None:
        """Take an item out of the conversation; one that is gone already is fine.

        Raises
        ------
        ApiError
            The server knows no such item, and neither do we.
        """
        item_id = _id(item)
        await self.delete_all([item_id])

    async def delete_all(self, item_ids: Sequence[str]) -> None:
        """Take items out of the conversation, all of them at once.

        Raises
        ------
        ApiError
            The first refusal that is more than that an item is gone already.
        """
        core, known = self.core, len(self.core.talk.errors)
        sent: dict[str, str] = {}
        for item_id in item_ids:
            state = core.talk.items.get(item_id)
            if state is not None and state.deleted:
                continue
            sent[await core.send({"type": "conversation.item.delete", "item_id": item_id})] = item_id

        def refusals() -> dict[str | None, ErrorState]:
            return {error.event_id: error for error in core.talk.errors[known:]}

        def gone(item_id: str) -> bool:
            state = core.talk.items.get(item_id)
            return state is not None and state.deleted

        def answered() -> bool:
            errors = refusals()
            return all(event_id in errors or gone(item_id) for event_id, item_id in sent.items())

        await self._until(answered, "conversation.item.delete")
        for event_id, error in refusals().items():
            if event_id in sent and not (GONE in error.message and sent[event_id] in core.talk.items):
                raise _api_error(error)

    async def truncate(self, item: str | Item, audio_end_ms: int | None = None) -> Item | None:
        """Cut an answer off where it was heard.

        The server forgets the audio after that, and the whole transcript with it: it cannot tell which words were
        heard. What rtnb shows of the answer stays.

        Parameters
        ----------
        item : str or Item
            Audio of the assistant's.
        audio_end_ms : int, optional
            How much of it was heard, in milliseconds; what is more than has arrived is cut down to that. By default
            what the player has played of it.

        Returns
        -------
        Item or None
            None where nothing was heard: the item is deleted then, since the API keeps no empty answers.

        Raises
        ------
        SessionError
            It is none of the assistant's audio.
        ApiError
            The server refused.
        """
        core, item_id = self.core, _id(item)
        state = core.talk.items.get(item_id)
        if state is None:
            raise SessionError(f"There is no item '{item_id}' in this conversation; items lists what is there.")
        kinds = {part.get("type") for part in parts(self.materials.wires.get(item_id, state.wire))}
        if state.role != "assistant" or not state.audio or (kinds and not kinds & {"output_audio", "audio"}):
            raise SessionError(
                f"Only audio of the assistant can be truncated, and '{item_id}' is "
                f"{described(state)}. delete({item_id!r}) takes it out of the conversation."
            )
        if audio_end_ms is None:
            heard_s = state.heard_s
            if heard_s is None:
                heard_s = core.talk.player.position_s(item_id, now_s=core.now_s())
            audio_end_ms = int(heard_s * 1000)
        if isinstance(audio_end_ms, bool) or not isinstance(audio_end_ms, int):
            raise ConfigError(f"audio_end_ms is a whole number of milliseconds, not {audio_end_ms!r:.60}.")
        end_ms = min(audio_end_ms, int(state.audio_ms))
        if end_ms <= 0:
            await self.delete(item_id)
            return None
        if state.truncated_ms is None or end_ms < state.truncated_ms:
            await self._truncate(state, end_ms)
        return self._item(item_id)

    async def retrieve(self, item: str | Item) -> Item:
        """The item as the server has it, with its audio.

        Raises
        ------
        ApiError
            The server has no such item.
        """
        core, item_id = self.core, _id(item)
        mark, known = len(core.log), len(core.talk.errors)
        event_id = await core.send({"type": "conversation.item.retrieve", "item_id": item_id})
        found: list[Event] = []

        def answered() -> bool:
            nonlocal mark
            for event in core.log[mark:]:
                wire = event.body.get("item")
                retrieved = event.type == "conversation.item.retrieved" and isinstance(wire, Mapping)
                if retrieved and wire.get("id") == item_id:  # type: ignore[union-attr]
                    found.append(event)
            mark = len(core.log)
            return bool(found) or self._refusal(event_id, known) is not None

        await self._until(answered, "conversation.item.retrieve")
        if not found:
            refused = self._refusal(event_id, known)
            assert refused is not None
            raise _api_error(refused)
        wire = found[0].body["item"]
        side: Literal["input", "output"] = "output" if wire.get("role") == "assistant" else "input"
        form = audio_format(core.talk.config, side)
        data = b"".join(ref.bytes() for ref in found[0].audio)
        return self._item(item_id, wire=wire, sound=lambda: clip_of(data, form) if data else None)

    # Inside

    async def _truncate(self, state: ItemState, end_ms: int) -> None:
        core, known = self.core, len(self.core.talk.errors)
        before = state.truncated_s
        event = {
            "type": "conversation.item.truncate",
            "item_id": state.id,
            "content_index": audio_index(state),
            "audio_end_ms": end_ms,
        }
        event_id = await core.send(event)
        await self._until(
            lambda: state.truncated_s != before or self._refusal(event_id, known) is not None, str(event["type"])
        )
        refused = self._refusal(event_id, known)
        if refused is None:
            if not self._said_truncation:
                self._said_truncation = True
                core.tell(
                    "The server has dropped the transcript of the truncated answer: it cannot tell which words were "
                    "heard. What is shown of the answer stays."
                )
        # The answer went, or was cut, before this came: nothing is wrong.
        elif refused.severity != "benign" and GONE not in refused.message:
            raise _api_error(refused)

    async def _until(self, condition: Callable[[], bool], what: str, *, rebuilt: bool = False) -> None:
        """Wait for an answer; `rebuilt` says that a connection that drops meanwhile does no harm."""
        talk = self.core.talk
        connections = len(talk.connections)

        def dropped() -> bool:
            return not rebuilt and (len(talk.connections) > connections or talk.connections[-1].lost_s is not None)

        try:
            await self.core.until(lambda: condition() or dropped(), ANSWER_TIMEOUT_S)
        except TimeoutError as error:
            if isinstance(error, SessionError):
                raise
            raise AnswerTimeoutError(
                f"{self.core.endpoint.address} did not answer '{what}' within {ANSWER_TIMEOUT_S:g} s."
            ) from None
        if not condition():
            raise ConnectionLostError(f"The connection dropped before the server had answered '{what}'. Do it again.")

    def _refusal(self, event_id: str, known: int) -> ErrorState | None:
        return next((error for error in self.core.talk.errors[known:] if error.event_id == event_id), None)

    def _message(self, content: object, role: str, item_id: str) -> Json:
        if role not in ("user", "assistant", "system"):
            raise ConfigError(f'role is "user", "system" or "assistant", not {role!r:.60}.')
        made = parts_of(content, audio_format(self.core.talk.config, "input"))
        if role != "user":
            other = sorted(made.kinds - {"input_text", "output_text"})
            if role == "assistant" and any("audio" in kind for kind in other):
                raise ConfigError(NO_ASSISTANT_AUDIO)
            if other:
                raise ConfigError(f"A message of the {role} is text; {', '.join(other)} goes into one of the user's.")
        kind = "output_text" if role == "assistant" else "input_text"
        content = [{"type": kind, "text": part["text"]} for part in made.parts] if role != "user" else list(made.parts)
        return {"id": item_id, "type": "message", "role": role, "content": content}

    def _item(
        self, item_id: str, *, wire: Mapping[str, Any] | None = None, sound: Callable[[], Clip | None] | None = None
    ) -> Item:
        materials = self.materials
        state = self.core.talk.items.get(item_id) or ItemState(item_id)
        wire = wire or materials.wires.get(item_id) or state.wire
        return Item(
            item_id,
            string(wire.get("type")) or state.type,
            state.role,
            text_of(state, wire),
            string(wire.get("status")),
            wire,
            sound or (lambda: self._sound(state)),
        )

    def _sound(self, state: ItemState) -> Clip | None:
        if state.audio:
            return clip_of(b"".join(ref.bytes() for ref in state.audio), named(state.output_format))
        if state.input_bytes is not None:
            start, stop = state.input_bytes
            return clip_of(self.core.log.stores["sent"].read(start, stop - start), named(state.input_format))
        wire = self._materials.wires.get(state.id, {})
        found = [self._materials.audio(state.id, index) for index, _ in enumerate(parts(wire))]
        clips = [clip_of(data, form) for data, form in filter(None, found)]
        return Clip.concat(clips) if clips else None


def _id(item: str | Item) -> str:
    if isinstance(item, Item):
        return item.id
    if isinstance(item, str) and item:
        return item
    raise ConfigError(f"An item is named by its id, or is an Item, not {item!r:.60}.")


def _api_error(error: ErrorState) -> ApiError:
    wire = {
        "type": error.type,
        "code": error.code,
        "message": error.message,
        "param": error.param,
        "event_id": error.event_id,
    }
    return ApiError(wire, advice=classify(wire).advice)
