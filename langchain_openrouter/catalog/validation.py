"""What a request asks of a model that the model cannot do, as far as the catalog knows. Offline; nothing is sent.

The catalog may be older than the model, and an endpoint may do more than the catalog says: a problem is a finding to
tell, not proof. What the catalog does not know is no problem.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from langchain_openrouter.catalog.naming import PRESET, is_short
from langchain_openrouter.catalog.pricing import in_utc
from langchain_openrouter.catalog.reading import items, mapping, text, texts, whole
from langchain_openrouter.errors.catalog import ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langchain_openrouter.catalog.catalog import Catalog
    from langchain_openrouter.catalog.model import Model

__all__ = ["Problem", "ProblemKind", "problems", "wanted_parameters"]

ProblemKind = Literal[
    "unknown_model", "short_name", "expired_model", "expiring_model", "unsupported_parameter", "unsupported_input",
    "unsupported_output", "max_tokens", "context_length", "reasoning_effort", "reasoning_mandatory",
]  # fmt: skip

SOON = dt.timedelta(days=30)
"""How long before a model's end it is said that it ends."""

_BYTES_PER_TOKEN = 4
"""About what prose has; a token has at least one."""

_SMALL_WINDOW = 8192
_EXTENDED = ":extended"
"""A variant with limits of its own, which no catalog tells."""

_MOST_BYTES_PER_TOKEN = 7
"""The most that a recorded prompt has, rounded up."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a request asks and a model cannot do.

    Args:
        kind: Of which kind it is.
        model: The model, as the request names it.
        subject: What it is about: a parameter, a modality, an effort, …; the model where it is about that.
        message: What is wrong, a sentence.
        remedy: What to do, a sentence.
        certain: Whether the request cannot work, as far as the catalog knows; else it may.
    """

    kind: ProblemKind
    model: str
    subject: str
    message: str
    remedy: str
    certain: bool = True

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


def problems(
    body: Mapping[str, Any], catalog: Catalog, *, size: int | None = None, today: dt.date | None = None
) -> list[Problem]:
    """Give what is wrong with a request.

    Args:
        body: The body of a request to ``/chat/completions``.
        catalog: The facts.
        size: Bytes of the encoded body, which spare counting where even those would fit. Default: counted.
        today: The day (UTC). Default: today.

    Returns:
        Each problem; those of the model itself first. What has another form than the API's is passed over.

    Example:
        >>> from langchain_openrouter.catalog import Catalog
        >>> body = {"model": "openai/gpt-4o", "messages": [], "max_tokens": 1_000_000}
        >>> [problem.kind for problem in problems(body, Catalog.load("snapshot"))]
        ['max_tokens', 'context_length']
    """
    name = text(body.get("model")) or PRESET
    names = dict.fromkeys(each for each in (name, *items(body.get("models"))) if isinstance(each, str))
    models = {each: catalog.get(each) for each in names}
    found = [problem for each, model in models.items() for problem in _existence(each, model, catalog, today)]
    model = models[name]
    if model is not None and not model.is_router:  # a router takes on what the model can that it chooses
        found += _parameters(name, model, body)
        found += _modalities(name, model, body)
        found += _reasoning(name, model, body)
        found += _lengths(name, model, body, size)
    return found


def _existence(name: str, model: Model | None, catalog: Catalog, today: dt.date | None) -> Iterator[Problem]:
    if model is None:
        if not name.startswith(PRESET):
            yield _unknown(name, catalog.suggest(name), catalog.described)
        return
    if is_short(name):
        message = f"{name!r} is a short name, which OpenRouter may not know."
        yield Problem("short_name", name, name, message, f"Write {model.id!r}.", certain=False)
    ends = model.expiration_date
    if ends is None:
        return
    day = today or in_utc().date()
    if ends - day < SOON:
        gone = model.has_expired(day)
        message = f"{name!r} {'was' if gone else 'is'} to be removed after {ends}, says {catalog.described}."
        others = [each for each in catalog.suggest(name, 4) if each != model.id]
        remedy = f"Consider {', '.join(map(repr, others[:3]))}." if others else "Choose another in time."
        yield Problem("expired_model" if gone else "expiring_model", name, name, message, remedy, certain=gone)


@functools.lru_cache(maxsize=256)  # a request may be looked at again and again
def _unknown(name: str, suggestions: tuple[str, ...], catalog: str) -> Problem:
    error = ModelNotFoundError(name, suggestions, catalog)
    return Problem("unknown_model", name, name, error.message, error.remedy)


