"""OpenRouter's API description as a validator of the requests that we send."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from pathlib import Path


@functools.cache
def description(folder: Path) -> dict[str, Any]:
    """Read the API description."""
    read: dict[str, Any] = yaml.load((folder / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
    return read


@functools.cache
def request_validator(folder: Path) -> Draft202012Validator:
    """Make a validator of `ChatRequest`.

    `oneOf` is read as `anyOf`: the description tells variants apart by a discriminator, and several of them take any
    further keys, so that one value may fit two.
    """
    schema = {"$ref": "#/components/schemas/ChatRequest", "components": _any_of(description(folder)["components"])}
    return Draft202012Validator(schema)


def errors_of(folder: Path, body: dict[str, Any]) -> list[str]:
    """List what is wrong with a request body."""
    return [f"{error.json_path}: {error.message[:300]}" for error in request_validator(folder).iter_errors(body)]


def _any_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {"anyOf" if key == "oneOf" else key: _any_of(inner) for key, inner in value.items()}
    return [_any_of(inner) for inner in value] if isinstance(value, list) else value
