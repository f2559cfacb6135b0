"""Tools from Python functions: signature, type hints and docstring become the schema, and arguments become values."""

from __future__ import annotations

import functools
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from rtnb.errors import ConfigError, RtnbError
from rtnb.session.tools.callables import (
    check_bound,
    check_callable,
    docstring,
    is_async,
    own_name,
    plain_function,
    pre_bound,
)
from rtnb.session.tools.context import ToolContext
from rtnb.session.tools.docs import Documentation, documented
from rtnb.session.tools.shapes import plain_schema
from rtnb.session.tools.typed_dicts import usable_hint

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

__all__ = ["TOOL_NAME", "ArgumentsError", "PythonFunction", "checked_name", "function_tool"]

TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What the API takes as the name of a function tool (its own words for names that it refuses: a string that matches
``^[a-zA-Z0-9_-]+$``, of at most 64 characters)."""

MAX_COMPLAINTS: Final = 5
"""How many wrong arguments the model is told about at once."""

_FAMILIAR: Final[Mapping[str, Any]] = {
    "str": str,
    "string": str,
    "int": int,
    "integer": int,
    "float": float,
    "number": float,
    "bool": bool,
    "boolean": bool,
    "list": list,
    "dict": dict,
}
"""Types that a docstring may state where there is no type hint."""


class ArgumentsError(RtnbError, ValueError):
    """Arguments that the model made up do not fit the function; the message is for the model."""


@dataclass(frozen=True, slots=True, eq=False)
class PythonFunction:
    """A Python function that a model can call.

    Parameters
    ----------
    function : callable
        The function itself.
    name : str
        What the model calls it.
    description : str
        What the model is told about it.
    parameters : dict
        JSON schema of one object.
    is_async : bool
        Whether calling it gives a coroutine.
    """

    function: Callable[..., Any] = field(repr=False)
    name: str
    description: str
    parameters: dict[str, Any] = field(repr=False)
    is_async: bool = False
    _adapter: TypeAdapter[dict[str, Any]] | None = field(repr=False, default=None)
    _positional: tuple[tuple[str, Any], ...] = field(repr=False, default=())
    _contexts: tuple[str, ...] = field(repr=False, default=())

    def bind(self, arguments: str, context: ToolContext) -> Callable[[], Any]:
        """The call, ready to be made, from arguments as JSON text.

        Raises
        ------
        ArgumentsError
            The text is not JSON, or its values do not fit the type hints.
        """
        from pydantic import ValidationError

        assert self._adapter is not None
        try:
            # Models send nothing at all for functions without parameters.
            values = dict(self._adapter.validate_json(arguments.strip() or "{}"))
        except ValidationError as error:
            raise ArgumentsError(self._complaint(error)) from error
        values |= dict.fromkeys(self._contexts, context)
        given = [name in values for name, _ in self._positional]
        # What stands before one that is given takes its place, with its default if need be.
        placed = self._positional[: len(given) - given[::-1].index(True)] if any(given) else ()
        positional = [values.pop(name, default) for name, default in placed]
        return functools.partial(self.function, *positional, **values)

    def _complaint(self, error: ValidationError) -> str:
        found = error.errors(include_url=False)
        known = ", ".join(self.parameters.get("properties", {})) or "none at all"
        said = []
        for problem in found[:MAX_COMPLAINTS]:
            where = ".".join(map(str, problem["loc"]))
            match problem["type"]:
                case "json_invalid":
                    return f"The arguments of {self.name} are not valid JSON: {problem['msg']}. Call it again."
                case "missing":
                    said.append(f"{where} is missing")
                case "extra_forbidden":
                    said.append(f"{where} is no parameter")
                case _:
                    given = repr(problem["input"])
                    shown = given if len(given) <= 80 else given[:79] + "…"
                    said.append(f"{where or 'the arguments'}: {problem['msg']}, not {shown}")
        if len(found) > MAX_COMPLAINTS:
            said.append(f"and {len(found) - MAX_COMPLAINTS} more")
        return f"The arguments of {self.name} do not fit: {'; '.join(said)}. Its parameters are {known}. Call it again."


def checked_name(name: object) -> str:
    """A name that the API takes.

    Raises
    ------
    ConfigError
        It would refuse this one.

    Examples
    --------
    >>> checked_name("look up")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: A tool cannot be called 'look up': a name is 1 to 64 letters from a to z, digits, \
