"""What an earlier model thought goes back to its own family as it came, and to no other that would reject it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, convert_to_messages
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.histories import family_of, without_foreign_reasoning
from langchain_openrouter.routing.models import model_name
from tests.helpers.fake import Server
from tests.helpers.traffic import Exchange, good_exchanges
from tests.routing.test_candidate import OfAnother
from tests.wire.test_assistant import sent

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.messages import BaseMessage

THOUGHTFUL = [each for each in good_exchanges() if each.said.details]
recorded = pytest.mark.parametrize("exchange", THOUGHTFUL, ids=str)
versions = pytest.mark.parametrize("version", ["v0", "v1"])

SIGNED = {"type": "reasoning.text", "text": "a", "signature": "s", "format": "anthropic-claude-v1", "index": 0}
HIDDEN = {"type": "reasoning.encrypted", "data": "e", "id": "rs_1", "format": "openai-responses-v1", "index": 1}


def message_of(exchange: Exchange, version: str) -> AIMessage:
    """Read a recorded answer, streamed or not."""
    model = Server(exchange.answer).model(output_version=version)
    if not exchange.stream:
        return model.invoke("Hello")
    first, *others = model.stream("Hello")
    return add_ai_message_chunks(first, *others)


def to(message: BaseMessage, model: str) -> AIMessage:
    """Prepare a message for a model."""
    [cleaned] = without_foreign_reasoning([message], model)
    assert isinstance(cleaned, AIMessage)
    return cleaned


@pytest.mark.usefixtures("shared")
def test_there_are_recordings() -> None:
    """Recordings of five families are at hand."""
    assert {family_of(each.said.model or "") for each in THOUGHTFUL} >= {
        "anthropic",
        "deepseek",
        "google",
        "openai",
        "x-ai",
    }


@recorded
@versions
def test_its_own_family(exchange: Exchange, version: str) -> None:
    """To a model of its own family a recorded answer goes back untouched, to the last byte."""
    message = message_of(exchange, version)
    before = copy.deepcopy(message)
    for model in (exchange.said.model or "", f"{family_of(exchange.said.model or '')}/another-model:free"):
        cleaned = to(message, model)

        assert cleaned is message
        assert json.dumps(sent(cleaned)["reasoning_details"]) == json.dumps(exchange.said.details)
    assert message == before


OTHERS = ["anthropic/claude-opus-5", "openai/gpt-5-mini", "google/gemini-3.7-flash", "mistralai/large"]
FOREIGN = [
    (each, model) for each in THOUGHTFUL for model in OTHERS if family_of(each.said.model or "") != family_of(model)
]


@versions
@pytest.mark.parametrize(("exchange", "model"), FOREIGN, ids=str)
def test_other_families(exchange: Exchange, version: str, model: str) -> None:
    """To a model of another family its details do not go; text, calls and all else do, and the message stays whole."""
    message = message_of(exchange, version)
    before = copy.deepcopy(message)
    cleaned = to(message, model)
    wire, whole = sent(cleaned), sent(message)

    assert "reasoning_details" not in wire
    thoughts = {"reasoning", "reasoning_details"}
    assert wire == {key: value for key, value in whole.items() if key not in thoughts} | {
        key: wire[key] for key in thoughts & wire.keys()
    }
    assert (cleaned.text, cleaned.tool_calls, cleaned.id) == (message.text, message.tool_calls, message.id)
    assert cleaned.response_metadata == message.response_metadata
    assert message == before


def test_recorded_conversations(shared: Path) -> None:
    """Conversations that were sent with details, read as messages, keep them to their own family alone.

    Some of these details tell no format; as in a router's own answers, the message tells who wrote it.
    """
    rows = [json.loads(line) for line in (shared / "traffic.jsonl").read_text().splitlines()]
    requests = [row["request"] for row in rows if "reasoning_details" in json.dumps(row["request"])]
    asked = [each for each in requests if isinstance(each, dict) and isinstance(each.get("messages"), list)]
    assert asked
    for request in asked:
        raw = [{"content": "", **each} for each in request["messages"]]
        read = zip(convert_to_messages(raw), raw, strict=True)
        messages = [_with_details(message, each, request["model"]) for message, each in read]
        own = without_foreign_reasoning(messages, request["model"])
        other = without_foreign_reasoning(messages, "acme/another")

        assert all(one is another for one, another in zip(own, messages, strict=True))
        assert len(other) == len(messages)
        assert not any("reasoning_details" in message.additional_kwargs for message in other)


def _with_details(message: BaseMessage, raw: dict[str, Any], author: str) -> BaseMessage:
    if "reasoning_details" in raw:
        message.additional_kwargs["reasoning_details"] = raw["reasoning_details"]
        message.response_metadata["model_name"] = author
    return message


def answered(details: list[Any], author: str | None = None, **fields: Any) -> AIMessage:
    """Make an answer with details, of a model, if one is named."""
    metadata = {} if author is None else {"model_name": author}
    given = {"content": "Hello", "additional_kwargs": {"reasoning_details": details}, "response_metadata": metadata}
    return AIMessage(**{**given, **fields})


class TestDetails:
    def test_only_the_foreign_ones(self) -> None:
        """Of details of several families each model gets its own, in their order, each as it was."""
        message = answered([SIGNED, HIDDEN, SIGNED])

        assert to(message, "anthropic/a").additional_kwargs == {"reasoning_details": [SIGNED, SIGNED]}
        assert to(message, "openai/a").additional_kwargs == {"reasoning_details": [HIDDEN]}
        assert to(message, "google/a").additional_kwargs == {}
        assert all(each is SIGNED for each in to(message, "anthropic/a").additional_kwargs["reasoning_details"])

    def test_other_keyword_arguments(self) -> None:
        """What else a message holds stays: a refusal, a thought in plain words, annotations."""
        extras = {"refusal": "no", "reasoning_content": "Hm.", "annotations": [{}]}
        message = AIMessage("", additional_kwargs={**extras, "reasoning_details": [SIGNED]})

        assert to(message, "openai/a").additional_kwargs == extras

    @pytest.mark.parametrize("form", ["unknown", None, "", "new-format", "new-format-v2"])
    @pytest.mark.parametrize(
        ("author", "goes"),
        [("deepseek/r1", True), ("~deepseek/latest", True), ("z-ai/glm", False), (None, True), ("gpt-4o", True)],
    )
    def test_formats_that_tell_nothing(self, form: str | None, author: str | None, goes: bool) -> None:
        """Where the format tells no family, the author of the message does; where nobody is known, details stay."""
        message = answered([{"type": "reasoning.text", "text": "a", "format": form}], author)

        assert (to(message, "deepseek/other") is message) == goes

    def test_every_known_format(self, shared: Path) -> None:
        """Every format of OpenRouter's API description tells its family, also of a message whose author is unknown."""
        schema = yaml.safe_load((shared / "openapi.yaml").read_text())["components"]["schemas"]["ReasoningFormat"]
        families = {
            "anthropic": "anthropic",
            "google": "google",
            "meta": "meta-llama",
            "xai": "x-ai",
            "openai": "openai",
        }
        for form in schema["enum"]:
            if form in {None, "unknown"}:
                continue
            family = next(author for part, author in families.items() if part in form.split("-"))
            message = answered([{"type": "reasoning.encrypted", "data": "e", "format": form}])
            assert to(message, "acme/other").additional_kwargs == {}, form
            assert to(message, f"{family}/model") is message, form

    @pytest.mark.parametrize("details", ["text", {"type": "reasoning.text"}, None, 5, ["text", 5, None]], ids=repr)
    def test_garbage(self, details: Any) -> None:
        """What is no list of details does not break a call."""
        without_foreign_reasoning(
            [answered([]), AIMessage("", additional_kwargs={"reasoning_details": details})], "a/b"
        )


