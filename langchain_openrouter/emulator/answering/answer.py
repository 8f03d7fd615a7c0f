"""Composes what the model says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from langchain_openrouter.emulator.answering.conversation import Turn, read_turn
from langchain_openrouter.emulator.answering.media import IMAGE_OUTPUT_TOKENS, citations, file_annotations, png, speech
from langchain_openrouter.emulator.answering.reasoning import Reasoning, details_of, effort_of, is_hidden, think
from langchain_openrouter.emulator.answering.texts import REFUSAL, is_disallowed, json_text, plain_text
from langchain_openrouter.emulator.answering.tools import Call, plan_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_openrouter.emulator.answering.tokens import Tokenizer
    from langchain_openrouter.emulator.market.registry import Model

_CITATIONS = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice.

    Attributes:
        index: Of the choice.
        pieces: The content, a token each; empty with `refusal` or where there is none.
        calls: Tool calls.
        reasoning: `None` where the model did not reason.
        hidden: Whether the reasoning is charged but not shown.
        refusal: Instead of content.
        images: As `message.images`.
        audio: As `message.audio`.
        annotations: As `message.annotations`.
        finish: OpenRouter's finish reason.
        completion_tokens: All output, reasoning, sound and images included.
        audio_tokens: Output that was sound.
        image_tokens: Output that was images.
        searches: Number of web searches done.
    """

    index: int
    pieces: tuple[str, ...]
    calls: tuple[Call, ...]
    reasoning: Reasoning | None
    hidden: bool
    refusal: str | None
    images: tuple[dict[str, Any], ...]
    audio: dict[str, Any] | None
    annotations: tuple[dict[str, Any], ...]
    finish: str
    completion_tokens: int
    audio_tokens: int
    image_tokens: int
    searches: int

    @property
    def content(self) -> str | None:
        """Give the text, `None` where the answer has none."""
        if self.refusal or (self.audio and not self.pieces):
            return None
        return "".join(self.pieces) or (None if self.calls else "")

    @property
    def reasoning_tokens(self) -> int:
        """Give the tokens of the reasoning."""
        return len(self.reasoning.pieces) if self.reasoning else 0