_SUPPORTED_AS: dict[str, frozenset[str]] = {
    name: frozenset({name})
    for name in (
        "frequency_penalty", "include_reasoning", "logit_bias", "min_p", "prediction", "presence_penalty", "reasoning",
        "repetition_penalty", "response_format", "seed", "stop", "temperature", "tool_choice", "tools", "top_a",
        "top_k", "top_p",
    )
} | {
    # OpenRouter takes one for the other, and a model that can be held to a schema can be held to JSON.
    "max_tokens": frozenset({"max_tokens", "max_completion_tokens"}),
    "max_completion_tokens": frozenset({"max_tokens", "max_completion_tokens"}),
    "reasoning_effort": frozenset({"reasoning_effort", "reasoning"}),
    "json_object": frozenset({"response_format", "structured_outputs"}),
    "json_schema": frozenset({"structured_outputs"}),
}  # fmt: skip
"""Parameters of a request, with the names in ``supported_parameters`` of which one must be there.

``logprobs``, ``parallel_tool_calls``, ``verbosity`` and ``web_search_options`` are missing: some models take them that
do not list them, as recorded answers show.
"""


def _parameters(name: str, model: Model, body: Mapping[str, Any]) -> Iterator[Problem]:
    supported = model.supported_parameters
    if not supported:
        return
    for parameter, (form, names) in wanted_parameters(body).items():
        if supported.isdisjoint(names):
            what = f"`{parameter}`" if form is None else f"`{parameter}` of type {form!r}"
            message = f"No endpoint of {name!r} supports {what}: OpenRouter ignores it, or refuses the request."
            listed = "structured_outputs" if form == "json_schema" else parameter
            remedy = f"Leave it out, or choose one of `Catalog.search(parameters={{{listed!r}}})`."
            yield Problem("unsupported_parameter", name, parameter, message, remedy)


def wanted_parameters(body: Mapping[str, Any]) -> dict[str, tuple[str | None, frozenset[str]]]:
    """Give the parameters of a request that a model has to support.

    Args:
        body: The body of a request to ``/chat/completions``.

    Returns:
        By parameter: the form of what is wanted, such as ``json_schema``, where there are several, and the names of
        which one must be among the model's ``supported_parameters``.

    Example:
        >>> wanted_parameters({"seed": 7, "tools": []})
        {'seed': (None, frozenset({'seed'}))}
    """
    wanted: dict[str, tuple[str | None, frozenset[str]]] = {}
    for parameter, value in body.items():
        if parameter in _SUPPORTED_AS and not _asks_nothing(parameter, value, body):
            form = value.get("type") if parameter == "response_format" and isinstance(value, dict) else None
            wanted[parameter] = form, _SUPPORTED_AS.get(str(form), _SUPPORTED_AS[parameter])
    return wanted


def _asks_nothing(parameter: str, value: Any, body: Mapping[str, Any]) -> bool:
    """Say whether a value asks for nothing that needs support."""
    if value is None or value is False or value in ([], {}, ""):
        return True
    if parameter == "tools":
        # Tools of OpenRouter's own run there.
        return not any(isinstance(tool, dict) and tool.get("type", "function") == "function" for tool in items(value))
    if parameter == "tool_choice":
        return value in ("auto", "none") or "tools" not in body
    if parameter == "response_format":
        return mapping(value).get("type") == "text"
    if parameter == "reasoning":
        # To leave thoughts out of the answer is what every model can.
        options = mapping(value)
        return _effort(body) == "none" or not any(options.get(key) for key in ("effort", "enabled", "max_tokens"))
    return parameter == "reasoning_effort" and value == "none"


_MODALITY_OF = {
    "image_url": "image", "input_image": "image", "input_audio": "audio", "video_url": "video", "input_video": "video",
}  # fmt: skip
"""Parts of a message, with the modality that they need. Files are missing: OpenRouter turns them into text."""


