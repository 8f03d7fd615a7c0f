"""Tools of every kind, as they are sent."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain_core.tools import BaseTool, StructuredTool, tool
from pydantic import BaseModel, Field
from pydantic.v1 import BaseModel as BaseModelV1
from typing_extensions import TypedDict

from langchain_openrouter.chat.tools import to_wire_choice, to_wire_tools
from tests.helpers.fake import Server
from tests.helpers.schema import errors_of
from tests.helpers.styles import invoke

if TYPE_CHECKING:
    from pathlib import Path


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


class Weather(BaseModel):
    """Tell the weather in a city."""

    city: str


class WeatherV1(BaseModelV1):
    """Tell the weather in a city."""

    city: str


class WeatherDict(TypedDict):
    """Tell the weather in a city."""

    city: Annotated[str, ..., "where"]


PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "weather", "description": "Tell the weather in a city.", "parameters": PARAMETERS}
TOOLS: dict[str, Any] = {
    "function": weather,
    "tool": tool(weather),
    "structured tool": StructuredTool.from_function(weather),
    "pydantic": Weather,
    "pydantic v1": WeatherV1,
    "TypedDict": WeatherDict,
    "openai": {"type": "function", "function": FUNCTION},
    "openai function": FUNCTION,
    "json schema": {"title": "weather", "description": "Tell the weather in a city.", **PARAMETERS},
    "anthropic": {"name": "weather", "description": "Tell the weather in a city.", "input_schema": PARAMETERS},
}
SERVER_TOOLS: list[dict[str, Any]] = [
    {"type": "openrouter:web_search"},
    {"type": "openrouter:web_search", "parameters": {"engine": "exa", "max_results": 3}},
    {"type": "openrouter:datetime", "parameters": {"timezone": "UTC"}},
    {"type": "openrouter:tomorrow", "anything": {"x": [1]}},
    {"type": "web_search", "search_context_size": "low"},
]


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_of_any_kind_is_sent(name: str, shared: Path) -> None:
    """Functions, LangChain tools, classes and dicts become functions of the wire; the caller's dict stays."""
    server, given = Server(), TOOLS[name]
    before = copy.deepcopy(given) if isinstance(given, dict) else None
    invoke(server.model().bind_tools([given]))
    (sent,) = server.body["tools"]

    assert sent["type"] == "function"
    assert sent["function"]["name"].lower().startswith("weather")
    assert sent["function"]["description"] == "Tell the weather in a city."
    assert sent["function"]["parameters"]["required"] == ["city"]
    assert sent["function"]["parameters"]["properties"]["city"]["type"] == "string"
    assert errors_of(shared, server.body) == []
    assert before is None or given == before
    assert "tool_choice" not in server.body


@pytest.mark.parametrize("server_tool", SERVER_TOOLS, ids=lambda each: each["type"])
def test_a_tool_of_openrouter_is_sent_untouched(server_tool: dict[str, Any]) -> None:
    """Also beside functions, and with keys that nobody knows."""
    server = Server()
    invoke(server.model().bind_tools([server_tool, weather]))

    assert server.body["tools"][0] == server_tool
    assert server.body["tools"][1]["function"]["name"] == "weather"


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("any", "required"),
        ("weather", {"type": "function", "function": {"name": "weather"}}),
        (True, {"type": "function", "function": {"name": "weather"}}),
        ({"type": "function", "function": {"name": "x"}}, {"type": "function", "function": {"name": "x"}}),
        ({"type": "tool", "name": "weather"}, {"type": "function", "function": {"name": "weather"}}),
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
        (None, None),
        (False, None),
        ("", None),
    ],
)
def test_a_choice_in_any_form(choice: Any, sent: Any) -> None:
    """The words, a name, `True` for the only tool, and the dicts of OpenAI and Anthropic."""
    server = Server()
    invoke(server.model().bind_tools([weather], tool_choice=choice))

    assert server.body.get("tool_choice") == sent


