"""Which tools are called, and with which arguments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def tool(name: str, description: str = "", /, **properties: Any) -> dict[str, Any]:
    """Give a tool whose parameters are all required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
WEATHER = tool("get_weather", "Get the weather at a location.", location=TEXT)
ADD = tool("add", "Add two numbers.", a=WHOLE, b=WHOLE)
MULTIPLY = tool("multiply", "Multiply two numbers.", a=WHOLE, b=WHOLE)
CUSTOMER = tool("create_customer", "Create a customer.", customer_name=TEXT)
MAIL = tool("send_email", "Send an e-mail.", to_email=TEXT, subject=TEXT)
CALCULATE = tool("calculator", "Evaluate an expression.", expression=TEXT)
NOTHING = tool("ping")

Call = tuple[str, dict[str, Any]]
CASES: list[tuple[str, list[dict[str, Any]], list[Call]]] = [
    ("What is the weather in Paris?", [WEATHER], [("get_weather", {"location": "Paris"})]),
    (
        "What is the weather in San Francisco, CA?",
        [WEATHER],
        [("get_weather", {"location": "San Francisco, CA"})],
    ),
    (
        "Weather in Paris, London and Rome?",
        [WEATHER],
        [("get_weather", {"location": place}) for place in ("Paris", "London", "Rome")],
    ),
    ("is the weather nice in oslo today", [WEATHER], [("get_weather", {"location": "oslo"})]),
    ("What is 2 + 3?", [ADD], [("add", {"a": 2, "b": 3})]),
    (
        "Add and multiply the numbers 2 and 3.",
        [ADD, MULTIPLY],
        [("add", {"a": 2, "b": 3}), ("multiply", {"a": 2, "b": 3})],
    ),
    (
        "Add 1 and 2, then add 30 and 40.",
        [ADD],
        [("add", {"a": 1, "b": 2}), ("add", {"a": 30, "b": 40})],
    ),
    (
        "Create a customer named '你好啊集团' (Hello Group)",
        [CUSTOMER],
        [("create_customer", {"customer_name": "你好啊集团"})],
    ),
    (
        "Send an email to ann@example.org, subject: lunch",
        [MAIL],
        [("send_email", {"to_email": "ann@example.org", "subject": "lunch"})],
    ),
    ("Calculate 12 * 3 please", [CALCULATE], [("calculator", {"expression": "12 * 3"})]),
    ("Please call ping", [NOTHING], [("ping", {})]),
    ("Use the tool.", [NOTHING], [("ping", {})]),
    (
        "What is the weather in Paris, and what is 5 + 6?",
        [ADD, WEATHER],
        [("add", {"a": 5, "b": 6}), ("get_weather", {"location": "Paris"})],
    ),
    ("Tell me a joke about cats.", [WEATHER, ADD], []),
    ("Do not call any tools. What is the weather in Paris?", [WEATHER], []),
    ("Hello", [WEATHER], []),
]


def calls_of(message: dict[str, Any]) -> list[Call]:
    """Give the names and arguments of a message's calls."""
    functions = [call["function"] for call in message.get("tool_calls", [])]
    return [(function["name"], json.loads(function["arguments"])) for function in functions]


@pytest.mark.parametrize(("prompt", "tools", "expected"), CASES)
async def test_calls_fit_the_prompt(talk: Any, prompt: str, tools: list[dict[str, Any]], expected: list[Call]) -> None:
    """A tool is called when the text asks for it, with the values that the text gives."""
    assert calls_of(await talk.message(prompt, tools=tools)) == expected