@dataclass(frozen=True, slots=True)
class _Draft:
    """An answer before it is cut."""

    index: int
    turn: Turn
    calls: list[Call]
    text: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes the answers to one request.

    Args:
        request: The checked chat request.
        model: That answers.
        tokenizer: Cuts text into tokens.
        seed: Of the emulator.
        key: Unique to this generation, for ids and signatures.
        created: Unix time in seconds.
    """

    request: Mapping[str, Any]
    model: Model
    tokenizer: Tokenizer
    seed: int
    key: str
    created: int

    def choices(self) -> list[Answer]:
        """Give as many answers as `n` asks for."""
        return [self._choice(index) for index in range(self.request.get("n") or 1)]

    def _choice(self, index: int) -> Answer:
        turn = read_turn(self.request["messages"])
        refused = self._refuses(turn)
        calls = [] if refused else plan_calls(self.request, turn, self._id_maker(index))
        text = REFUSAL if refused else self._text(turn, calls, index)
        return self._limited(_Draft(index, turn, calls, text, refused))

    def _limited(self, draft: _Draft) -> Answer:
        """Cut the answer where `stop` and `max_tokens` say, and put it together."""
        limit = _limit(self.request) or self.model.max_output
        reasoning = self._reasoning(draft.turn, draft.calls, draft.index, limit)
        room = limit - (len(reasoning.pieces) if reasoning else 0)
        whole = self.tokenizer(_stopped(draft.text, self.request.get("stop")))
        pieces = tuple(whole[:room])
        calls, call_tokens, calls_cut = self._limited_calls(draft.calls, room)
        cut = len(pieces) < len(whole) or calls_cut or room == 0
        wanted = () if draft.calls else self.request.get("modalities") or ()
        images = (_image(f"{self.seed}{draft.turn.text}{draft.index}"),) if "image" in wanted else ()
        spoken = "".join(pieces)
        sound = speech(spoken, len(pieces), self.key, self.created) if "audio" in wanted else None
        image_tokens = len(images) * IMAGE_OUTPUT_TOKENS
        searches = 0 if draft.calls else self._searches()
        return Answer(
            index=draft.index,
            pieces=() if draft.refused or sound else pieces,
            calls=tuple(calls),
            reasoning=reasoning,
            hidden=is_hidden(self.request),
            refusal=spoken if draft.refused else None,
            images=images,
            audio=sound,
            annotations=tuple(self._annotations(draft.turn, searches)),
            finish="length" if cut else "tool_calls" if calls else "stop",
            completion_tokens=limit - room + len(pieces) + call_tokens + image_tokens,
            audio_tokens=len(pieces) if sound else 0,
            image_tokens=image_tokens,
            searches=searches,
        )

    def _limited_calls(self, calls: list[Call], room: int) -> tuple[list[Call], int, bool]:
        """Cut the arguments of calls where the tokens end; give the tokens that they took."""
        kept: list[Call] = []
        used = 0
        for call in calls:
            used += len(self.tokenizer(call.name))
            if used >= room:
                return kept, min(used, room), True
            pieces = self.tokenizer(call.arguments)
            kept.append(replace(call, arguments="".join(pieces[: room - used])))
            used += len(pieces)
            if used > room:
                return kept, room, True
        return kept, used, False

    def _refuses(self, turn: Turn) -> bool:
        form = (self.request.get("response_format") or {}).get("type")
        return form == "json_schema" and is_disallowed(turn.text)

    def _text(self, turn: Turn, calls: list[Call], index: int) -> str:
        if calls:
            return ""
        form = (self.request.get("response_format") or {}).get("type")
        if form in {"json_schema", "json_object"}:
            return json_text(self.request, turn)
        return plain_text(turn, f"{self.seed}/{self.request.get('seed')}/{turn.text}/{index}")

    def _reasoning(self, turn: Turn, calls: list[Call], index: int, limit: int) -> Reasoning | None:
        effort = effort_of(self.request, self.model)
        if effort is None:
            return None
        most = (self.request.get("reasoning") or {}).get("max_tokens") or limit
        pieces = tuple(self.tokenizer(think(turn.text, effort))[: min(most, limit)])
        text = "".join(pieces)
        family = self.model.family
        first_call = calls[0].id if calls else None
        details = details_of(family, text, f"{self.key}/{index}", first_call)
        shown = None if family.reasoning_shape == "encrypted" else text
        return Reasoning(shown, tuple(details), pieces)

    def _searches(self) -> int:
        plugins = [p.get("id") for p in self.request.get("plugins") or () if p.get("enabled", True)]
        tools = [tool.get("type") for tool in self.request.get("tools") or ()]
        asked = "web" in plugins or any("web_search" in str(kind) for kind in tools)
        return int(asked or ":online" in self.request.get("model", ""))

    def _annotations(self, turn: Turn, searches: int) -> list[dict[str, Any]]:
        found = citations(turn.text, _CITATIONS) if searches else []
        return found + file_annotations(self.request["messages"])

    def _id_maker(self, index: int) -> _Ids:
        return _Ids(self.model.family.call_prefix, f"{self.key}/{index}")


class _Ids:
    """Gives ids of tool calls in the form of a family."""

    def __init__(self, prefix: str, key: str) -> None:
        self._prefix, self._key, self._count = prefix, key, 0

    def __call__(self, name: str) -> str:
        self._count += 1
        tail = hashlib.sha256(f"{self._key}/{self._count}".encode()).hexdigest()[:22]
        middle = f"{name}_" if self._prefix == "tool_" else ""
        return f"{self._prefix}{middle}{tail}"


def _limit(request: Mapping[str, Any]) -> int | None:
    return cast("int | None", request.get("max_completion_tokens") or request.get("max_tokens"))


def _stopped(text: str, stop: str | list[str] | None) -> str:
    """Cut a text before the first stop sequence."""
    stops = [stop] if isinstance(stop, str) else stop or []
    places = [place for place in (text.find(one) for one in stops if one) if place >= 0]
    return text[: min(places)] if places else text


def _image(seed: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": png(seed)}}