_ and -. Give it one with name=.
    """
    if isinstance(name, str) and TOOL_NAME.fullmatch(name):
        return name
    raise ConfigError(
        f"A tool cannot be called {name!r:.90}: a name is 1 to 64 letters from a to z, digits, _ and -. "
        "Give it one with name=."
    )


def function_tool(
    function: Callable[..., Any], *, name: str | None = None, description: str | None = None
) -> PythonFunction:
    """Make a tool of a Python function.

    Parameters
    ----------
    function : callable
        A function, coroutine function, method, partial, or an object that can be called. Type hints may be anything
        that pydantic validates; ``Annotated[str, "what it is"]`` and ``pydantic.Field`` describe parameters, and so
        does the docstring. A parameter annotated :class:`ToolContext` is passed in.
    name, description : str, optional
        In place of the function's own name and docstring.

    Raises
    ------
    ConfigError
        The function has no usable name, takes ``*args`` or ``**kwargs``, or a type hint cannot be put into a schema.

    Examples
    --------
    >>> from typing import Literal
    >>> from rtnb.session.tools.schema import function_tool
    >>> def weather(city: str, unit: Literal["C", "F"] = "C") -> str:
    ...     '''The weather now.
    ...
    ...     Parameters
    ...     ----------
    ...     city : str
    ...         Name of the city.
    ...     '''
    >>> made = function_tool(weather)
    >>> made.name, made.description
    ('weather', 'The weather now.')
    >>> made.parameters["properties"]["city"]
    {'description': 'Name of the city.', 'type': 'string'}
    >>> made.parameters["required"]
    ['city']
    """
    check_callable(function)
    named = checked_name(own_name(function) if name is None else name)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The parameters of {named} cannot be found out ({error}); wrap it in a def.") from None
    said = documented(docstring(function))
    bound = pre_bound(function)
    parameters = {n: p for n, p in signature.parameters.items() if n not in bound}
    check_bound(function, named, next(iter(parameters.values()), None))
    for parameter in parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ConfigError(
                f"{named} takes {parameter}, which no schema can describe to the model: "
                "name its parameters one by one, or take one dict or list."
            )
    hints = _hints(function, parameters, named)
    contexts = tuple(n for n, hint in hints.items() if _is_context(hint))
    wanted = {n: p for n, p in parameters.items() if n not in contexts}
    adapter = _adapter_of(named, wanted, hints, said)
    return PythonFunction(
        function,
        named,
        said.description if description is None else description,
        _schema_of(adapter, wanted),
        is_async(function),
        adapter,
        tuple((n, p.default) for n, p in parameters.items() if p.kind is p.POSITIONAL_ONLY),
        contexts,
    )


def _is_context(hint: Any) -> bool:
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    return hint is ToolContext or ToolContext in typing.get_args(hint)


def _hints(function: Any, parameters: Mapping[str, inspect.Parameter], named: str) -> dict[str, Any]:
    plain = inspect.unwrap(plain_function(function))
    space = getattr(plain, "__globals__", {})
    hints: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if parameter.annotation is parameter.empty:
            continue

        def holder() -> None: ...

        holder.__annotations__ = {name: parameter.annotation}
        try:
            # One at a time: a return annotation for type checkers alone need not be there.
            found = typing.get_type_hints(holder, space, _locals_for(plain), include_extras=True)
            hints |= {name: usable_hint(hint) for name, hint in found.items()}
        except Exception as error:
            raise ConfigError(
                f"The type hint {parameter.annotation!r} of {name} in {named} cannot be resolved: {error}."
            ) from None
    return hints


def _locals_for(plain: Any) -> dict[str, Any]:
    """Names that a hint written as text may use besides globals: those around the def, and around whoever calls us."""
    space = getattr(plain, "__globals__", None)
    frames = []
    frame: types.FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals is space and frame.f_locals is not space:
            frames.append(frame)
        frame = frame.f_back
    # The nearest comes last, so that its names go before those further out.
    names = {name: value for each in reversed(frames) for name, value in each.f_locals.items()}
    if isinstance(plain, types.FunctionType) and plain.__closure__:
        for name, cell in zip(plain.__code__.co_freevars, plain.__closure__, strict=True):
            try:
                names[name] = cell.cell_contents
            except ValueError:
                continue
    return names


def _adapter_of(
    named: str, wanted: Mapping[str, inspect.Parameter], hints: Mapping[str, Any], said: Documentation
) -> TypeAdapter[dict[str, Any]]:
    from typing import NotRequired, Required

    from pydantic import ConfigDict, PydanticUserError, TypeAdapter
    from pydantic.errors import PydanticUndefinedAnnotation
    from typing_extensions import TypedDict

    found = {name: _member(parameter, hints.get(name), said) for name, parameter in wanted.items()}
    members: dict[str, Any] = {
        name: Required[hint] if required else NotRequired[hint] for name, (hint, required) in found.items()
    }
    # A TypedDict, since any parameter name will do there, and what is not given stays the function's own default.
    make: Any = TypedDict
    shape = make(named, members)
    shape.__pydantic_config__ = ConfigDict(extra="forbid", title=named, allow_inf_nan=False)
    try:
        adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(shape)
        adapter.json_schema()
    except (PydanticUserError, PydanticUndefinedAnnotation, TypeError, NameError) as error:
        for name, (hint, _) in found.items():
            _check_hint(named, name, hint)
        raise ConfigError(f"The parameters of {named} cannot be put into a schema: {_first_line(error)}.") from None
    return adapter


def _check_hint(named: str, name: str, hint: Any) -> None:
    """Raise where it is this parameter that has no schema."""
    from pydantic import PydanticUserError, TypeAdapter

    try:
        TypeAdapter(hint).json_schema()
    except (PydanticUserError, TypeError, NameError) as error:
        raise ConfigError(
            f"The type hint of {name} in {named} cannot be put into a schema: {_first_line(error)}. "
            "Use str, int, float, bool, list, dict, Literal, Enum, a dataclass, a TypedDict or a pydantic model."
        ) from None


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def _member(parameter: inspect.Parameter, hint: Any, said: Documentation) -> tuple[Any, bool]:
    """The type of one member with its description, and whether it must be there."""
    from pydantic import Field
    from pydantic.fields import FieldInfo

    name, default = parameter.name, parameter.default
    if hint is None:
        hint = _guessed(default, said.types.get(name))
    notes = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, FieldInfo)]
    if isinstance(default, FieldInfo):
        notes.append(default)
        hint = Annotated[hint, default]
    required = default is parameter.empty or isinstance(default, FieldInfo)
    required = required and all(note.is_required() for note in notes)
    if default is None and type(None) not in typing.get_args(hint) and hint not in (Any, None):
        hint = (
            hint | None if not hasattr(hint, "__metadata__") else Annotated[hint.__origin__ | None, *hint.__metadata__]
        )
    if not any(note.description for note in notes):
        loose = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, str)]
        description = loose[0] if loose else said.parameters.get(name)
        if description:
            hint = Annotated[hint, Field(description=description)]
    return hint, required


def _guessed(default: Any, stated: str | None) -> Any:
    """A type where there is no hint: the one in the docstring, or the default's."""
    word = (stated or "").partition(",")[0].strip()
    if word in _FAMILIAR:
        return _FAMILIAR[word]
    return type(default) if type(default) in (str, int, float, bool) else Any


def _schema_of(adapter: TypeAdapter[dict[str, Any]], wanted: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
    from pydantic.fields import FieldInfo
    from pydantic_core import to_jsonable_python

    schema = plain_schema(adapter.json_schema())
    properties: dict[str, Any] = schema.setdefault("properties", {})
    for name, parameter in wanted.items():
        default = parameter.default
        if default is parameter.empty or default is None or isinstance(default, FieldInfo) or name not in properties:
            continue
        try:
            properties[name].setdefault("default", to_jsonable_python(default))
        except (TypeError, ValueError):
            continue
    schema.pop("description", None)
    return schema
