"""Checks chat requests as strictly as OpenRouter does; unknown parameters are ignored, as there."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from langchain_openrouter.emulator.answering.words import words
from langchain_openrouter.emulator.checking.messages import check_messages
from langchain_openrouter.emulator.checking.tools import check_response_format, check_tool_choice, check_tools
from langchain_openrouter.emulator.failing.errors import bad_request, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[str, Any], None]

EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
_SORTS = ("price", "throughput", "latency", "exacto")
_QUANTIZATIONS = words("int4 int8 fp4 mxfp4 nvfp4 fp6 fp8 mxfp8 fp16 bf16 fp32 unknown")
_PLUGINS = words(
    """
    auto-beta-router auto-router context-compression file-parser fusion moderation
    pareto-router response-healing web web-fetch
    """
)
_MOST_MODELS = 3
_MOST_STOPS = 4
_MOST_METADATA = 16


def check_chat(request: Mapping[str, Any]) -> None:
    """Check a chat request.

    Raises:
        ApiError: 400, naming the parameter and what was expected.
    """
    given = {key: value for key, value in request.items() if value is not None}
    _check_models(given)
    if "messages" not in given:
        raise bad_request('Input required: specify "prompt" or "messages"')
    check_messages(given["messages"])
    check_tools(given.get("tools"))
    check_tool_choice(given.get("tool_choice"), given.get("tools"))
    check_response_format(given.get("response_format"))
    for name, check in _CHECKS.items():
        if name in given:
            check(name, given[name])
    effort = (given.get("reasoning") or {}).get("effort")
    if effort and given.get("reasoning_effort", effort) != effort:
        raise bad_request("reasoning_effort and reasoning.effort must not differ")
    if given.get("top_logprobs") and not given.get("logprobs"):
        raise bad_request("top_logprobs: logprobs must be true when top_logprobs is set")


def _check_models(given: Mapping[str, Any]) -> None:
    model, models = given.get("model"), given.get("models")
    if model is None and not models:
        raise bad_request("No models provided")
    if model is not None and (not isinstance(model, str) or not model):
        raise wrong_type("model", "string", model)
    if models is not None:
        _check_strings("models", models)
        if len(models) > _MOST_MODELS:
            raise bad_request(f"'models' array must have {_MOST_MODELS} items or fewer.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _between(low: float, high: float) -> Check:
    def check(name: str, value: Any) -> None:
        if not _is_number(value):
            raise wrong_type(name, "number", value)
        if not low <= value <= high:
            side, limit = (">=", low) if value < low else ("<=", high)
            raise bad_request(f"{name}: Invalid input: expected number to be {side}{limit:g}")

    return check


def _whole(low: int, high: int = 2**53) -> Check:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(name, "int", value)
        _between(low, high)(name, value)

    return check


def _check_boolean(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise wrong_type(name, "boolean", value)


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise wrong_type(name, "string", value)


def _short_text(longest: int) -> Check:
    def check(name: str, value: Any) -> None:
        _check_text(name, value)
        if len(value) > longest:
            raise bad_request(f"{name}: Too big: expected string to have <={longest} characters")

    return check


def _check_strings(name: str, value: Any) -> None:
    if not isinstance(value, list):
        raise wrong_type(name, "array", value)
    for index, item in enumerate(value):
        _check_text(f"{name}.{index}", item)


def _check_object(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise wrong_type(name, "object", value)


def _one_of(*options: str) -> Check:
    def check(name: str, value: Any) -> None:
        if value not in options:
            listed = "|".join(f'"{option}"' for option in options)
            raise bad_request(f"{name}: Invalid option: expected one of {listed}")

    return check


def _all_of(check: Check) -> Check:
    def check_all(name: str, value: Any) -> None:
        if not isinstance(value, list):
            raise wrong_type(name, "array", value)
        for index, item in enumerate(value):
            check(f"{name}.{index}", item)

    return check_all


def _check_stop(name: str, value: Any) -> None:
    if isinstance(value, str):
        return
    _check_strings(name, value)
    if len(value) > _MOST_STOPS:
        raise bad_request(f"{name}: Too big: expected array to have <={_MOST_STOPS} items")


def _check_bias(name: str, value: Any) -> None:
    _check_object(name, value)
    for key, bias in value.items():
        _between(-100, 100)(f"{name}.{key}", bias)


def _check_metadata(name: str, value: Any) -> None:
    _check_object(name, value)
    if len(value) > _MOST_METADATA:
        raise bad_request(f"{name}: Too many keys: expected at most {_MOST_METADATA}")
    for key, item in value.items():
        _check_text(f"{name}.{key}", item)


def _check_reasoning(name: str, value: Any) -> None:
    _check_object(name, value)
    checks: dict[str, Check] = {
        "effort": _one_of(*EFFORTS),
        "max_tokens": _whole(1),
        "exclude": _check_boolean,
        "enabled": _check_boolean,
        "summary": _one_of("auto", "concise", "detailed"),
    }
    _check_keys(name, value, checks)
    if value.get("effort") and value.get("max_tokens"):
        raise bad_request('Only one of "reasoning.effort" and "reasoning.max_tokens" can be specified')


def _check_keys(name: str, value: Mapping[str, Any], checks: Mapping[str, Check], *, closed: bool = False) -> None:
    for key, item in value.items():
        if key in checks:
            if item is not None:
                checks[key](f"{name}.{key}", item)
        elif closed:
            raise bad_request(f'{name}: Unrecognized key: "{key}"')


def _check_sort(name: str, value: Any) -> None:
    if isinstance(value, dict):
        checks: dict[str, Check] = {"by": _one_of(*_SORTS), "partition": _one_of("model", "none")}
        _check_keys(name, value, checks, closed=True)
    else:
        _one_of(*_SORTS)(name, value)


def _check_prices(name: str, value: Any) -> None:
    _check_object(name, value)
    for key, price in value.items():
        _one_of("prompt", "completion", "request", "image", "audio")(f"{name} key", key)
        try:
            fine = _is_number(price) or (isinstance(price, str) and Decimal(price).is_finite())
        except InvalidOperation:
            fine = False
        if not fine:
            raise wrong_type(f"{name}.{key}", "number", price)


def _check_threshold(name: str, value: Any) -> None:
    if isinstance(value, dict):
        percentiles = dict.fromkeys(("p50", "p75", "p90", "p99"), _between(0, 2**53))
        _check_keys(name, value, percentiles, closed=True)
    else:
        _between(0, 2**53)(name, value)


def _check_provider(name: str, value: Any) -> None:
    _check_object(name, value)
    checks: dict[str, Check] = {
        "allow_fallbacks": _check_boolean,
        "require_parameters": _check_boolean,
        "zdr": _check_boolean,
        "enforce_distillable_text": _check_boolean,
        "data_collection": _one_of("deny", "allow"),
        "order": _check_strings,
        "only": _check_strings,
        "ignore": _check_strings,
        "quantizations": _all_of(_one_of(*_QUANTIZATIONS)),
        "sort": _check_sort,
        "max_price": _check_prices,
        "preferred_max_latency": _check_threshold,
        "preferred_min_throughput": _check_threshold,
    }
    _check_keys(name, value, checks, closed=True)


def _check_plugin(name: str, value: Any) -> None:
    _check_object(name, value)
    _one_of(*_PLUGINS)(f"{name}.id", value.get("id"))


def _check_cache_control(name: str, value: Any) -> None:
    _check_object(name, value)
    checks: dict[str, Check] = {"type": _one_of("ephemeral"), "ttl": _one_of("5m", "1h")}
    _check_keys(name, value, checks)


def _check_user(name: str, value: Any) -> None:
    _check_text(name, value)
    if re.search(r"[\x00-\x08]", value):
        raise bad_request(f"{name}: Invalid input: control characters")


_CHECKS: dict[str, Check] = {
    "temperature": _between(0, 2),
    "top_p": _between(0, 1),
    "top_k": _whole(0),
    "top_a": _between(0, 1),
    "min_p": _between(0, 1),
    "frequency_penalty": _between(-2, 2),
    "presence_penalty": _between(-2, 2),
    "repetition_penalty": _between(0, 2),
    "max_tokens": _whole(1),
    "max_completion_tokens": _whole(1),
    "n": _whole(1, 128),
    "seed": _whole(-(2**53)),
    "logprobs": _check_boolean,
    "top_logprobs": _whole(0, 20),
    "logit_bias": _check_bias,
    "stream": _check_boolean,
    "stream_options": _check_object,
    "stop": _check_stop,
    "parallel_tool_calls": _check_boolean,
    "reasoning": _check_reasoning,
    "reasoning_effort": _one_of(*EFFORTS),
    "include_reasoning": _check_boolean,
    "modalities": _all_of(_one_of("text", "image", "audio")),
    "image_config": _check_object,
    "service_tier": _one_of("auto", "default", "fast", "flex", "priority", "scale"),
    "session_id": _short_text(256),
    "metadata": _check_metadata,
    "trace": _check_object,
    "user": _check_user,
    "verbosity": _one_of("low", "medium", "high", "xhigh", "max"),
    "route": _one_of("fallback", "sort"),
    "transforms": _check_strings,
    "prediction": _check_object,
    "prompt_cache_key": _check_text,
    "provider": _check_provider,
    "plugins": _all_of(_check_plugin),
    "cache_control": _check_cache_control,
}