async def test_finish_reasons(talk: Any) -> None:
    """A call ends with `tool_calls` and no text, any other answer with `stop`."""
    choice = (await talk.chat("What is 2 + 3?", tools=[ADD]))["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    choice = (await talk.chat("Hello", tools=[ADD]))["choices"][0]
    assert choice["finish_reason"] == "stop"


CHOICES: list[tuple[Any, list[str]]] = [
    ("none", []),
    ("auto", []),
    ("required", ["get_weather"]),
    ({"type": "function", "function": {"name": "add"}}, ["add"]),
]


@pytest.mark.parametrize(("choice", "expected"), CHOICES)
async def test_tool_choice(talk: Any, choice: Any, expected: list[str]) -> None:
    """A forced choice is obeyed even where the text asks for nothing."""
    message = await talk.message("Hello!", tools=[WEATHER, ADD], tool_choice=choice)
    assert [name for name, _ in calls_of(message)] == expected


async def test_a_named_tool_is_called_once(talk: Any) -> None:
    """Two numbers are no reason to extract one person twice."""
    person = tool("Person", "A person.", name=TEXT, age=WHOLE)
    choice = {"type": "function", "function": {"name": "Person"}}
    prompt = "Anna is 30 years old and lives at 12 Baker Street."
    message = await talk.message(prompt, tools=[person], tool_choice=choice)
    assert calls_of(message) == [("Person", {"name": "Anna", "age": 30})]


async def test_parallel_calls_can_be_forbidden(talk: Any) -> None:
    """Without parallel calls the rest follows in the next turns, each once."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather in Paris and Rome?"}]
    seen = []
    while True:
        message = await talk.message(messages, tools=[WEATHER], parallel_tool_calls=False)
        if "tool_calls" not in message:
            break
        [call] = message["tool_calls"]
        seen.append(call["function"]["arguments"])
        answer = {"role": "tool", "tool_call_id": call["id"], "content": f"sunny {len(seen)}"}
        messages += [message, answer]
    assert seen == ['{"location":"Paris"}', '{"location":"Rome"}']
    assert "sunny 1; sunny 2" in message["content"]


async def test_tool_results_end_the_turn(talk: Any) -> None:
    """After the results comes a text with them, and no further call."""
    first = await talk.message("What is the weather in Paris?", tools=[WEATHER])
    result = {
        "role": "tool",
        "tool_call_id": first["tool_calls"][0]["id"],
        "content": [{"type": "text", "text": "It's sunny."}],
    }
    question = {"role": "user", "content": "What is the weather in Paris?"}
    last = await talk.message([question, first, result], tools=[WEATHER])
    assert last["content"] == "Here is what the tools say: It's sunny."
    again = await talk.message(
        [question, first, result, {"role": "user", "content": "And the weather in Rome?"}],
        tools=[WEATHER],
    )
    assert calls_of(again) == [("get_weather", {"location": "Rome"})]


async def test_required_prefers_a_tool_that_was_not_called(talk: Any) -> None:
    """An agent that must always call something can end with its structured answer."""
    final = tool("Report", "The final report.", city=TEXT, degrees=WHOLE)
    question = {"role": "user", "content": "What is the weather in Paris?"}
    options: dict[str, Any] = {"tools": [WEATHER, final], "tool_choice": "required"}
    first = await talk.message([question], **options)
    assert calls_of(first) == [("get_weather", {"location": "Paris"})]
    result = {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "21 degrees"}
    last = await talk.message([question, first, result], **options)
    assert calls_of(last) == [("Report", {"city": "Paris", "degrees": 21})]


async def test_ids_have_the_form_of_the_family(talk: Any) -> None:
    """Ids begin as those of the model's provider, and are unique."""
    ids = []
    for model in ("openai/plain", "anthropic/thinker", "google/thinker"):
        message = await talk.message("What is 2 + 3?", model=model, tools=[ADD])
        ids.append(message["tool_calls"][0]["id"])
    assert [i.split("_")[0] for i in ids] == ["call", "toolu", "tool"]
    assert ids[2].startswith("tool_add_")
    message = await talk.message("What is 2 + 3?", tools=[ADD])
    assert message["tool_calls"][0]["id"] != ids[0]


async def test_streamed_calls_are_the_same(talk: Any) -> None:
    """Fragments, put together by index, are the arguments of the whole answer."""
    chunks = await talk.stream("Add and multiply the numbers 2 and 3.", tools=[ADD, MULTIPLY])
    found: dict[int, str] = {}
    names = []
    for chunk in chunks:
        for call in chunk["choices"][0]["delta"].get("tool_calls", []):
            found[call["index"]] = found.get(call["index"], "") + call["function"]["arguments"]
            names += [call["function"]["name"]] if "id" in call else []
    assert found == {0: '{"a":2,"b":3}', 1: '{"a":2,"b":3}'}
    assert names == ["add", "multiply"]


async def test_arguments_are_cut_at_the_limit(talk: Any) -> None:
    """A limit in the middle of the arguments leaves them broken, with `length`."""
    body = await talk.chat("What is the weather in Paris?", tools=[WEATHER], max_tokens=4)
    choice = body["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == "{"
    assert body["usage"]["completion_tokens"] == 4


async def test_server_tools_are_not_called(make: Callable[..., Any]) -> None:
    """OpenRouter runs its own tools itself; the answer says that it did."""
    body = await make().chat("Weather?", tools=[{"type": "openrouter:web_search"}])
    assert "tool_calls" not in body["choices"][0]["message"]
    assert body["usage"]["server_tool_use_details"]["web_search_requests"] == 1
