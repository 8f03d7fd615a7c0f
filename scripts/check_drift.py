"""Say where an answer of OpenRouter's ``GET /models`` is not as the catalog expects it.

    curl -s https://openrouter.ai/api/v1/models > models.json
    python scripts/check_drift.py models.json

At run time the catalog reads tolerantly: it passes over what is new and takes for unknown what it cannot read. This
check is the other half: it is strict, and names every new key, new value and wrong type, so that a maintainer can teach
them to ``langchain_openrouter/catalog``. Run it before ``scripts/build_snapshot.py``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from langchain_openrouter.catalog.query import INPUT_MODALITIES, OUTPUT_MODALITIES

Price = Annotated[str, Field(pattern=r"^(-1|\d+(\.\d+)?(e-?\d+)?)$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Count = Annotated[int, Field(ge=0)]
Clock = Annotated[float, Field(ge=0, le=2400)]
Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]


class Strict(BaseModel):
    """An object whose every key is known."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Prices(Strict):
    """The price keys of ``PublicPricing``."""

    prompt: Price | None = None
    completion: Price | None = None
    request: Price | None = None
    image: Price | None = None
    image_token: Price | None = None
    image_output: Price | None = None
    audio: Price | None = None
    audio_output: Price | None = None
    input_audio_cache: Price | None = None
    input_cache_read: Price | None = None
    input_cache_write: Price | None = None
    input_cache_write_1h: Price | None = None
    internal_reasoning: Price | None = None
    web_search: Price | None = None


class Override(Prices):
    """``PricingOverride``."""

    min_prompt_tokens: float | None = None
    utc_start: Clock | None = None
    utc_end: Clock | None = None


class Pricing(Prices):
    """``PublicPricing``."""

    prompt: Price
    completion: Price
    discount: Annotated[float, Field(ge=0, le=1)] | None = None
    overrides: list[Override] | None = None


class Architecture(Strict):
    """``ModelArchitecture``."""

    modality: str | None
    input_modalities: list[str]
    output_modalities: list[str]
    tokenizer: str | None = None
    instruct_type: str | None = None


class TopProvider(Strict):
    """``TopProviderInfo``."""

    context_length: Count | None = None
    max_completion_tokens: Count | None = None
    is_moderated: bool


class Reasoning(Strict):
    """``ModelReasoning``."""

    mandatory: bool
    default_effort: Effort | None = None
    default_enabled: bool | None = None
    supported_efforts: list[Effort | None] | None = None
    supports_max_tokens: bool | None = None


class Indices(Strict):
    """``AABenchmarkEntry``."""

    intelligence_index: float | None
    coding_index: float | None
    agentic_index: float | None


class Arena(Strict):
    """``DABenchmarkEntry``."""

    arena: str
    category: str
    elo: float
    rank: int
    win_rate: float


class Benchmarks(Strict):
    """``ModelBenchmarks``."""

    design_arena: list[Arena]
    artificial_analysis: Indices | None = None


class AliasTarget(Strict):
    """``ModelAliasTarget``."""

    slug: str
    name: str


class Record(Strict):
    """``Model`` of OpenRouter's API description."""

    id: Annotated[str, Field(pattern=r"^~?[^/\s]+/[^/\s]+$")]
    canonical_slug: str
    name: str
    created: Count
    description: str | None = None
    context_length: Count | None
    architecture: Architecture
    pricing: Pricing
    top_provider: TopProvider
    per_request_limits: dict[str, float] | None
    supported_parameters: list[str]
    default_parameters: dict[str, float | None] | None
    supported_voices: list[str] | None
    knowledge_cutoff: Day | None = None
    expiration_date: Day | None = None
    hugging_face_id: str | None = None
    links: dict[str, str] | None = None
    reasoning: Reasoning | None = None
    benchmarks: Benchmarks | None = None
    alias_target: AliasTarget | None = None


def main() -> int:
    """Check the file that the command line names, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models_json", type=Path, help="a GET /models answer")
    records = json.loads(parser.parse_args().models_json.read_bytes())["data"]
    findings = Counter(finding for record in records for finding in drift(record))
    for (where, what), count in sorted(findings.items()):
        print(f"{where}: {what} ({count} of {len(records)} models)")
    if not findings:
        print(f"{len(records)} models, all as the catalog expects them")
    return 1 if findings else 0


def drift(record: dict[str, object]) -> list[tuple[str, str]]:
    """Give where a record is not as expected, and what is wrong there."""
    try:
        known = Record.model_validate(record)
    except ValidationError as error:
        return [(_path(each["loc"]), each["msg"]) for each in error.errors()]
    architecture = known.architecture
    return [
        *(("architecture.input_modalities", f"{each!r} is new") for each in architecture.input_modalities
          if each not in INPUT_MODALITIES),
        *(("architecture.output_modalities", f"{each!r} is new") for each in architecture.output_modalities
          if each not in OUTPUT_MODALITIES),
    ]  # fmt: skip


def _path(location: tuple[int | str, ...]) -> str:
    """Write a place without the numbers of list items, so that equal findings are counted together."""
    return ".".join("[]" if isinstance(part, int) else part for part in location)


if __name__ == "__main__":
    raise SystemExit(main())
