"""The MCP servers of one session: announced as items, listed beside everything else, offered to its responses.

Servers are listed once they are declared, and again when their address or what opens them has changed. A response that
is asked for while a list is being made waits for it, :attr:`McpPolicy.wait_s` at most, and then goes without those
tools. What the session declares no more is let go of once no call uses it; what a response has brought stays, until a
new one needs its place. The live service's guide advises clients to wait for ``mcp_list_tools.completed`` by
themselves.

After a call the client asks for the response that tells of it. That is what the clients of the live service do: the
official Ruby example (``openai/openai-ruby``, ``examples/realtime/mcp_approval.rb``), ``openai-agents-js``
(``automaticallyTriggerResponseForMcpToolCalls``, which is on by default) and the samples of Azure Voice Live all send
``response.create`` when a call is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from weakref import WeakSet

from rtnb.protocol.ids import new_id
from rtnb.server.answer.metering import counted
from rtnb.server.answer.output import Emit
from rtnb.server.conversation import Conversation, Item
from rtnb.server.mcp.approvals import Approvals
from rtnb.server.mcp.client import loaded
from rtnb.server.mcp.declaration import Declaration
from rtnb.server.mcp.policy import McpPolicy
from rtnb.server.mcp.remote import Remote
from rtnb.server.mcp.tools import McpTool, Offer, offers_of

__all__ = ["McpServers"]

log = logging.getLogger(__name__)


class McpServers:
    """Lists the tools of one session's MCP servers and has them called.

    Parameters
    ----------
    emit : callable
        Sends one server event.
    conversation : Conversation
    policy : McpPolicy
    """

    def __init__(self, emit: Emit, conversation: Conversation, policy: McpPolicy) -> None:
        self.approvals = Approvals(emit, conversation, self._standing)
        self._emit = emit
        self._conversation = conversation
        self._policy = policy
        self._session: Mapping[str, Declaration] = {}
        self._remotes: dict[str, Remote] = {}
        self._retired: WeakSet[Remote] = WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()

    def settle(self, declared: Mapping[str, Declaration]) -> None:
        """These are the session's servers from now on: new ones are listed, and those that are gone let go of."""
        gone, self._session = self._session.keys() - declared.keys(), declared
        for label in gone:
            self._retire(label)
        self.announce(declared)

    def announce(self, declared: Mapping[str, Declaration]) -> None:
        """Settings with these servers are in effect: those that are new are listed."""
        for label, declaration in declared.items():
            before = self._remotes.get(label)
            if before is not None and before.declaration == declaration:
                continue
            self._retire(label)
            self._make_room(declared)
            full = len(self._remotes) >= self._policy.most_servers
            self._remotes[label] = remote = Remote(declaration, self._policy)
            item = Item({"id": new_id("mcpl"), "type": "mcp_list_tools", "server_label": label, "tools": []})
            item.growing = list
            previous = self._conversation.append(item)
            self._emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
            self._emit("mcp_list_tools.in_progress", item_id=item.id)
            self._keep(self._list(remote, item, previous, full=full))

    def knows(self, declared: Mapping[str, Declaration]) -> bool:
        """Whether all of these have been announced."""
        remotes = self._remotes
        return all(label in remotes and remotes[label].declaration == each for label, each in declared.items())

    def waits(self, declared: Iterable[Declaration]) -> bool:
        """Whether a response with these servers has something to wait for."""
        return self.approvals.running or bool(self._unlisted(declared))

    async def ready(self, declared: Sequence[Declaration]) -> None:
        """Wait for approved calls, and for lists as long as the policy has it."""
        await loaded()
        unlisted = self._unlisted(declared)
        try:
            async with asyncio.timeout(self._policy.wait_s):
                await self.approvals.settled()
                for remote in unlisted:
                    await remote.listed.wait()
        except TimeoutError:
            if self.approvals.running:
                log.warning("a response goes without the result of an approved call that is still being made")
                self.approvals.pass_over()
            if labels := ", ".join(repr(each.declaration.label) for each in unlisted if not each.listed.is_set()):
                log.warning("a response goes without the tools of MCP servers that are still being listed: %s", labels)

    def offers(self, declared: Iterable[Declaration], names: Iterable[str]) -> tuple[Offer, ...]:
        """The tools that are there, with names besides those of function tools."""
        servers: list[tuple[Declaration, Remote, Sequence[McpTool]]] = []
        for declaration in declared:
            remote = self._remotes.get(declaration.label)
            if remote is not None and remote.declaration == declaration:
                servers.append((declaration, remote, remote.tools))
        return offers_of(servers, names)

    async def close(self) -> None:
        """End what runs, and let go of all connections."""
        for task in list(self._tasks):
            task.cancel()
        await self.approvals.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        remotes = [*self._remotes.values(), *self._retired]
        await asyncio.gather(*(remote.close() for remote in remotes), return_exceptions=True)
        self._remotes.clear()

    def _standing(self, offer: Offer) -> Offer | str:
        """What an approved call is made with: the server as it is declared now; or why it is not made."""
        label, remote = offer.declaration.label, self._remotes.get(offer.declaration.label)
        if remote is None:
            return f"The MCP server '{label}' is no longer among the tools of this session; the call is not made."
        if remote.declaration.url != offer.declaration.url:
            return f"The MCP server '{label}' was declared at another address since; the call is not made."
        declaration = self._session.get(label, offer.declaration)
        if not declaration.allows(offer.tool.name, read_only=offer.tool.read_only):
            return f"The tool '{offer.tool.name}' is no longer among the allowed_tools of '{label}'; it is not called."
        return replace(offer, remote=remote)

    def _retire(self, label: str) -> None:
        if (remote := self._remotes.pop(label, None)) is not None:
            self._retired.add(remote)
            self._keep(remote.retire())

    def _make_room(self, declared: Mapping[str, Declaration]) -> None:
        for label, remote in list(self._remotes.items()):
            if len(self._remotes) < self._policy.most_servers:
                return
            if label not in declared and label not in self._session and not remote.busy:
                self._retire(label)

    def _unlisted(self, declared: Iterable[Declaration]) -> list[Remote]:
        found = (self._remotes.get(declaration.label) for declaration in declared)
        return [remote for remote in found if remote is not None and not remote.listed.is_set()]

    def _keep(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _list(self, remote: Remote, item: Item, previous: str | None, *, full: bool) -> None:
        if full:
            label, most = remote.declaration.label, self._policy.most_servers
            log.warning("the tools of the MCP server %r are not available: a session may have %d", label, most)
            remote.listed.set()
        listed = not full and await remote.fetch(lambda tools: self._show(item, tools))
        item.growing = None
        self._conversation.grown(item)
        self._emit(f"mcp_list_tools.{'completed' if listed else 'failed'}", item_id=item.id)
        if item in self._conversation:
            self._emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)

    async def _show(self, item: Item, tools: Sequence[McpTool]) -> None:
        item.wire["tools"] = [tool.to_wire() for tool in tools]
        item.changed()
        # Long lists take long to count; their tokens are those of a prompt with this item.
        item.segment = await asyncio.to_thread(counted, item)
