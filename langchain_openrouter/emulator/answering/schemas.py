"""Makes values that satisfy a JSON schema, out of what a text says where it fits."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.facts import Facts, words_of
from langchain_openrouter.emulator.answering.strings import string_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Schema = Mapping[str, Any]

_DEEPEST = 8
_NOTHING: Any = object()


class Builder:
    """Builds values from facts; each number and name is used once.

    Args:
        facts: What the prompt says.
        root: The whole schema, for `$ref`.

    >>> from langchain_openrouter.emulator.answering.facts import read_facts
    >>> schema = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
    >>> Builder(read_facts("twice 21"), schema).build()
    {'a': 21}
    """

    def __init__(self, facts: Facts, root: Schema) -> None:
        """Start with everything unused."""
        self.facts = facts
        self.root = root
        self.numbers = list(facts.numbers)
        self.used: set[str] = set()

    def build(self) -> Any:
        """Give a value for the whole schema."""
        return self._value(self.root, "", required=True, depth=0)

    def _value(self, schema: Schema, name: str, *, required: bool, depth: int) -> Any:
        schema = self._resolve(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"], required=required)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self._first(options, schema, name, required=required, depth=depth)
        return self._typed(schema, name, required=required, depth=depth)

    def _typed(self, schema: Schema, name: str, *, required: bool, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            options = [{**schema, "type": one} for one in kind]
            return self._first(options, {}, name, required=required, depth=depth)
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, depth=depth)
        if kind == "array":
            return self._array(schema, name, required=required, depth=depth)
        if kind is None and depth > 0 and not required:
            return _NOTHING
        return self._scalar(kind, schema, name, required=required)

    def _scalar(self, kind: str | None, schema: Schema, name: str, *, required: bool) -> Any:
        if kind in {"integer", "number"}:
            return self._number(schema, required=required)
        if kind == "boolean":
            return self._boolean(schema, name, required=required)
        if kind == "null":
            return None
        return self._string(schema, name, required=required)

    def _resolve(self, schema: Schema) -> Schema:
        for _ in range(_DEEPEST):
            merged = schema.get("allOf")
            if merged:
                rest = {key: value for key, value in schema.items() if key != "allOf"}
                schema = _merged([*(self._resolve(part) for part in merged), rest])
            elif "$ref" in schema:
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._target(schema["$ref"]), **rest}
            else:
                break
        return schema

    def _target(self, reference: str) -> Schema:
        node: Any = self.root
        for part in reference.removeprefix("#").strip("/").split("/"):
            if part:
                node = node.get(part, {}) if isinstance(node, dict) else {}
        return node if isinstance(node, dict) else {}

    def _first(self, options: Sequence[Schema], outer: Schema, name: str, *, required: bool, depth: int) -> Any:
        """Take the first option that the text fills; else null; else make one up."""
        shared = {key: outer[key] for key in ("description", "default", "title") if key in outer}
        solid = [o for o in options if self._resolve(o).get("type") != "null"]
        for option in solid:
            value = self._value({**shared, **option}, name, required=False, depth=depth + 1)
            if value is not _NOTHING and value not in ({}, []):
                return value
        if len(solid) < len(options):
            return None if required else _NOTHING
        if not required:
            return _NOTHING
        return self._value({**shared, **solid[0]}, name, required=True, depth=depth + 1)

    def _object(self, schema: Schema, *, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties") or {}
        needed = set(schema.get("required") or ())
        made = {}
        for name, sub in properties.items():
            if name not in needed and depth >= _DEEPEST:
                continue
            value = self._value(sub, name, required=name in needed, depth=depth + 1)
            if value is not _NOTHING and not (name not in needed and value in ({}, [])):
                made[name] = value
        return made

    def _array(self, schema: Schema, name: str, *, required: bool, depth: int) -> list[Any]:
        items = self._resolve(schema.get("items") or {"type": "string"})
        fewest = int(schema.get("minItems") or 0)
        count = self._item_count(items, schema)
        if depth >= _DEEPEST:
            count = fewest
        made = []
        for position in range(max(count, fewest)):
            must = position < fewest or items.get("type") == "object" or "properties" in items
            value = self._value(items, name, required=must, depth=depth + 1)
            if value is not _NOTHING:
                made.append(value)
        if not made and required and depth < _DEEPEST:
            made = [self._value(items, name, required=True, depth=depth + 1)]
        return made

    def _item_count(self, items: Schema, schema: Schema) -> int:
        kind = items.get("type")
        if isinstance(kind, list):
            kind = kind[0]
        if kind in {"integer", "number"}:
            count = len(self.numbers)
        elif kind == "string" and "enum" not in items:
            count = len(self.facts.quoted or self.facts.places or self.facts.names)
        elif kind == "object" or "properties" in items:
            count = max(len(self.facts.names), 1) if "name" in items.get("properties", {}) else 1
        else:
            count = 1
        return min(count, int(schema.get("maxItems") or count))

    def _choice(self, options: list[Any], *, required: bool) -> Any:
        text = self.facts.text.lower()
        spoken = set(words_of(text))
        for option in options:
            said = str(option).lower()
            if said in spoken or (len(said) > 2 and said.replace("_", " ") in text):  # noqa: PLR2004
                return option
        return options[0] if required else _NOTHING

    def _number(self, schema: Schema, *, required: bool) -> Any:
        whole = schema.get("type") == "integer"
        for number in self.numbers:
            if (not whole or float(number).is_integer()) and _within(number, schema):
                self.numbers.remove(number)
                return int(number) if whole else number
        return _default_number(schema) if required else _NOTHING

    def _boolean(self, schema: Schema, name: str, *, required: bool) -> Any:
        words = [word for word in words_of(name) if len(word) > 2]  # noqa: PLR2004
        spoken = words_of(self.facts.text)
        if any(word in spoken for word in words):
            before = re.search(rf"\b(not|no|without|n't)\s+(\w+\s+)?{words[0]}", self.facts.text, re.IGNORECASE)
            return before is None
        return bool(schema.get("default", False)) if required else _NOTHING

    def _string(self, schema: Schema, name: str, *, required: bool) -> Any:
        value = string_for(self.facts, name, schema, self.used, made_up=required)
        return _NOTHING if value is None else value


def _merged(parts: Sequence[Schema]) -> Schema:
    merged: dict[str, Any] = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        needed = [*merged.get("required", []), *part.get("required", [])]
        merged |= part
        if properties:
            merged |= {"properties": properties, "required": needed}
    return merged


def _within(number: float, schema: Schema) -> bool:
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    multiple = schema.get("multipleOf")
    return (
        low <= number <= high
        and (above is None or isinstance(above, bool) or number > above)
        and (below is None or isinstance(below, bool) or number < below)
        and (not multiple or math.isclose(number / multiple, round(number / multiple)))
    )


def _default_number(schema: Schema) -> float:
    step = schema.get("multipleOf") or 1
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    offers = [schema.get("default"), step, 0, low, high]
    offers += [above + step if above is not None else None, below - step if below is not None else None]
    if low is not None:
        offers.append(math.ceil(low / step) * step)
    if low is not None and high is not None:
        offers.append((low + high) / 2)
    if above is not None and below is not None:
        offers.append((above + below) / 2)
    fitting = [offer for offer in offers if isinstance(offer, int | float) and _within(offer, schema)]
    whole = schema.get("type") == "integer"
    return next((int(o) if whole else o for o in fitting if not whole or float(o).is_integer()), 1)
