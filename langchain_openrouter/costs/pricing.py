"""The price of an answer, from its usage and the catalog.

Checked against every recorded exchange with a usage and a cost: integration_tests/test_recorded_costs.py names each
difference and its cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog import Catalog, Endpoint, Model, Pricing, current
from langchain_openrouter.catalog.naming import PRESET
from langchain_openrouter.catalog.pricing import NO_PRICING
from langchain_openrouter.costs.charge import Charge, ChargePart
from langchain_openrouter.costs.usage import Usage

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from langchain_core.messages import AIMessage

    from langchain_openrouter.catalog import Rates
    from langchain_openrouter.costs.charge import PartKind

__all__ = ["price"]

_NO_USAGE = "The answer does not tell how many tokens it used."
_PER_REQUEST = "The price of {model} is decided per request, or nobody knows it."
_SERVER_TOOLS = "OpenRouter ran tools, which are billed apart and at prices that no catalog has."
_NO_RATE = "The catalog has no price for {kinds} of {model}."
_BYOK = "Your own key at the provider paid: `upstream` is on its bill, `total` is OpenRouter's."


def price(
    usage: Mapping[str, Any] | AIMessage | Usage,
    model: str | Model | Endpoint | Pricing | None = None,
    *,
    at: dt.datetime | None = None,
    images: int = 0,
    catalog: Catalog | None = None,
) -> Charge:
    """Say what an answer cost.

    Args:
        usage: ``usage`` of an answer in the form of the chat or the Responses API, LangChain's ``usage_metadata``, or
            a message of `ChatOpenRouter`.
        model: The model that answered: its id, or what has prices. Default: the one that the message names.
        at: When the request was made, for prices by the hour; a time without a zone is UTC. Default: now.
        images: Images of the prompt, for models with a price per image; usages do not count them.
        catalog: Where an id is looked up. Default: `langchain_openrouter.catalog.current()`.

    Returns:
        The charge. Its total is what OpenRouter billed where the usage says so, else what was computed; it is
        ``None``, and the reason is told, where a price or a count is not known.

    Raises:
        TypeError: ``usage`` is none.

    Example:
        >>> charge = price({"prompt_tokens": 1000, "completion_tokens": 100}, "openai/gpt-4o-mini")
        >>> charge.status, charge.total, [part.kind for part in charge.parts]
        ('computed', Decimal('0.00021000'), ['prompt', 'completion'])

    Source: ``PublicPricing`` and ``ChatUsage`` of OpenRouter's API description, and
    https://openrouter.ai/docs/guides/administration/usage-accounting
    """
    used = Usage.read(usage)
    name, pricing = _pricing_of(model if model is not None else _model_of(usage), catalog)
    parts: tuple[ChargePart, ...] = ()
    reason = None
    if used.prompt is None and used.completion is None:
        reason = _NO_USAGE
    elif pricing is None:
        reason = f"There is no model {name!r} in {(catalog or current()).described}." if name else "No model is named."
    else:
        parts = tuple(_parts(used, pricing.at(used.prompt or 0, at), images))
        reason = _why_unknown(parts, name)
    if used.cost is not None and used.is_byok:
        reason = _BYOK
    return Charge(parts, used.cost, used.upstream, used.is_byok, reason, name)


def _model_of(usage: object) -> str | None:
    metadata = getattr(usage, "response_metadata", {})
    return metadata.get("model_name") or metadata.get("model")


def _pricing_of(
    model: str | Model | Endpoint | Pricing | None, catalog: Catalog | None
) -> tuple[str | None, Pricing | None]:
    """Give the name of a model, for messages, and its prices."""
    if isinstance(model, str):
        if model.startswith(PRESET):
            return model, NO_PRICING
        found = (catalog or current()).get(model)
        return model, found.pricing if found else None
    if isinstance(model, Model):
        return model.id, model.pricing
    if isinstance(model, Endpoint):
        return model.model_id, model.pricing
    return None, model


def _parts(used: Usage, rates: Rates, images: int) -> Iterator[ChargePart]:
    """Give every line of the bill that is not empty; the lines of prompt and answer in any case."""
    prompt, completion = [*_prompt_parts(used, rates, images)], [*_completion_parts(used, rates)]
    fees = [*_fees(used, rates)]
    yield from (part for part in prompt + completion + fees if part.count or part.kind in {"prompt", "completion"})


def _prompt_parts(used: Usage, rates: Rates, images: int) -> Iterator[ChargePart]:
    base, total = rates.prompt, used.prompt or 0
    write = _or(rates.input_cache_write, base)
    cached_audio = min(used.audio, max(0, used.cached - (total - used.audio)))  # what cannot be text
    plain = total - used.audio - used.image - used.video - (used.cached - cached_audio)
    if not _is_storage(write, base):
        plain -= used.written + used.written_1h
    yield ChargePart("prompt", max(plain, 0), base)
    yield ChargePart("cache_read", used.cached - cached_audio, _or(rates.input_cache_read, base))
    yield ChargePart("cache_write", used.written, write)
    yield ChargePart("cache_write_1h", used.written_1h, _or(rates.input_cache_write_1h, write))
    audio = _or(rates.audio, base)
    yield ChargePart("audio", max(used.audio - cached_audio, 0), audio)
    yield ChargePart("audio_cache_read", cached_audio, _or(rates.input_audio_cache, audio))
    yield ChargePart("image", used.image, _or(rates.image_token, base))
    yield ChargePart("video", used.video, base)
    if images and rates.image is not None and not _is_per_token(rates.image, base):
        yield ChargePart("image", images, rates.image)


def _completion_parts(used: Usage, rates: Rates) -> Iterator[ChargePart]:
    base, total = rates.completion, used.completion or 0
    # Zero stands in older records where no price apart is meant.
    reasoning = used.reasoning if rates.internal_reasoning and rates.internal_reasoning != base else 0
    within = reasoning if reasoning <= total else 0  # some providers count reasoning beside the answer
    yield ChargePart("completion", max(total - within - used.audio_output - used.image_output, 0), base)
    yield ChargePart("reasoning", reasoning, rates.internal_reasoning)
    yield ChargePart("audio_output", used.audio_output, _or(rates.audio_output, base))
    yield ChargePart("image_output", used.image_output, _or(rates.image_output, base))


def _fees(used: Usage, rates: Rates) -> Iterator[ChargePart]:
    if used.server_tools:
        # The searches are among them, by an engine whose price the model's record does not tell.
        yield ChargePart("server_tools", used.server_tools, None)
    else:
        yield ChargePart("web_search", used.searches, rates.web_search)
    if rates.request:
        yield ChargePart("request", 1, rates.request)


def _is_storage(write: Decimal | None, base: Decimal | None) -> bool:
    """Say whether the price of writing is that of storage, on top of the prompt's, as with Google's models.

    A recorded answer of Gemini counts the same tokens as written and as read, and is billed for both.
    Source: https://openrouter.ai/docs/guides/best-practices/prompt-caching
    """
    return write is not None and base is not None and write < base


def _is_per_token(image: Decimal, base: Decimal | None) -> bool:
    """Say whether a price per image is one per image token, as with Google's models: no image is that small."""
    return base is not None and image <= 10 * base


def _or(rate: Decimal | None, base: Decimal | None) -> Decimal | None:
    """Give a rate, or the ordinary one where none is set apart."""
    return base if rate is None else rate


def _why_unknown(parts: tuple[ChargePart, ...], name: str | None) -> str | None:
    kinds: list[PartKind] = [part.kind for part in parts if part.rate is None]
    if not kinds:
        return None
    if "server_tools" in kinds:
        return _SERVER_TOOLS
    model = repr(name) if name else "this pricing"
    if {"prompt", "completion"} <= set(kinds):
        return _PER_REQUEST.format(model=model)
    return _NO_RATE.format(kinds=" and ".join(kinds), model=model)