class TestBlocks:
    TEXT = {"type": "text", "text": "Hello"}  # noqa: RUF012  # read only
    THOUGHT = {"type": "reasoning", "reasoning": "Hm.", "extras": {"reasoning_details": [SIGNED]}}  # noqa: RUF012

    def test_v1(self) -> None:
        """A block with signed reasoning stays with its own family, and is left out for others."""
        message = AIMessage([self.THOUGHT, self.TEXT])

        assert to(message, "anthropic/a") is message
        assert to(message, "openai/a").content == [self.TEXT]
        assert message.content == [self.THOUGHT, self.TEXT]

    def test_plain_thoughts(self) -> None:
        """A thought that nobody signed is words like others, which every model takes."""
        message = AIMessage([{"type": "reasoning", "reasoning": "Hm."}, self.TEXT])

        assert to(message, "openai/a") is to(message, "anthropic/a") is message

    @pytest.mark.parametrize(
        "block",
        [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "redacted_thinking", "data": "e"},
            {"type": "reasoning", "reasoning": "Hm.", "extras": {"signature": "s"}},
        ],
    )
    def test_of_anthropics_own_package(self, block: dict[str, Any]) -> None:
        """What `ChatAnthropic` writes goes back to Anthropic's models and to no others."""
        message = AIMessage([block, self.TEXT])

        assert to(message, "anthropic/claude-opus-5") is message
        assert to(message, "openai/gpt-5").content == [self.TEXT]

    @pytest.mark.parametrize(
        "block", [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "redacted_thinking", "data": "e"}]
    )
    def test_back_to_a_model_elsewhere(self, block: dict[str, Any]) -> None:
        """A model of Anthropic's own package gets back what it wrote itself: its API demands it beside tool calls."""
        elsewhere = Candidate(OfAnother(model="claude-haiku-4-5"))
        message = AIMessage([block, self.TEXT], response_metadata={"model_name": "claude-haiku-4-5-20251001"})

        assert to(message, model_name(elsewhere.model)) is message

    def test_an_answer_that_was_only_thought(self) -> None:
        """A message of nothing but foreign reasoning is still a message."""
        assert to(AIMessage([self.THOUGHT]), "openai/a").content == []


def test_other_messages() -> None:
    """Only answers are looked at; all others are the very same, and so is the order."""
    messages = [
        SystemMessage("a"),
        HumanMessage([{"type": "reasoning", "reasoning": "b"}]),
        ToolMessage("c", tool_call_id="1"),
    ]
    cleaned = without_foreign_reasoning([*messages, answered([SIGNED])], "openai/a")

    assert all(one is another for one, another in zip(cleaned, messages, strict=False))
    assert cleaned[3].additional_kwargs == {}


@pytest.mark.parametrize(
    ("model", "family"),
    [("openai/gpt-5", "openai"), ("~anthropic/claude-latest", "anthropic"), ("gpt-4o", "gpt-4o"), ("a/b:free", "a")],
)
def test_families(model: str, family: str) -> None:
    """A family is the author of a model, also of an alias and a variant."""
    assert family_of(model) == family