def test_a_choice_of_a_tool_of_openrouter() -> None:
    """It is named by its type."""
    tools = [{"type": "openrouter:web_search"}]

    assert to_wire_choice("openrouter:web_search", tools) == {"type": "openrouter:web_search"}
    assert to_wire_choice(True, tools) == {"type": "openrouter:web_search"}


def test_true_needs_one_tool() -> None:
    """With two it is not clear which one is meant."""
    with pytest.raises(ValueError, match="tool_choice can only be True when there is one tool"):
        Server().model().bind_tools([weather, Weather], tool_choice=True)


@pytest.mark.parametrize("parallel", [True, False, None])
def test_parallel_calls(parallel: bool | None) -> None:
    """Sent only where it was said."""
    server = Server()
    invoke(server.model().bind_tools([weather], parallel_tool_calls=parallel))

    assert server.body.get("parallel_tool_calls") is parallel


def test_strict_makes_the_schema_strict() -> None:
    """Nothing but the properties is allowed, and the tool says so; without it, nothing is said."""
    server = Server()
    invoke(server.model().bind_tools([Weather], strict=True))
    invoke(server.model().bind_tools([Weather], strict=False))
    invoke(server.model().bind_tools([Weather]))
    strict, loose, plain = (body["tools"][0]["function"] for body in server.bodies)

    assert strict["strict"] is True
    assert strict["parameters"]["additionalProperties"] is False
    assert loose["strict"] is False
    assert "strict" not in plain


def test_cache_control_of_a_tool_is_kept() -> None:
    """Beside a dict's function, and in a tool's `extras`."""
    mark = {"type": "ephemeral"}
    server = Server()
    extra = StructuredTool.from_function(weather, extras={"cache_control": mark})
    invoke(server.model().bind_tools([{**TOOLS["openai"], "cache_control": mark}, extra]))

    assert [each["cache_control"] for each in server.body["tools"]] == [mark, mark]


def test_a_tool_is_converted_once() -> None:
    """However often it is bound, its schema is asked for once for each `strict`."""
    asked = []

    class Counted(BaseModel):
        """Count something."""

        number: int

        @classmethod
        def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
            asked.append(cls)
            return super().model_json_schema(*arguments, **options)

    first, second = to_wire_tools([Counted]), to_wire_tools([Counted])
    asked_so_far = len(asked)
    to_wire_tools([Counted])

    assert first == second
    assert len(asked) == asked_so_far > 0


def test_a_bound_tool_may_be_changed() -> None:
    """What a program adds to a bound tool, at any depth, does not show in the next binding."""
    first: Any = Server().model().bind_tools([weather])
    first.kwargs["tools"][0]["cache_control"] = {"type": "ephemeral"}
    first.kwargs["tools"][0]["function"]["parameters"]["properties"].clear()
    second: Any = Server().model().bind_tools([weather])

    assert "cache_control" not in second.kwargs["tools"][0]
    assert list(second.kwargs["tools"][0]["function"]["parameters"]["properties"]) == ["city"]


def test_a_changed_tool_is_converted_anew() -> None:
    """Programs change descriptions of tools that were bound before."""
    made: BaseTool = tool(weather)
    before = to_wire_tools([made])[0]["function"]["description"]
    made.description = "Something else."

    assert before == "Tell the weather in a city."
    assert to_wire_tools([made])[0]["function"]["description"] == "Something else."


def test_many_short_lived_tools_do_not_get_mixed_up() -> None:
    """An object at the address of one that is gone is another tool."""
    for number in range(100):
        made = StructuredTool.from_function(weather, name=f"tool_{number}")
        assert to_wire_tools([made])[0]["function"]["name"] == f"tool_{number}"


def test_fields_are_described() -> None:
    """Descriptions and defaults of a class reach the model."""

    class Search(BaseModel):
        """Search."""

        query: str = Field(description="what for")
        limit: int = 5

    parameters = to_wire_tools([Search])[0]["function"]["parameters"]

    assert parameters["properties"]["query"]["description"] == "what for"
    assert parameters["properties"]["limit"]["default"] == 5
    assert parameters["required"] == ["query"]
