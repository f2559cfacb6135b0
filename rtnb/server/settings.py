"""The settings of a session: what an update makes of them, and what a response takes from them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rtnb.audio.formats import AudioFormat
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.defaults import default
from rtnb.protocol.ids import new_id
from rtnb.protocol.problems import out_of_range, wrong_value
from rtnb.protocol.rules import Range
from rtnb.protocol.session_config import UpdateRefused, apply_update, default_session, model_problem
from rtnb.server import problems
from rtnb.server.answer.metering import Meter
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.context import Context, Run, longest_conversation
from rtnb.server.conversation import Conversation
from rtnb.server.input.models import is_transcription, transcription_names
from rtnb.server.mcp.declaration import Declaration, function_tools, read, shown
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.problems import Refused
from rtnb.server.prompts import Prompts

__all__ = ["SessionSettings", "opened"]

Json = dict[str, Any]


def opened(options: Options, opening: Opening) -> SessionSettings:
    """The settings of a session that nobody is connected to yet, such as that of a client secret.

    Raises
    ------
    Refused, UpdateRefused
        What the opening carries cannot be applied; ``problem`` of either tells why.

    Examples
    --------
    >>> opening = Opening(model="gpt-realtime-2.1", config={"instructions": "Be brief."})
    >>> opened(Options(), opening).config["instructions"]
    'Be brief.'
    """
    conversation = Conversation()
    settings = SessionSettings(options, opening, conversation, Context(conversation, Meter(), opening.model))
    settings.open()
    return settings


class SessionSettings:
    """The effective session object of one connection, and the rules that depend on what has happened in it.

    Parameters
    ----------
    options : Options
    opening : Opening
    conversation : Conversation
    context : Context
    """

    def __init__(self, options: Options, opening: Opening, conversation: Conversation, context: Context) -> None:
        self._opening = opening
        self._strict_models = options.strict_models
        self._conversation = conversation
        self._context = context
        self._prompts = Prompts(options.prompts)
        self.config: Json = default_session(
            session_id=new_id("sess"),
            model=opening.model,
            kind=opening.kind,
            expires_at=int(time.time() + options.limits.session_s),
        )
        """The session as events carry it. Replaced by an update, never changed."""
        self.input: Json = self.config["audio"]["input"]
        """Its ``audio.input`` with what the input side needs and events do not show."""
        self._hidden: Json = {}
        self._before_prompt: str | None = None
        self.servers: Mapping[str, Declaration] = {}
        """The MCP servers of the session by label, with what opens them, which `config` is without."""
        self._known: dict[str, Declaration] = {}

    @property
    def transcribes_only(self) -> bool:
        """Whether this is a transcription session, which never answers."""
        return self._opening.kind == "transcription"

    @property
    def input_format(self) -> AudioFormat:
        """Of the user's audio."""
        return AudioFormat.from_wire(self.config["audio"]["input"]["format"])

    def open(self) -> None:
        """Apply what a client secret carries.

        Raises
        ------
        Refused, UpdateRefused
            It cannot be applied, and none of it is.
        """
        if self._opening.config:
            self.update({**self._opening.config, "type": self._opening.kind}, responding=False)

    def update(self, patch: Mapping[str, Any], *, responding: bool) -> None:
        """Apply the ``session`` of a valid ``session.update``, all of it or nothing.

        Parameters
        ----------
        patch : mapping
        responding : bool
            Whether a response of the default conversation is in progress.

        Raises
        ------
        Refused, UpdateRefused
            The session cannot take it.
        """
        before, updated = self.config, apply_update(self.config, patch)
        self._check_transcription(updated["audio"]["input"]["transcription"])
        servers = self.servers
        if patch.get("tools") is not None:
            servers = read(patch["tools"], self._known, "session.tools")
            updated = {**updated, "tools": [shown(tool) for tool in updated["tools"]]}
        if not self.transcribes_only:
            before_prompt = self._with_prompt(patch, updated)
            self._check_output(before["audio"]["output"], updated["audio"]["output"], responding=responding)
            self._check_truncation(updated["truncation"])
            if any(name in patch for name in ("instructions", "tools", "prompt")):
                where = "session.instructions" if "tools" not in patch else "session.tools"
                where = "session.instructions" if "instructions" in patch else where
                self._context.check_settings(updated["instructions"], function_tools(updated["tools"]), where)
            self._before_prompt = before_prompt
        self.config = updated
        self.input = self._with_hidden(patch)
        self.servers = servers
        self.know(servers)

    def know(self, servers: Mapping[str, Declaration]) -> None:
        """From now on a tool may refer to these by their labels alone."""
        self._known.update(servers)

    async def count(self, params: Mapping[str, Any], run: Run) -> None:
        """Count in a thread what :meth:`update` or :meth:`response` would count for long; refuses nothing."""
        if self.transcribes_only or all(params.get(name) is None for name in ("instructions", "tools")):
            return
        instructions = params.get("instructions")
        tools = self.config["tools"] if params.get("tools") is None else params["tools"]
        text = self.config["instructions"] if instructions is None else instructions
        await self._context.count_settings(text, function_tools(tools), run)

    def _with_prompt(self, patch: Mapping[str, Any], updated: Json) -> str | None:
        """Set the instructions that a prompt stands for; returns those that its end will bring back, if any."""
        if (prompt := patch.get("prompt")) is not None:
            text = self._prompts.render(prompt, "session.prompt")
            # Instructions beside it override those of the prompt.
            updated["instructions"] = patch.get("instructions", text)
            stood = self._before_prompt if self.config["prompt"] is not None else self.config["instructions"]
            return None if "instructions" in patch else stood
        if "instructions" in patch:
            return None
        if "prompt" in patch and self._before_prompt is not None:
            updated["instructions"] = self._before_prompt
            return None
        return self._before_prompt

    def _with_hidden(self, patch: Mapping[str, Any]) -> Json:
        input: Json = self.config["audio"]["input"]
        given = ((patch.get("audio") or {}).get("input") or {}).get("transcription") or {}
        if (self.input["transcription"] or {}).get("model") != (input["transcription"] or {}).get("model"):
            self._hidden = {}
        self._hidden |= {name: value for name, value in given.items() if name in default("transcription_not_echoed")}
        if input["transcription"] is None:
            self._hidden = {}
        if not self._hidden:
            return input
        return {**input, "transcription": {**input["transcription"], **self._hidden}}

    def _check_transcription(self, transcription: Json | None) -> None:
        name = (transcription or {}).get("model")
        if name is None or self._opening.deployments or is_transcription(name, strict=self._strict_models):
            return
        where = "session.audio.input.transcription.model"
        raise Refused(wrong_value(where, name, transcription_names()))

    def _check_output(self, before: Json, after: Json, *, responding: bool) -> None:
        _check_voice(after["voice"], "session.audio.output.voice")
        locked = self._conversation.voice
        if locked is not None and after["voice"] not in (before["voice"], locked):
            raise Refused(problems.voice_locked())
        if after["speed"] != before["speed"] and responding:
            raise Refused(problems.speed_between_turns())

    def _check_truncation(self, truncation: Any) -> None:
        if not isinstance(truncation, Mapping):
            return
        tokens = (truncation.get("token_limits") or {}).get("post_instructions")
        most = longest_conversation(self._opening.model)
        if tokens is None or most is None:
            return
        where = "session.truncation.token_limits.post_instructions"
        if (problem := out_of_range(tokens, Range(maximum=most), "integer", where)) is not None:
            raise Refused(problem)

    def response(self, params: Mapping[str, Any]) -> ResponseSettings:
        """What a response runs with.

        Parameters
        ----------
        params : mapping
            The ``response`` of a valid ``response.create``; empty for one that turn detection wants.

        Raises
        ------
        Refused, UpdateRefused
            The session or its model cannot take an override.
        """
        session, output = self.config, self.config["audio"]["output"]
        for name, value in params.items():
            if value is not None and (problem := model_problem(name, self._opening.model, "response")) is not None:
                raise UpdateRefused(problem)
        override = (params.get("audio") or {}).get("output") or {}
        locked = self._conversation.voice
        voice = override.get("voice") or (output["voice"] if locked is None else locked)
        _check_voice(voice, "response.audio.output.voice")
        if locked is not None and voice != locked:
            raise Refused(problems.voice_locked("response.audio.output.voice"))

        def chosen(name: str) -> Any:
            return session.get(name) if params.get(name) is None else params[name]

        instructions = chosen("instructions") or ""
        if (prompt := params.get("prompt")) is not None:
            text = self._prompts.render(prompt, "response.prompt")
            instructions = text if params.get("instructions") is None else params["instructions"]
        settings = ResponseSettings(
            instructions=instructions,
            modalities=tuple(chosen("output_modalities")),
            tools=function_tools(chosen("tools")),
            servers=tuple(
                (
                    self.servers
                    if params.get("tools") is None
                    else read(params["tools"], self._known, "response.tools")
                ).values()
            ),
            tool_choice=chosen("tool_choice"),
            voice=voice,
            speed=float(output["speed"]),
            format=AudioFormat.from_wire(override.get("format") or output["format"]),
            max_output_tokens=chosen("max_output_tokens"),
            metadata=params.get("metadata"),
            parallel_tool_calls=chosen("parallel_tool_calls") is not False,
            in_conversation=self._in_conversation(params.get("conversation")),
        )
        self._check_tool_choice(settings, "response" if params.get("tool_choice") is not None else "session")
        if any(params.get(name) is not None for name in ("instructions", "tools", "prompt")):
            self._context.check_settings(settings.instructions, settings.tools, "response.instructions")
        return settings

    def _in_conversation(self, wanted: str | None) -> bool:
        if wanted in (None, "auto", self._conversation.id):
            return True
        if wanted == "none":
            return False
        raise Refused(wrong_value("response.conversation", wanted or "", ("auto", "none")))

    @staticmethod
    def _check_tool_choice(settings: ResponseSettings, root: str) -> None:
        choice = settings.tool_choice
        if isinstance(choice, Mapping) and choice.get("type") == "mcp":
            if choice["server_label"] not in {server.label for server in settings.servers}:
                raise Refused(problems.unknown_tool(choice["server_label"], f"{root}.tool_choice"))
            return
        name = settings.only_tool
        if name is not None and name not in {tool.get("name") for tool in settings.tools}:
            raise Refused(problems.unknown_tool(name, f"{root}.tool_choice"))


def _check_voice(voice: Any, param: str) -> None:
    """A name is one of the built-in voices; an object names one of the client's own by its id."""
    if isinstance(voice, str) and voice not in catalogue().voices:
        raise Refused(wrong_value(param, voice, catalogue().voices))