def _modalities(name: str, model: Model, body: Mapping[str, Any]) -> Iterator[Problem]:
    if inputs := model.input_modalities:
        parts = (
            text(part.get("type"))
            for message in items(body.get("messages"))
            if isinstance(message, dict) and isinstance(message.get("content"), list)
            for part in message["content"]
            if isinstance(part, dict)
        )
        for modality in sorted({_MODALITY_OF[kind] for kind in parts if kind in _MODALITY_OF} - inputs):
            message = f"{name!r} does not read {modality}, only {_listed(inputs)}."
            remedy = f"Leave it out, or choose one of `Catalog.search(input={{{modality!r}}})`."
            yield Problem("unsupported_input", name, modality, message, remedy)
    if outputs := model.output_modalities:
        for modality in sorted(texts(body.get("modalities")) - outputs):
            message = f"{name!r} does not answer with {modality}, only with {_listed(outputs)}."
            remedy = f"Leave it out, or choose one of `Catalog.search(output={{{modality!r}}})`."
            yield Problem("unsupported_output", name, modality, message, remedy)


def _reasoning(name: str, model: Model, body: Mapping[str, Any]) -> Iterator[Problem]:
    effort = _effort(body)
    if effort is None or model.reasoning is None:
        return
    if effort == "none":
        if model.reasoning.mandatory:
            message = f"{name!r} always thinks: it refuses a request that turns reasoning off."
            efforts = [each for each in model.reasoning.efforts if each != "none"]
            remedy = f"Leave it on; the least effort is {efforts[-1]!r}." if efforts else "Leave it on."
            yield Problem("reasoning_mandatory", name, "reasoning", message, remedy)
    elif model.reasoning.efforts and effort not in model.reasoning.efforts:
        message = f"{name!r} does not take the reasoning effort {effort!r}."
        yield Problem("reasoning_effort", name, effort, message, f"It takes {_listed(model.reasoning.efforts)}.")


def _effort(body: Mapping[str, Any]) -> str | None:
    """Read the effort that a request asks for; ``none`` where it turns reasoning off."""
    options = body.get("reasoning")
    effort = body.get("reasoning_effort")
    if isinstance(options, dict):
        if options.get("enabled") is False:
            return "none"
        effort = options.get("effort") or effort
    return effort if isinstance(effort, str) else None


def _lengths(name: str, model: Model, body: Mapping[str, Any], size: int | None) -> Iterator[Problem]:
    wanted = whole(body.get("max_completion_tokens")) or whole(body.get("max_tokens")) or 0
    if _EXTENDED in name:
        return
    limit = model.max_completion_tokens
    if limit and wanted > limit:
        message = f"max_tokens={wanted} is above the limit of {name!r}, which is {limit}."
        yield Problem("max_tokens", name, "max_tokens", message, f"Ask for at most {limit}.")
    window = model.context_length
    # No token is shorter than a byte.
    if window is None or (size is not None and size + wanted <= window) or _shortens(body, window):
        return
    prompt_bytes = _text_bytes([body.get("messages"), body.get("tools")])
    prompt = prompt_bytes // _BYTES_PER_TOKEN
    if prompt + wanted > window:
        certain = prompt_bytes // _MOST_BYTES_PER_TOKEN + wanted > window
        answer = f" and max_tokens={wanted}" if wanted else ""
        message = f"A prompt of about {prompt} tokens{answer} is more than the {window} that {name!r} has room for."
        remedy = f"Shorten it, or choose one of `Catalog.search(min_context={prompt + wanted})`."
        yield Problem("context_length", name, "messages", message, remedy, certain)


def _shortens(body: Mapping[str, Any], window: int) -> bool:
    """Say whether OpenRouter shortens a prompt that is too long: where it is asked to, and for small windows.

    Source: https://openrouter.ai/docs/guides/features/message-transforms
    """
    compression = [
        plugin.get("enabled") is not False
        for plugin in map(mapping, items(body.get("plugins")))
        if plugin.get("id") == "context-compression"
    ]
    transforms = body.get("transforms")
    unasked = transforms is None and not compression and window <= _SMALL_WINDOW
    return bool(transforms) or any(compression) or unasked


def _text_bytes(value: Any) -> int:
    """Count the bytes of all texts; media are left out, since their tokens have nothing to do with their bytes."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="replace"))
    if isinstance(value, list):
        return sum(map(_text_bytes, value))
    if isinstance(value, dict):
        return sum(_text_bytes(each) for key, each in value.items() if key not in _MEDIA)
    return 0


_MEDIA = frozenset({"image_url", "input_audio", "video_url", "file", "audio", "reasoning_details"})


def _listed(names: Any) -> str:
    ordered = names if isinstance(names, tuple) else sorted(names)
    return ", ".join(ordered)
