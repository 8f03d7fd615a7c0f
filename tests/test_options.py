"""The option types against OpenRouter's API description."""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
import yaml
from pydantic import TypeAdapter

from langchain_openrouter import options

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = {name: kind for name, kind in vars(options).items() if inspect.isclass(kind)}
WITH_SCHEMA = {
    name: sources
    for name, kind in CLASSES.items()
    if (sources := re.findall(r"`([A-Z]\w+(?:\.\w+)?)`", (kind.__doc__ or "").partition("Source:")[2]))
}


@functools.cache
def schemas(shared: Path) -> dict[str, Any]:
    """Return the schemas of OpenRouter's API description by name."""
    description = yaml.load((shared / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
    found: dict[str, Any] = description["components"]["schemas"]
    return found


def keys_of(schema: dict[str, Any], key: str) -> set[str]:
    """Return the keys that a schema names, or those of the object under one of its keys."""
    schema = schema.get("anyOf", [schema])[0]
    if key:
        schema = schema["properties"][key]
    return set(schema.get("properties", ()))


@pytest.mark.parametrize("name", WITH_SCHEMA)
def test_every_key_of_the_schema_has_a_type(name: str, shared: Path) -> None:
    """A class names each key of the schema that it gives as its source, and no key is made up."""
    expected: set[str] = set()
    for source in WITH_SCHEMA[name]:
        schema, _, key = source.partition(".")
        expected |= keys_of(schemas(shared)[schema], key)

    assert set(get_type_hints(CLASSES[name])) == expected


def test_plugins_and_server_tools_are_complete(shared: Path) -> None:
    """Each plugin and each tool of the API has a class."""
    request = schemas(shared)["ChatRequest"]["properties"]
    plugins = request["plugins"]["items"]["oneOf"]
    tools = schemas(shared)["ChatFunctionTool"]["anyOf"]
    named = {part["$ref"].rpartition("/")[2] for part in [*plugins, *tools] if "$ref" in part}

    assert named <= {source for sources in WITH_SCHEMA.values() for source in sources}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (
            "ProviderPreferences",
            {"sort": "luck", "max_price": {"prompt": "0.5", "era": 1}, "new": 1},
        ),
        ("Reasoning", {"effort": "gigantic", "budget": {"dollars": 1}}),
        ("Plugin", {"id": "tomorrow", "setting": [1]}),
        ("Tool", {"type": "openrouter:tomorrow", "parameters": {"a": 1}, "b": 2}),
        ("ResponseFormat", {"type": "tomorrow", "rules": []}),
        ("StopServerToolsWhen", [{"type": "tomorrow", "after": 1}]),
    ],
)
def test_nothing_is_dropped(kind: str, value: object) -> None:
    """Where pydantic reads one of these types, unknown keys and values come through unchanged."""
    assert TypeAdapter(getattr(options, kind)).validate_python(value) == value
