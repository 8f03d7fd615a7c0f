"""Structured output: what is asked for, what comes back, and what is raised where it does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import pytest
from langchain_core.exceptions import OutputParserException
from pydantic import BaseModel, ValidationError
from pydantic.v1 import BaseModel as BaseModelV1
from typing_extensions import TypedDict

from langchain_openrouter import errors
from tests.helpers.fake import Answer, Server, answer_body, delta, events, whole
from tests.helpers.schema import errors_of
from tests.helpers.styles import invoke, stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.styles import Ask

Method = Literal["function_calling", "json_schema", "json_mode"]


class Person(BaseModel):
    """A person."""

    name: str
    age: int = 0


class PersonV1(BaseModelV1):
    """A person."""

    name: str
    age: int = 0


class PersonDict(TypedDict):
    """A person."""

    name: str
    age: int


PROPERTIES = {"name": {"type": "string"}, "age": {"type": "integer"}}
PERSON_SCHEMA = {"title": "Person", "description": "A person.", "type": "object", "properties": PROPERTIES}
SCHEMAS: dict[str, Any] = {
    "pydantic": Person,
    "pydantic v1": PersonV1,
    "TypedDict": PersonDict,
    "json schema": PERSON_SCHEMA,
    "json schema without a title": {"type": "object", "properties": PROPERTIES, "required": ["name"]},
    "openai": {
        "name": "Person",
        "description": "A person.",
        "parameters": {"type": "object", "properties": PROPERTIES},
    },
}
ADA = '{"name": "Ada", "age": 36}'
BOTH: list[Method] = ["function_calling", "json_schema"]
ALL: list[Method] = [*BOTH, "json_mode"]


def reply(method: Method, text: str, ask: Ask, *, reason: str = "stop", name: str = "Person", **extra: Any) -> Answer:
    """Write an answer that carries a structure by a method, in pieces for a stream."""
    call = {"index": 0, "id": "1", "type": "function", "function": {"name": name, "arguments": text}}
    if not ask.streams:
        said = (
            answer_body(None, tool_calls=[call], **extra)
            if method == "function_calling"
            else answer_body(text, **extra)
        )
        said["choices"][0]["finish_reason"] = reason
        return whole(said)
    if method != "function_calling":
        parts = [delta(text[place : place + 5]) for place in range(0, len(text), 5)]
    else:
        rest = [{"index": 0, "function": {"arguments": text[place : place + 5]}} for place in range(0, len(text), 5)]
        first = {**call, "function": {"name": name, "arguments": ""}}
        parts = [delta(None, tool_calls=[each]) for each in [first, *rest]]
    return events(*parts, *([delta(None, **extra)] if extra else []), delta("", finish_reason=reason))


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_structure_arrives(kind: str, method: Method, ask: Ask, shared: Path) -> None:
    """Every kind of schema by every method, in all four call styles: an object of the class, else a dict."""
    schema = SCHEMAS[kind]
    name = {"TypedDict": "PersonDict", "pydantic v1": "PersonV1", "json schema without a title": "output"}.get(
        kind, "Person"
    )
    server = Server(reply(method, ADA, ask, name=name))
    found: Any = ask(server.model().with_structured_output(schema, method=method))

    if isinstance(schema, type) and issubclass(schema, (BaseModel, BaseModelV1)):
        assert isinstance(found, schema)
        found = found.dict() if isinstance(found, BaseModelV1) else found.model_dump()
    assert found == {"name": "Ada", "age": 36}
    assert errors_of(shared, server.body) == []


def test_what_is_asked_for() -> None:
    """A forced tool, a schema, or just an object; nothing of LangChain's own is sent."""
    server = Server(whole(answer_body(ADA, tool_calls=[])))
    for method in ALL:
        bound = server.model().with_structured_output(Person, method=method, include_raw=True)
        invoke(bound)
    by_tool, by_schema, by_mode = server.bodies

    assert by_tool["tool_choice"] == {"type": "function", "function": {"name": "Person"}}
    assert [each["function"]["name"] for each in by_tool["tools"]] == ["Person"]
    assert by_schema["response_format"]["type"] == "json_schema"
    assert by_schema["response_format"]["json_schema"]["name"] == "Person"
    assert "strict" not in by_schema["response_format"]["json_schema"]
    assert by_mode["response_format"] == {"type": "json_object"}
    assert not [key for body in server.bodies for key in body if key.startswith("ls_")]


def test_strict_makes_a_strict_schema() -> None:
    """Every property is required, and none besides them is allowed."""
    server = Server(whole(answer_body(ADA)))
    invoke(server.model().with_structured_output(Person, method="json_schema", strict=True))
    spec = server.body["response_format"]["json_schema"]

    assert spec["strict"] is True
    assert spec["schema"]["additionalProperties"] is False
    assert spec["schema"]["required"] == ["name", "age"]


