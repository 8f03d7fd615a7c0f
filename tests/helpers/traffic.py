"""Recorded exchanges, and what each of them says, read by other means than the package's."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.helpers.fake import Answer

_FOLDER = Path(os.environ.get("OPENROUTER_SHARED", Path(__file__).parents[3] / "shared" / "openrouter"))


@dataclass
class Exchange:
    """One recorded request to /chat/completions and its answer."""

    number: int
    kinds: list[str]
    stream: bool
    status: int
    headers: dict[str, str]
    text: str

    def __str__(self) -> str:
        return f"{self.number}-{'sse' if self.stream else 'json'}"

    @property
    def answer(self) -> Answer:
        """The answer as it came."""
        return Answer(self.text.encode(), self.status, self.headers)

    @property
    def said(self) -> Said:
        """What the answer says."""
        return _of_stream(self.events) if self.stream else _of_body(json.loads(self.text))

    @property
    def events(self) -> list[dict[str, Any]]:
        """The parsed events of a stream."""
        lines = [line.removeprefix("data:").strip() for line in self.text.splitlines() if line.startswith("data:")]
        return [json.loads(line) for line in lines if line != "[DONE]"]


@dataclass
class Said:
    """The facts of an answer."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[Any] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    provider: str | None = None
    model: str | None = None
    id: str | None = None
    created: int | None = None

    @property
    def valid_calls(self) -> list[tuple[str, Any, str]]:
        """Name, arguments and id of each tool call whose arguments are a JSON object."""
        return [(call["name"], json.loads(call["args"] or "{}"), call["id"]) for call in self.calls if _readable(call)]

    @property
    def broken_calls(self) -> list[tuple[str, str]]:
        """Name and id of the other tool calls."""
        return [(call["name"], call["id"]) for call in self.calls if not _readable(call)]


def _readable(call: dict[str, Any]) -> bool:
    try:
        return isinstance(json.loads(call["args"] or "{}"), dict)
    except ValueError:
        return False


@functools.cache
def chat_exchanges() -> list[Exchange]:
    """Read the recorded chat exchanges; none where the recordings are not at hand."""
    file = _FOLDER / "traffic.jsonl"
    if not file.is_file():
        return []
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        Exchange(number, row["kinds"], row["stream"], row["status"], row["headers"], row["body"])
        for number, row in enumerate(rows)
        if row["path"].endswith("/chat/completions") and not row["body"].startswith("(elided")
    ]


def good_exchanges() -> list[Exchange]:
    """Leave out those that are failures."""
    return [each for each in chat_exchanges() if each.status == 200 and "midstream_error" not in each.kinds]


def _identity(said: Said, body: dict[str, Any]) -> None:
    said.id = said.id or body.get("id")
    said.model = said.model or body.get("model")
    said.provider = said.provider or body.get("provider")
    said.created = said.created or body.get("created")
    said.usage = body.get("usage") or said.usage


def _of_body(body: dict[str, Any]) -> Said:
    choice = body["choices"][0]
    message = choice["message"]
    said = Said(
        text=message.get("content") or "",
        reasoning=message.get("reasoning") or "",
        refusal=message.get("refusal") or "",
        details=message.get("reasoning_details") or [],
        annotations=message.get("annotations") or [],
        logprobs=(choice.get("logprobs") or {}).get("content") or [],
        finish_reason=choice["finish_reason"],
        native_finish_reason=choice.get("native_finish_reason"),
    )
    _identity(said, body)
    for call in message.get("tool_calls") or []:
        function = call["function"]
        said.calls.append({"name": function["name"], "args": function.get("arguments"), "id": call["id"]})
    return said


def _of_stream(events: list[dict[str, Any]]) -> Said:
    said = Said()
    calls: dict[int, dict[str, Any]] = {}
    for event in events:
        _identity(said, event)
        for choice in event["choices"]:
            said.finish_reason = said.finish_reason or choice.get("finish_reason")
            said.native_finish_reason = said.native_finish_reason or choice.get("native_finish_reason")
            said.logprobs += (choice.get("logprobs") or {}).get("content") or []
            _add_delta(said, calls, choice["delta"])
    said.calls = [calls[index] for index in sorted(calls)]
    return said


def _add_delta(said: Said, calls: dict[int, dict[str, Any]], delta: dict[str, Any]) -> None:
    said.text += delta.get("content") or ""
    said.reasoning += delta.get("reasoning") or ""
    said.refusal += delta.get("refusal") or ""
    said.annotations += delta.get("annotations") or []
    for fragment in delta.get("reasoning_details") or []:
        _add_detail(said.details, fragment)
    for raw in delta.get("tool_calls") or []:
        call = calls.setdefault(raw["index"], {"name": None, "args": "", "id": None})
        call["name"] = call["name"] or raw["function"].get("name")
        call["id"] = call["id"] or raw.get("id")
        call["args"] += raw["function"].get("arguments") or ""


def _add_detail(details: list[dict[str, Any]], fragment: dict[str, Any]) -> None:
    """Merge a fragment where type, index and id agree; encrypted parts come whole."""
    for detail in details:
        same = all(detail.get(key) == fragment.get(key) for key in ("type", "index"))
        ids = {detail.get("id"), fragment.get("id")} - {None}
        if same and len(ids) <= 1 and "data" not in fragment:
            for key, value in fragment.items():
                if key in {"text", "summary", "signature"}:
                    detail[key] = (detail.get(key) or "") + (value or "") or None
                elif value is not None:
                    detail[key] = value
            return
    details.append(dict(fragment))
