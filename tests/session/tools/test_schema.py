"""Signature, type hints and docstring become the schema; arguments become values."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional, TypedDict

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rtnb.errors import ConfigError
from rtnb.session.tools.context import ToolContext
from rtnb.session.tools.schema import TOOL_NAME, ArgumentsError, checked_name, function_tool


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Basket(pydantic.BaseModel):
    items: list[str]
    parts: list[Basket] = []


class Filter(TypedDict, total=False):
    limit: int
    where: Point


def call(function: Callable[..., Any], **arguments: Any) -> Any:
    made = function_tool(function)
    return made.bind(json.dumps(arguments), ToolContext("call_1", made.name))()


def properties(function: Callable[..., Any]) -> dict[str, Any]:
    found: dict[str, Any] = function_tool(function).parameters["properties"]
    return found


def test_every_kind_of_hint_has_a_schema_and_arrives_as_its_type() -> None:
    def f(
        a: int,
        b: float,
        c: bool,
        d: Literal["up", "down"],
        e: Colour,
        f: Point,
        g: Filter,
        h: Basket,
        i: list[Point],
        j: dict[str, int],
        k: datetime.date,
        l: tuple[int, str],  # noqa: E741
        m: str | None,
        n: Optional[int],  # noqa: UP045
    ) -> dict[str, Any]:
        return dict(locals())

    wire = {
        "a": "3",
        "b": 2,
        "c": True,
        "d": "up",
        "e": "red",
        "f": {"x": 1},
        "g": {"limit": 2, "where": {"x": 3}},
        "h": {"items": ["x"], "parts": [{"items": []}]},
        "i": [{"x": 1, "y": 2}],
        "j": {"k": 4},
        "k": "2026-11-21",
        "l": [1, "z"],
        "m": None,
        "n": 5,
    }
    got = call(f, **wire)
    assert (got["a"], got["b"], got["c"], got["d"]) == (3, 2.0, True, "up")
    assert got["e"] is Colour.RED and got["f"] == Point(1.0) and got["i"] == [Point(1.0, 2.0)]
    assert got["g"] == {"limit": 2, "where": Point(3.0)} and got["h"].parts == [Basket(items=[])]
    assert got["k"] == datetime.date(2026, 11, 21) and got["l"] == (1, "z")
    schema = function_tool(f).parameters
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate({**wire, "a": 3})
    assert schema["required"] == list(wire) and schema["additionalProperties"] is False
    assert schema["properties"]["d"]["enum"] == ["up", "down"]
    # A model that holds itself stays a reference; everything else stands where it is used.
    assert list(schema["$defs"]) == ["Basket"] and schema["properties"]["f"]["required"] == ["x"]
    assert '"title"' not in json.dumps(schema)


def test_the_api_takes_what_is_made() -> None:
    from openai.types.realtime import RealtimeFunctionTool

    def f(a: int, b: Point | None = None) -> None:
        """Do it."""

    made = function_tool(f)
    wire = {"type": "function", "name": made.name, "description": made.description, "parameters": made.parameters}
    assert RealtimeFunctionTool.model_validate(wire).to_dict() == wire


NUMPY = """Look an order up.

        It takes a moment.

        Parameters
        ----------
        order_id : str
            Its number,
            such as A-17.
        first, last : int
            Range of lines.

        Returns
        -------
        dict
            What is known.
        """
GOOGLE = """Look an order up.

        It takes a moment.

        Args:
            order_id (str): Its number,
                such as A-17.
            first: Range of lines.
            last: Range of lines.

        Returns:
            What is known.
        """
REST = """Look an order up.

        It takes a moment.

        :param order_id: Its number,
            such as A-17.
        :param int first: Range of lines.
        :param last: Range of lines.
        :type last: int
        :returns: What is known.
        """


@pytest.mark.parametrize("text", [NUMPY, GOOGLE, REST])
def test_docstrings_of_three_styles(text: str) -> None:
    def lookup(order_id: str, first: int = 0, last: int = 9) -> None: ...

    lookup.__doc__ = text
    made = function_tool(lookup)
    assert made.description == "Look an order up.\n\nIt takes a moment."
    assert {name: each["description"] for name, each in made.parameters["properties"].items()} == {
        "order_id": "Its number, such as A-17.",
        "first": "Range of lines.",
        "last": "Range of lines.",
    }


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_docstring_breaks_a_tool(text: str) -> None:
    def f(a: int) -> None: ...

    f.__doc__ = text
    made = function_tool(f)
    assert made.parameters["properties"]["a"]["type"] == "integer"


def test_descriptions_of_parameters_are_taken_from_where_they_stand() -> None:
    def f(
        a: Annotated[int, "the first"],
        b: Annotated[int, pydantic.Field(description="the second", ge=0)],
        c: int = pydantic.Field(5, description="the third"),
        d: int = 0,
    ) -> Any:
        """F.

        Args:
            b: not this
            d: the fourth
        """
        return a, b, c, d

    found = properties(f)
    assert [each["description"] for each in found.values()] == ["the first", "the second", "the third", "the fourth"]
    assert found["b"]["minimum"] == 0 and found["c"]["default"] == 5 and found["d"]["default"] == 0
    assert function_tool(f).parameters["required"] == ["a", "b"]
    assert call(f, a=1, b=2) == (1, 2, 5, 0)


def test_defaults_stay_the_functions_own() -> None:
    nothing = object()

    def f(
        a: int = 3,
        b: Any = nothing,
        c: str = None,  # noqa: RUF013
        *,
        d: Colour = Colour.BLUE,
    ) -> Any:  # type: ignore[assignment]
        return a, b, c, d

    assert call(f) == (3, nothing, None, Colour.BLUE)
    assert call(f, c=None, d="red")[2:] == (None, Colour.RED)
    found = properties(f)
    assert found["a"]["default"] == 3 and found["d"]["default"] == "blue" and "default" not in found["b"]
    assert "required" not in function_tool(f).parameters


def test_without_hints_the_docstring_or_the_default_says_the_type() -> None:
    def f(a, b=2, c=None):  # type: ignore[no-untyped-def]
        """F.

        Parameters
        ----------
        a : int, optional
            A.
        """
        return a, b, c

    found = properties(f)
    assert found["a"]["type"] == found["b"]["type"] == "integer" and "type" not in found["c"]
    assert call(f, a="4", c=[1]) == (4, 2, [1])


@pytest.mark.filterwarnings("error")
def test_fields_of_pydantic_hold_with_all_they_say() -> None:
    def f(
        x: Annotated[int, pydantic.Field(alias="orderId", gt=2)],
        y: Annotated[list[int], pydantic.Field(default_factory=list)],
    ) -> Any:
        return x, y

    assert call(f, orderId=4) == (4, []) and list(properties(f)) == ["orderId", "y"]
    assert properties(f)["orderId"]["exclusiveMinimum"] == 2


def test_positional_only_and_names_that_pydantic_keeps_for_itself() -> None:
    def f(schema: int, model_config: int, /, _x: int, copy: int = 1, *, json: int = 2) -> Any:
        return schema, model_config, _x, copy, json

    assert call(f, schema=1, model_config=2, _x=3, json=5) == (1, 2, 3, 1, 5)


def test_the_context_is_passed_in_and_left_out() -> None:
    def f(context: ToolContext, a: int, other: ToolContext | None = None) -> Any:
        return context, a, other

    made = function_tool(f)
    context = ToolContext("call_1", "f")
    assert list(made.parameters["properties"]) == ["a"]
    assert made.bind('{"a": 1}', context)() == (context, 1, context)


class Shop:
    """A shop."""

    def lookup(self, order_id: str) -> str:
        """Look up."""
        return f"{self.__class__.__name__} {order_id}"

    @staticmethod
    def close(hour: int) -> int:
        return hour

    @classmethod
    def name(cls, upper: bool) -> str:
        return cls.__name__

    async def buy(self, what: str) -> str:
        return what

    def __call__(self, question: str) -> str:
        """Ask the shop."""
        return question


class AsyncShop:
    """Ask it slowly."""

    async def __call__(self, question: str) -> str:
        return question


def test_methods_partials_and_objects() -> None:
    shop = Shop()
    assert call(shop.lookup, order_id="A") == "Shop A"
    assert call(Shop.close, hour=3) == 3 and call(Shop.name, upper=True) == "Shop"
    made = function_tool(shop)
    assert (made.name, made.description) == ("Shop", "Ask the shop.")
    assert call(shop, question="?") == "?"
    assert function_tool(AsyncShop()).description == "Ask it slowly."

    def add(a: int, b: int, c: int = 0) -> int:
        """Add."""
        return a + b + c

    half = functools.partial(add, 1, c=5)
    made = function_tool(half)
    assert (made.name, made.description, list(made.parameters["properties"])) == ("add", "Add.", ["b"])
    assert call(half, b=1) == 7
    assert call(functools.partial(half, b=2)) == 8

    @functools.wraps(add)
    def wrapped(*args: Any, **members: Any) -> int:
        return -add(*args, **members)

    assert call(wrapped, a=1, b=2) == -3


def test_what_is_async_is_known() -> None:
    async def f(a: int) -> int:
        return a

    assert function_tool(f).is_async and function_tool(Shop().buy).is_async and function_tool(AsyncShop()).is_async
    assert function_tool(functools.partial(f, 1)).is_async
    assert not function_tool(Shop().lookup).is_async and not function_tool(Shop()).is_async


def test_hints_written_as_text_find_names_around_them() -> None:
    @dataclasses.dataclass
    class Local:
        a: int

    def f(x: Local, y: list[Local]) -> NotThere:  # type: ignore[name-defined]  # noqa: F821
        return x, y

    assert call(f, x={"a": 1}, y=[{"a": 2}]) == (Local(1), [Local(2)])


def varargs(*args: int) -> None: ...
def varmembers(**members: int) -> None: ...
def unresolved(a: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def opaque(a: int, thing: re.Scanner) -> None: ...  # type: ignore[name-defined]
def calling(a: int, then: Callable[[int], int]) -> None: ...
def generating(a: int) -> Any:
    yield a


def prüfen(a: int) -> None: ...


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (lambda a: a, "A lambda has no name.*name="),
        (varargs, r"varargs takes \*args.*one by one"),
        (varmembers, r"varmembers takes \*\*members"),
        (unresolved, "'Nowhere' of a in unresolved cannot be resolved.*Nowhere"),
        (opaque, "type hint of thing in opaque cannot be put into a schema"),
        (calling, "type hint of then in calling cannot be put into a schema"),
        (generating, "generating yields.*return a list"),
        (prüfen, "cannot be called 'prüfen'"),
        (Shop, "Shop is a class"),
        (42, "A tool is a function, a mapping, or an rtnb.Mcp, not 42"),
        (Shop.__dict__["name"], "A tool is a function"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_in_one_sentence(thing: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        function_tool(thing)
    assert "\n" not in str(caught.value)


def test_a_name_given_makes_a_tool_of_a_lambda() -> None:
    made = function_tool(lambda a: a, name="echo", description="Say it again.")
    assert (made.name, made.description) == ("echo", "Say it again.")
    assert made.bind('{"a": [1]}', ToolContext("c", "echo"))() == [1]


@given(st.text(max_size=70))
def test_names_are_what_the_api_takes(name: str) -> None:
    good = 0 < len(name) <= 64 and all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
    if good:
        assert checked_name(name) == name and TOOL_NAME.fullmatch(name)
    else:
        with pytest.raises(ConfigError, match="1 to 64 letters"):
            checked_name(name)


def wants(a: int, b: Literal["x", "y"], c: Point | None = None) -> Any:
    return a, b, c


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('{"a": 1', "not valid JSON.*Call it again"),
        ('{"a": 1, "b": "x"} trailing', "not valid JSON"),
        ("[1]", "should be an object, not \\[1\\]"),
        ("null", "should be an object, not None"),
        ('{"b": "x"}', "a is missing.*parameters are a, b, c"),
        ('{"a": "many", "b": "x"}', "a: Input should be a valid integer.*'many'"),
        ('{"a": 1, "b": "z"}', "b: Input should be 'x' or 'y', not 'z'"),
        ('{"a": 1, "b": "x", "colour": 1}', "colour is no parameter"),
        ('{"a": 1, "b": "x", "c": {"y": 1}}', "c.x is missing"),
        ('{"a": 1.5, "b": "x"}', "a: Input should be a valid integer"),
        ('{"a": "' + "9" * 5000 + '", "b": "x"}', "…"),
    ],
)
def test_wrong_arguments_are_told_so_that_the_model_can_try_again(arguments: str, said: str) -> None:
    with pytest.raises(ArgumentsError, match=said) as caught:
        function_tool(wants).bind(arguments, ToolContext("c", "wants"))
    assert "wants" in str(caught.value) and "pydantic" not in str(caught.value) and len(str(caught.value)) < 1000


def test_no_arguments_at_all_are_none() -> None:
    def now() -> str:
        return "noon"

    made = function_tool(now)
    assert made.parameters == {"additionalProperties": False, "properties": {}, "type": "object"}
    for text in ("", " ", "{}"):
        assert made.bind(text, ToolContext("c", "now"))() == "noon"


@given(
    st.text(max_size=200)
    | st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcx"), inner, max_size=4),
        max_leaves=8,
    ).map(json.dumps)
)
@settings(max_examples=200, deadline=None)
def test_whatever_the_model_makes_up_is_a_call_or_one_error(arguments: str) -> None:
    made = function_tool(wants)
    try:
        a, b, c = made.bind(arguments, ToolContext("c", "wants"))()
    except ArgumentsError:
        return
    assert type(a) is int and b in ("x", "y") and (c is None or type(c) is Point)


HINTS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "int": (int, st.integers(-(2**53), 2**53)),
    "str": (str, st.text(max_size=20)),
    "bool": (bool, st.booleans()),
    "float": (float, st.floats(allow_nan=False, allow_infinity=False)),
    "list": (list[int], st.lists(st.integers(0, 9), max_size=4)),
    "map": (dict[str, bool], st.dictionaries(st.text(max_size=3), st.booleans(), max_size=3)),
    "maybe": (int | None, st.none() | st.integers(0, 9)),
    "choice": (Literal["p", "q"], st.sampled_from("pq")),
}


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_what_fits_the_schema_arrives_unchanged(data: st.DataObject) -> None:
    """The schema and the validation say the same."""
    kinds = data.draw(st.lists(st.sampled_from(sorted(HINTS)), max_size=4))
    names = [f"p{i}" for i in range(len(kinds))]

    def f() -> None: ...

    import inspect

    def body(**members: Any) -> dict[str, Any]:
        return members

    body.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=HINTS[kind][0])
            for name, kind in zip(names, kinds, strict=True)
        ]
    )
    made = function_tool(body)
    values = {name: data.draw(HINTS[kind][1]) for name, kind in zip(names, kinds, strict=True)}
    Draft202012Validator(made.parameters).validate(values)
    assert made.bind(json.dumps(values), ToolContext("c", "body"))() == values


def test_what_may_only_be_given_by_position_keeps_its_place() -> None:
    def f(a: int, b: int = 2, c: int = 3, /, d: int = 4) -> tuple[int, ...]:
        return a, b, c, d

    made = function_tool(f)
    assert made.bind('{"a": 1, "c": 30}', ToolContext("c", "f"))() == (1, 2, 30, 4)
    assert made.bind('{"a": 1}', ToolContext("c", "f"))() == (1, 2, 3, 4)
    assert made.bind('{"a": 1, "d": 5, "b": 7}', ToolContext("c", "f"))() == (1, 7, 3, 5)

    def g(a: int = 1, context: ToolContext | None = None, /) -> tuple[int, str]:
        assert context is not None
        return a, context.name

    assert function_tool(g).bind("{}", ToolContext("c", "g"))() == (1, "g")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", '"nan"', "1e999"])
def test_what_is_no_finite_number_is_refused(number: str) -> None:
    @dataclasses.dataclass
    class Point:
        x: float

    def f(x: float = 0.0, xs: list[float] | None = None, at: Point | None = None) -> float:
        return x

    made = function_tool(f)
    for arguments in (f'{{"x": {number}}}', f'{{"xs": [{number}]}}', f'{{"at": {{"x": {number}}}}}'):
        with pytest.raises(ArgumentsError, match="finite number"):
            made.bind(arguments, ToolContext("c", "f"))


class Counter:
    def count(self, n: int) -> int:
        return n

    def odd(this, n: int) -> int:
        return n

    @staticmethod
    def plain(n: int) -> int:
        return n


def test_a_method_needs_its_object() -> None:
    for function in (Counter.count, Counter.odd):
        with pytest.raises(ConfigError, match=r"is a method without its object.*Counter\(\)\."):
            function_tool(function)
    for function in (Counter().count, Counter().odd, Counter.plain, functools.partial(Counter.count, Counter())):
        assert list(function_tool(function).parameters["properties"]) == ["n"]