def test_json_mode_needs_no_schema(ask: Ask) -> None:
    """It gives whatever object the model wrote."""
    model = Server(reply("json_mode", ADA, ask)).model().with_structured_output(None, method="json_mode")

    assert ask(model) == {"name": "Ada", "age": 36}  # type: ignore[comparison-overlap]


def test_wrong_arguments_are_refused() -> None:
    """An unknown method, and no schema where one is needed."""
    model = Server().model()
    with pytest.raises(ValueError, match="Unrecognized method argument"):
        model.with_structured_output(Person, method="magic")  # type: ignore[arg-type]
    for method in BOTH:
        with pytest.raises(ValueError, match="schema must be specified"):
            model.with_structured_output(None, method=method)


CUT = '{"name": "Ada", "a'


def failing(method: Method, case: str, ask: Ask) -> Answer:
    """Write an answer without the structure."""
    if case == "truncated":
        return reply(method, CUT, ask, reason="length")
    if case == "refused":
        refused: Method = "json_schema"
        return reply(refused, "", ask, refusal="I will not.")
    if case == "filtered":
        return reply("json_schema", "", ask, reason="content_filter")
    return reply("json_schema", "Ada is 36." if method == "function_calling" else "  ", ask)


@pytest.mark.parametrize(
    ("case", "kind", "words"),
    [
        ("truncated", errors.TruncatedOutputError, "cut off"),
        ("refused", errors.RefusedOutputError, "I will not."),
        ("filtered", errors.RefusedOutputError, "content filter"),
        ("missing", errors.MissingOutputError, "instead of calling|is empty"),
    ],
)
@pytest.mark.parametrize("method", BOTH)
class TestMissingStructures:
    def test_it_raises(
        self, method: Method, case: str, kind: type[errors.StructuredOutputError], words: str, ask: Ask
    ) -> None:
        """A typed error instead of `None`, also when streaming; it is what LangChain's parsers raise, too."""
        model = Server(failing(method, case, ask)).model().with_structured_output(Person, method=method)
        with pytest.raises(kind, match=words) as caught:
            ask(model)

        assert isinstance(caught.value, OutputParserException)
        assert caught.value.partial_message is not None
        assert caught.value.generation_id == "gen-1"
        assert caught.value.provider_name == "Acme"

    def test_it_is_told_beside_the_raw_answer(
        self, method: Method, case: str, kind: type[errors.StructuredOutputError], words: str, ask_whole: Ask
    ) -> None:
        """With `include_raw` nothing is raised; the error and the answer are in the result."""
        server = Server(failing(method, case, ask_whole))
        found: Any = ask_whole(server.model().with_structured_output(Person, method=method, include_raw=True))

        assert found["parsed"] is None
        assert isinstance(found["parsing_error"], kind)
        assert found["raw"].response_metadata["id"] == "gen-1"


@pytest.mark.parametrize("method", ALL)
def test_raw_and_parsed(method: Method, ask_whole: Ask) -> None:
    """A good answer comes both ways, with its cost."""
    server = Server(reply(method, ADA, ask_whole))
    found: Any = ask_whole(server.model().with_structured_output(Person, method=method, include_raw=True))

    assert found["parsed"] == Person(name="Ada", age=36)
    assert found["parsing_error"] is None
    assert found["raw"].response_metadata["cost"] == 0.001


@pytest.mark.parametrize("method", ALL)
def test_a_structure_of_the_wrong_type_is_refused(method: Method, ask: Ask) -> None:
    """Complete JSON that does not fit the class raises what LangChain's parsers raise."""
    server = Server(reply(method, '{"name": ["Ada"]}', ask))
    with pytest.raises((OutputParserException, ValidationError)):
        ask(server.model().with_structured_output(Person, method=method))


def test_a_complete_answer_at_its_limit_is_good(ask: Ask) -> None:
    """Whole JSON is taken, though the token limit ended it."""
    for method in BOTH:
        server = Server(reply(method, ADA, ask, reason="length"))
        found: Any = ask(server.model().with_structured_output(Person, method=method))

        assert found == Person(name="Ada", age=36)


def test_partial_structures_are_streamed() -> None:
    """A dict grows while it comes."""
    for method in BOTH:
        server = Server(reply(method, ADA, stream))
        parts = list(server.model().with_structured_output(PERSON_SCHEMA, method=method).stream("Hello"))

        assert len(parts) > 2
        assert parts[-1] == json.loads(ADA)
