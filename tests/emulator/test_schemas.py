"""Values that satisfy a schema, with what the text says where it fits."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.emulator.answering.facts import read_facts
from langchain_openrouter.emulator.answering.schemas import Builder

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("Anna is 30 years old.", PERSON, {"name": "Anna", "age": 30}),
    (
        "Anna is 30 and Bob is 25.",
        {
            "properties": {"people": {"type": "array", "items": {"$ref": "#/$defs/P"}}},
            "required": ["people"],
            "$defs": {"P": PERSON},
        },
        {"people": [{"name": "Anna", "age": 30}, {"name": "Bob", "age": 25}]},
    ),
    (
        "Set the colour to dark red.",
        {"properties": {"colour": {"enum": ["blue", "dark red"]}}, "required": ["colour"]},
        {"colour": "dark red"},
    ),
    (
        "Nothing here",
        {"properties": {"a": {"type": "integer", "minimum": 5}, "b": {"type": "boolean"}}, "required": ["a", "b"]},
        {"a": 5, "b": False},
    ),
    (
        "Use 5 and 0.25",
        {"properties": {"p": {"type": "number", "maximum": 1}, "n": {"type": "integer"}}, "required": ["p", "n"]},
        {"p": 0.25, "n": 5},
    ),
    (
        "Hello",
        {"properties": {"x": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "required": ["x"]},
        {"x": None},
    ),
    ("Hello", {"properties": {"x": {"type": "string"}}}, {}),
    ("Hello", {"properties": {"x": {"const": 7}}, "required": ["x"]}, {"x": 7}),
    (
        "Numbers 1, 2 and 3",
        {"properties": {"n": {"type": "array", "items": {"type": "integer"}}}, "required": ["n"]},
        {"n": [1, 2, 3]},
    ),
    (
        "Meet on 2026-05-01 without snacks",
        {
            "properties": {"date": {"type": "string", "format": "date"}, "snacks": {"type": "boolean"}},
            "required": ["date", "snacks"],
        },
        {"date": "2026-05-01", "snacks": False},
    ),
]


@pytest.mark.parametrize(("text", "schema", "expected"), CASES)
def test_values_come_from_the_text(text: str, schema: dict[str, Any], expected: Any) -> None:
    """What the text says is used; the rest is made up to fit."""
    assert Builder(read_facts(text), schema).build() == expected


def test_a_schema_within_itself_ends() -> None:
    """A tree of trees is built to some depth, and is valid."""
    schema = {
        "$ref": "#/$defs/Node",
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "value": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                },
                "required": ["value", "children"],
            }
        },
    }
    made = Builder(read_facts("A tree"), schema).build()
    jsonschema.validate(made, schema)


leaves = st.one_of(
    st.just({"type": "string"}),
    st.builds(lambda n: {"type": "string", "minLength": n, "maxLength": n + 5}, st.integers(0, 9)),
    st.builds(
        lambda low, n: {"type": "integer", "minimum": low, "maximum": low + n}, st.integers(-50, 50), st.integers(0, 9)
    ),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, st.integers(-9, 9)),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["string", "null"]}),
    st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, unique=True).map(lambda options: {"enum": options}),
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give schemas around schemas."""
    objects = st.dictionaries(st.text("abcname", min_size=1, max_size=5), inner, max_size=4).flatmap(
        lambda properties: st.lists(st.sampled_from(sorted(properties) or [""]), unique=True).map(
            lambda needed: {
                "type": "object",
                "properties": properties,
                "required": [key for key in needed if key in properties],
                "additionalProperties": False,
            }
        )
    )
    arrays = st.builds(
        lambda items, n: {"type": "array", "items": items, "minItems": n, "maxItems": n + 2},
        inner,
        st.integers(0, 2),
    )
    either = st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options})
    return st.one_of(objects, arrays, either)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(leaves, containers, max_leaves=8),
    st.sampled_from(["Hello", "Anna and Bob bought 3 of 'x' in Rome for 2.5", "a b c name 7 8 9"]),
)
def test_values_are_valid(schema: dict[str, Any], text: str) -> None:
    """Whatever the schema and the text, the value is valid and is JSON."""
    wrapped = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    made = Builder(read_facts(text), wrapped).build()
    jsonschema.validate(json.loads(json.dumps(made)), wrapped)


JSON_MODE = [
    ("Reply in JSON with 'setup' and 'punchline' keys.", {"setup", "punchline"}),
    ('Answer like {"city": "Rome", "score": 1}', {"city", "score"}),
    ("Give JSON with the fields: name, age and city", {"name", "age", "city"}),
    ('Describe "Alien" as JSON with keys title and year.', {"title", "year"}),
    ("Give me JSON.", {"answer"}),
]


@pytest.mark.parametrize(("prompt", "keys"), JSON_MODE)
async def test_json_object_follows_the_prompt(talk: Any, prompt: str, keys: set[str]) -> None:
    """In JSON mode the answer is an object of the shape that the prompt describes."""
    message = await talk.message(prompt, response_format={"type": "json_object"})
    assert set(json.loads(message["content"])) == keys


async def test_json_schema_is_satisfied(talk: Any) -> None:
    """With a JSON schema the answer satisfies it, whole and streamed."""
    strict = {**PERSON, "additionalProperties": False}
    wrapper = {"name": "person", "schema": strict, "strict": True}
    options = {"response_format": {"type": "json_schema", "json_schema": wrapper}}
    message = await talk.message("Anna is 30.", **options)
    assert message["content"] == '{"name":"Anna","age":30}'
    chunks = await talk.stream("Anna is 30.", **options)
    text = "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks)
    assert text == message["content"]
