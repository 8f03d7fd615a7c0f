"""What OpenRouter tells of a model, as values that do not change.

Source: ``Model`` of OpenRouter's API description and https://openrouter.ai/docs/guides/overview/models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog.pricing import NO_PRICING, Pricing
from langchain_openrouter.catalog.reading import (
    flag,
    items,
    mapping,
    number,
    text,
    texts,
    utc_day,
    utc_time,
    whole,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = ["ArenaScore", "Benchmarks", "Model", "ReasoningOptions"]

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ArenaScore:
    """A rank in one category of Design Arena.

    Args:
        arena: Kind of arena: ``"models"``, ``"agents"``, ….
        category: What was judged: ``"website"``, ``"gamedev"``, ….
        elo: Rating from battles of two.
        rank: Place among the models on OpenRouter; 1 is the best.
        win_rate: Battles won, in per cent.
    """

    arena: str
    category: str
    elo: float | None = None
    rank: int | None = None
    win_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Scores by third parties; higher is better, ``None`` where a model was not measured.

    Args:
        intelligence: Intelligence Index of Artificial Analysis.
        coding: Coding Index of Artificial Analysis.
        agentic: Agentic Index of Artificial Analysis.
        design_arena: Ranks in Design Arena.
    """

    intelligence: float | None = None
    coding: float | None = None
    agentic: float | None = None
    design_arena: tuple[ArenaScore, ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Benchmarks:
        """Read ``benchmarks`` of a model."""
        indices = mapping(record.get("artificial_analysis"))
        arenas = (mapping(entry) for entry in items(record.get("design_arena")))
        return cls(
            intelligence=number(indices.get("intelligence_index")),
            coding=number(indices.get("coding_index")),
            agentic=number(indices.get("agentic_index")),
            design_arena=tuple(
                ArenaScore(
                    arena=text(entry.get("arena")) or "",
                    category=text(entry.get("category")) or "",
                    elo=number(entry.get("elo")),
                    rank=whole(entry.get("rank")),
                    win_rate=number(entry.get("win_rate")),
                )
                for entry in arenas
            ),
        )


NO_BENCHMARKS = Benchmarks()


@dataclass(frozen=True, slots=True)
class ReasoningOptions:
    """How a model can be told to think. Models that cannot have none of this.

    Args:
        mandatory: Whether reasoning cannot be turned off.
        enabled_by_default: Whether the model thinks when the request says nothing; ``None`` where that is not told.
        efforts: The values of ``reasoning.effort`` that are accepted, highest first; empty when none are listed, and
            then all are taken.
        default_effort: The effort when reasoning is on and none is given; ``None`` where that is not told.
        takes_max_tokens: Whether ``reasoning.max_tokens`` is accepted.
    """

    mandatory: bool = False
    enabled_by_default: bool | None = None
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    takes_max_tokens: bool = False

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ReasoningOptions:
        """Read ``reasoning`` of a model."""
        return cls(
            mandatory=record.get("mandatory") is True,
            enabled_by_default=flag(record.get("default_enabled")),
            efforts=tuple(each for each in items(record.get("supported_efforts")) if isinstance(each, str)),
            default_effort=text(record.get("default_effort")),
            takes_max_tokens=record.get("supports_max_tokens") is True,
        )


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalog. Everything but the id may be unknown, and is ``None`` or empty then.

    Args:
        id: What requests name it by: ``author/name``, ``author/name:variant`` or ``~author/name-latest``.
        canonical_slug: The id of this very version, mostly with its date; a model and its variants share it.
        name: Display name.
        created: When it came to OpenRouter (UTC).
        context_length: Longest prompt and answer together, in tokens, at the endpoint that takes most.
        max_completion_tokens: Longest answer in tokens, at the default endpoint.
        endpoint_context_length: Longest prompt and answer together, in tokens, at the default endpoint.
        is_moderated: Whether the default endpoint moderates prompts.
        input_modalities: Of ``text``, ``image``, ``file``, ``audio``, ``video``.
        output_modalities: Of ``text``, ``image``, ``audio``, …
        tokenizer: Family of the tokenizer, such as ``"GPT"``.
        instruct_type: Form of the instruction template.
        supported_parameters: Request parameters that at least one endpoint supports; empty for routers, which take on
            those of the model that they choose.
        default_parameters: Values that OpenRouter sends when the request has none.
        pricing: Prices in dollars.
        reasoning: How it can be told to think; ``None`` for models that do not.
        benchmarks: Scores by third parties.
        knowledge_cutoff: Last day of the training data.
        expiration_date: Day after which it may be removed; it may be postponed.
        hugging_face_id: Where the weights are; empty when there are none, ``None`` when nobody noted any.
        alias_target: Id of the model that this one stands for at the moment, for ``~author/name-latest``.
        supported_voices: Voices of a model that speaks.
        per_request_limits: Limits in tokens by name, where there are any.

    Example:
        >>> model = Model.from_record({"id": "a/b:free", "context_length": 8192})
        >>> model.author, model.variant, model.context_length, model.pricing.prompt
        ('a', 'free', 8192, None)
    """

    id: str
    canonical_slug: str | None = None
    name: str | None = None
    created: dt.datetime | None = None
    context_length: int | None = None
    max_completion_tokens: int | None = None
    endpoint_context_length: int | None = None
    is_moderated: bool | None = None
    input_modalities: frozenset[str] = _NONE
    output_modalities: frozenset[str] = _NONE
    tokenizer: str | None = None
    instruct_type: str | None = None
    supported_parameters: frozenset[str] = _NONE
    default_parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    pricing: Pricing = NO_PRICING
    reasoning: ReasoningOptions | None = None
    benchmarks: Benchmarks = NO_BENCHMARKS
    knowledge_cutoff: dt.date | None = None
    expiration_date: dt.date | None = None
    hugging_face_id: str | None = None
    alias_target: str | None = None
    supported_voices: tuple[str, ...] = ()
    per_request_limits: Mapping[str, float] = field(default_factory=dict, hash=False)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Model:
        """Read one element of ``data`` in an answer of ``GET /models``.

        Args:
            record: The element. Only its ``id`` is needed; what is new in it is ignored.

        Raises:
            ValueError: It has no id.
        """
        if not isinstance(record.get("id"), str) or not record["id"]:
            msg = f"A model record needs an `id` that is a text; this one has {record.get('id')!r}."
            raise ValueError(msg)
        architecture, endpoint = mapping(record.get("architecture")), mapping(record.get("top_provider"))
        reasoning, benchmarks = mapping(record.get("reasoning")), mapping(record.get("benchmarks"))
        written_in, written_out = _modalities(architecture.get("modality"))
        return cls(
            id=record["id"],
            canonical_slug=text(record.get("canonical_slug")),
            name=text(record.get("name")),
            created=utc_time(record.get("created")),
            context_length=whole(record.get("context_length")) or whole(endpoint.get("context_length")),
            max_completion_tokens=whole(endpoint.get("max_completion_tokens")),
            endpoint_context_length=whole(endpoint.get("context_length")),
            is_moderated=flag(endpoint.get("is_moderated")),
            input_modalities=texts(architecture.get("input_modalities")) or written_in,
            output_modalities=texts(architecture.get("output_modalities")) or written_out,
            tokenizer=text(architecture.get("tokenizer")),
            instruct_type=text(architecture.get("instruct_type")),
            supported_parameters=texts(record.get("supported_parameters")),
            default_parameters=_numbers(record.get("default_parameters")),
            pricing=Pricing.from_record(mapping(record.get("pricing"))),
            reasoning=ReasoningOptions.from_record(reasoning) if reasoning else None,
            benchmarks=Benchmarks.from_record(benchmarks) if benchmarks else NO_BENCHMARKS,
            knowledge_cutoff=utc_day(record.get("knowledge_cutoff")),
            expiration_date=utc_day(record.get("expiration_date")),
            hugging_face_id=text(record.get("hugging_face_id")),
            alias_target=text(mapping(record.get("alias_target")).get("slug")),
            supported_voices=tuple(each for each in items(record.get("supported_voices")) if isinstance(each, str)),
            per_request_limits=_numbers(record.get("per_request_limits")),
        )

    @property
    def author(self) -> str:
        """Who made the model: the part of the id before the slash."""
        return self.id.removeprefix("~").partition("/")[0]

    @property
    def variant(self) -> str | None:
        """The part of the id behind the colon, such as ``free``; ``None`` for the model itself."""
        return self.id.partition(":")[2] or None

    @property
    def is_alias(self) -> bool:
        """Whether the model stands for another, whichever is the latest."""
        return self.alias_target is not None or self.id.startswith("~")

    @property
    def is_router(self) -> bool:
        """Whether OpenRouter chooses another model for each request, so that price and abilities are open."""
        return self.tokenizer == "Router" and not self.is_alias

    @property
    def open_weights(self) -> bool | None:
        """Whether the weights are published; ``None`` where it is not known."""
        return None if self.hugging_face_id is None else bool(self.hugging_face_id)

    def has_expired(self, day: dt.date) -> bool:
        """Say whether the model may have been removed on a day; on its expiration date it is still there.

        Args:
            day: A day (UTC).
        """
        return self.expiration_date is not None and self.expiration_date < day

    def supports(self, *parameters: str) -> bool:
        """Say whether at least one endpoint supports each of these parameters.

        Args:
            *parameters: Names as in a request: ``"tools"``, ``"temperature"``, ….

        Example:
            >>> Model("a/b", supported_parameters=frozenset({"tools"})).supports("tools", "seed")
            False
        """
        return self.supported_parameters.issuperset(parameters)


def _modalities(written: object) -> tuple[frozenset[str], frozenset[str]]:
    """Read modalities as older records write them, such as ``text+image->text``."""
    into, arrow, out = (text(written) or "").partition("->")
    return (frozenset(into.split("+")), frozenset(out.split("+"))) if arrow else (_NONE, _NONE)


def _numbers(value: object) -> Mapping[str, float]:
    found = {name: number(each) for name, each in mapping(value).items()}
    return {name: each for name, each in found.items() if each is not None}
