"""What a request needs of a model, read from its messages and arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.reading import mapping, texts
from langchain_openrouter.catalog.validation import wanted_parameters
from langchain_openrouter.chat.tools import read_wire_tools
from langchain_openrouter.costs.prompt import IMAGES, TokenRange, count_messages
from langchain_openrouter.wire.request import wire_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["Needs", "count_images", "read_needs"]

_MODALITY_OF = {
    "audio": "audio", "image": "image", "image_url": "image", "input_audio": "audio", "input_image": "image",
    "input_video": "video", "video": "video", "video_url": "video",
}  # fmt: skip
"""Blocks of a message, with the modality that they need. Files are missing: OpenRouter turns them into text."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a request needs.

    Args:
        prompt: Tokens of the prompt, about.
        max_tokens: The longest answer that the request allows, in tokens; `None` where it sets no limit.
        parameters: By parameter: names of which a model has to support one.
        inputs: Modalities of the prompt beside text.
        outputs: Modalities of the answer that are asked for.
        choices: How many answers are asked for.
    """

    prompt: TokenRange
    max_tokens: int | None
    parameters: Mapping[str, frozenset[str]]
    inputs: frozenset[str]
    outputs: frozenset[str]
    choices: int = 1

    def record(self) -> dict[str, Any]:
        """Give them as JSON."""
        return {
            "prompt_tokens": [self.prompt.low, self.prompt.expected, self.prompt.high],
            "max_tokens": self.max_tokens,
            "parameters": {name: sorted(names) for name, names in self.parameters.items()},
            "inputs": sorted(self.inputs),
            "outputs": sorted(self.outputs),
            "choices": self.choices,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Needs:
        """Read what `record` gives."""
        return cls(
            TokenRange(*record["prompt_tokens"]),
            record["max_tokens"],
            {name: frozenset(names) for name, names in record["parameters"].items()},
            frozenset(record["inputs"]),
            frozenset(record["outputs"]),
            record["choices"],
        )


def read_needs(messages: Sequence[BaseMessage], arguments: Mapping[str, Any]) -> Needs:
    """Read what a request needs.

    Args:
        messages: The prompt.
        arguments: Arguments of the call, bound ones too, under their names in LangChain or on the wire.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> needs = read_needs([HumanMessage("Hello")], {"seed": 7, "max_tokens": 100})
        >>> sorted(needs.parameters), needs.max_tokens
        (['max_tokens', 'seed'], 100)
    """
    body = wire_names({**mapping(arguments.get("model_kwargs")), **arguments, **mapping(arguments.get("extra_body"))})
    tools = read_wire_tools(body["tools"]) if body.get("tools") else []
    body["tools"] = tools
    wanted = wanted_parameters(body)
    limit = body.get("max_completion_tokens") or body.get("max_tokens")  # OpenRouter prefers the newer name
    choices = body.get("n")
    schemas = [form] if isinstance(form := body.get("response_format"), dict) else []
    return Needs(
        prompt=count_messages(messages, [*tools, *schemas]),
        max_tokens=limit if isinstance(limit, int) else None,
        parameters={name: names for name, (_, names) in wanted.items()},
        inputs=frozenset(_modalities(messages)),
        outputs=frozenset(texts(body.get("modalities")) - {"text"}),
        choices=choices if isinstance(choices, int) and choices > 0 else 1,
    )


def _modalities(messages: Sequence[BaseMessage]) -> Iterator[str]:
    for message in messages:
        if isinstance(message.content, list):
            for block in message.content:
                kind = block.get("type") if isinstance(block, dict) else None
                if kind in _MODALITY_OF:
                    yield _MODALITY_OF[kind]


def count_images(messages: Sequence[BaseMessage]) -> int:
    """Count the images of a prompt, which may cost something beside their tokens."""
    lists = (message.content for message in messages if isinstance(message.content, list))
    return sum(isinstance(block, dict) and block.get("type") in IMAGES for blocks in lists for block in blocks)
