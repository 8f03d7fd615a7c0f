"""From a failed response to the error that says what happened, who said it and what to do."""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from langchain_openrouter.errors import tree
from langchain_openrouter.errors.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.messages import AIMessage

_BY_STATUS: dict[int, type[tree.OpenRouterError]] = {
    400: tree.BadRequestError,
    401: tree.AuthenticationError,
    402: tree.InsufficientCreditsError,
    403: tree.PermissionDeniedError,
    404: tree.NotFoundError,
    408: tree.RequestTimeoutError,
    413: tree.PayloadTooLargeError,
    422: tree.UnprocessableEntityError,
    429: tree.RateLimitError,
    502: tree.BadGatewayError,
    503: tree.ServiceUnavailableError,
    504: tree.RequestTimeoutError,
    524: tree.RequestTimeoutError,
    529: tree.OverloadedError,
}

_STATUS_OF_TYPE = {
    "authentication": 401,
    "content_policy_violation": 403,
    "context_length_exceeded": 400,
    "not_found": 404,
    "payload_too_large": 413,
    "payment_required": 402,
    "permission_denied": 403,
    "provider_overloaded": 529,
    "provider_unavailable": 502,
    "rate_limit_exceeded": 429,
    "refusal": 403,
    "server": 500,
    "server_error": 500,
    "timeout": 408,
    "unmapped": 500,
    "unprocessable": 422,
}
"""What a code in words stands for: `error_type` of the documentation, and the strings seen in `code`."""

_REQUEST_TYPES = ("invalid_", "image_", "max_tokens_", "precondition_", "string_", "token_limit_", "unsupported_")

_TOO_LONG = re.compile(
    r"context.(?:length|window)|maximum context|(?:prompt|input) is too long|too many tokens"
    r"|tokens? .{0,60}exceeds?|input length .{0,40}exceeds?",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(r"not a valid model|model .*(?:not found|does not exist)", re.IGNORECASE)
_NO_ENDPOINT = re.compile(r"no (?:endpoints|allowed providers|available)", re.IGNORECASE)
_BUDGET = re.compile(
    r"(?:key|budget|spend\w*|guardrail) (?:limit|budget)|limit exceeded|budget of \S+ exceeded", re.IGNORECASE
)
_GUARDRAIL = re.compile(r"guardrail|^request blocked", re.IGNORECASE)
_SHOWN_TEXT = 500
_A_YEAR_OF_OURS = 1_500_000_000  # seconds since 1970: 2017


def from_response(status: int, headers: Mapping[str, str], text: str) -> tree.OpenRouterError:
    """Read a response with a status of 400 or more.

    Args:
        status: The HTTP status.
        headers: The response headers, names in any case.
        text: The body: JSON in most cases; HTML and plain text occur (proxies, size limits).

    Returns:
        The error, to be raised by the caller.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    body = redact(_parsed(text))
    payload = body.get("error") if isinstance(body, dict) else None
    if isinstance(payload, str):
        payload = {"message": payload}
    if not isinstance(payload, dict):
        payload = {"message": _summary(body)}
    return _build(payload, status=status, headers=lowered, body=body, wording="", partial=None)


def from_payload(
    payload: Any,
    *,
    body: Any,
    headers: Mapping[str, str] | None = None,
    streaming: bool = False,
    partial: AIMessage | None = None,
) -> tree.OpenRouterError:
    """Read the `error` of a response that came with status 200, whole or in the middle of a stream.

    Args:
        payload: The value of `error`: an object in most cases, a text in some.
        body: The answer or the chunk that it stood in.
        headers: The response headers, names in lower case.
        streaming: Whether it came in a stream.
        partial: What of the answer had arrived before.

    Returns:
        The error, which is a `ValueError` too.
    """
    if not isinstance(payload, dict):
        payload = {"message": str(payload)}
    wording = "OpenRouter API returned an error" + (" during streaming" if streaming else "")
    return _build(
        redact(payload), status=None, headers=headers or {}, body=redact(body), wording=wording, partial=partial
    )


def _build(
    payload: dict[str, Any],
    *,
    status: int | None,
    headers: Mapping[str, str],
    body: Any,
    wording: str,
    partial: AIMessage | None,
) -> tree.OpenRouterError:
    told = _Told(payload, headers)
    answer = body if isinstance(body, dict) else {}
    provider = told.metadata.get("provider_name") or answer.get("provider")
    known_status = status or _status_of(told.code, told.error_type)
    refine = _REFINE.get(_class_of(known_status))
    cls = refine(told) if refine else _class_of(known_status)
    return cls(
        _message(wording, told, known_status if status else told.code, provider),
        status_code=known_status,
        code=told.code,
        error_type=told.error_type if isinstance(told.error_type, str) else None,
        body=body,
        headers=headers,
        provider_name=provider,
        generation_id=headers.get("x-generation-id") or answer.get("id"),
        retry_after=told.retry_after,
        partial_message=partial,
        embedded=bool(wording),
    )


class _Told:
    """What a failed response told, taken apart."""

    __slots__ = ("code", "error_type", "message", "metadata", "payload", "retry_after")

    def __init__(self, payload: dict[str, Any], headers: Mapping[str, str]) -> None:
        metadata = payload.get("metadata")
        self.payload = payload
        self.metadata: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
        self.message = str(payload.get("message") or payload)
        self.code = payload.get("code")
        self.error_type = self.metadata.get("error_type") or payload.get("error_type") or payload.get("type")
        self.retry_after = _retry_after(headers, payload, self.metadata)

    @property
    def limit(self) -> str:
        """Whose limit it was, where it was one (`limit_source`)."""
        return str(self.metadata.get("limit_source") or self.payload.get("limit_source") or "")


def _status_of(code: Any, error_type: Any) -> int | None:
    for word in (code, error_type):
        if isinstance(word, (int, float)) and word and math.isfinite(word):
            return int(word)
        if isinstance(word, str):
            if word.isdecimal():
                return int(word)
            if word in _STATUS_OF_TYPE:
                return _STATUS_OF_TYPE[word]
            if word.startswith(_REQUEST_TYPES):
                return 400
    return None


def _class_of(status: int | None) -> type[tree.OpenRouterError]:
    if status is None:
        return tree.ServerError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return tree.ServerError if status >= 500 else tree.BadRequestError  # noqa: PLR2004


def _bad_request(told: _Told) -> type[tree.OpenRouterError]:
    words = told.message + str(told.metadata.get("raw", ""))
    if told.error_type == "context_length_exceeded" or _TOO_LONG.search(words):
        return tree.ContextLengthError
    return tree.UnknownModelError if _NO_MODEL.search(told.message) else tree.BadRequestError


def _too_large(told: _Told) -> type[tree.OpenRouterError]:
    refined = _bad_request(told)
    return refined if refined is tree.ContextLengthError else tree.PayloadTooLargeError


def _payment(told: _Told) -> type[tree.OpenRouterError]:
    whose = told.limit or (told.code if isinstance(told.code, str) else "")
    in_flight = "in_flight" in whose if whose else told.retry_after is not None
    return tree.InFlightBudgetError if in_flight else tree.InsufficientCreditsError


def _denial(told: _Told) -> type[tree.OpenRouterError]:
    if told.limit or _BUDGET.search(told.message):
        return tree.BudgetLimitError
    flagged = told.metadata.keys() & {"flagged_input", "reasons"} or "flagged" in told.message
    if flagged or told.error_type in {"content_policy_violation", "refusal"}:
        return tree.ModerationError
    if "patterns" in told.metadata or _GUARDRAIL.search(told.message):
        return tree.GuardrailError
    return tree.PermissionDeniedError


def _not_found(told: _Told) -> type[tree.OpenRouterError]:
    if _NO_ENDPOINT.search(told.message) or "availability" in told.payload:
        return tree.NoEndpointsError
    return tree.UnknownModelError if _NO_MODEL.search(told.message) else tree.NotFoundError


_REFINE: dict[type[tree.OpenRouterError], Callable[[_Told], type[tree.OpenRouterError]]] = {
    tree.BadRequestError: _bad_request,
    tree.InsufficientCreditsError: _payment,
    tree.NotFoundError: _not_found,
    tree.PayloadTooLargeError: _too_large,
    tree.PermissionDeniedError: _denial,
}
"""Tells apart what shares one status, by what only one of them has."""


def _message(wording: str, told: _Told, code: Any, provider: str | None) -> str:
    """Say who said what: OpenRouter, or which provider, with the provider's own words."""
    message, own_words = told.message, _upstream_words(told.metadata.get("raw"))
    if own_words and own_words not in message:
        message = f"{message}: {own_words}"
    if wording:
        said_by = f" [provider: {provider}]" if provider else ""
        return f"{wording}: {message} (code: {'unknown' if code is None else code}){said_by}"
    who = f"{provider} (through OpenRouter)" if provider else "OpenRouter"
    return f"{who} answered {code}: {message}"


def _upstream_words(raw: Any) -> str:
    """Take the words out of `metadata.raw`: a text, JSON in a text, or an object."""
    value = _parsed(raw) if isinstance(raw, str) else raw
    for key in ("error", "message"):
        if isinstance(value, dict) and key in value:
            value = value[key]
    return "" if value is None else _summary(value)


def _summary(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(re.sub(r"<[^>]*>", " ", text).split()) if text.lstrip().startswith("<") else text.strip()
    return text if len(text) <= _SHOWN_TEXT else text[:_SHOWN_TEXT] + " …"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _retry_after(headers: Mapping[str, str], payload: dict[str, Any], metadata: dict[str, Any]) -> float | None:
    """Find how long to wait: the standard header, else what the body says.

    Sources: "Retry-After header" of the error documentation; `error.availability.retry_after`; and, for the free
    tier, `X-RateLimit-Reset` in milliseconds since the epoch, in `metadata.headers` or in the response's own.
    """
    availability = payload.get("availability")
    in_body = availability.get("retry_after") if isinstance(availability, dict) else None
    for value in (headers.get("retry-after"), in_body, metadata.get("retry_after_seconds")):
        seconds = _seconds(value)
        if seconds is not None:
            return seconds
    limits = metadata.get("headers")
    reset = limits.get("X-RateLimit-Reset") if isinstance(limits, dict) else headers.get("x-ratelimit-reset")
    try:
        at = float(reset or 0) / 1000
    except (TypeError, ValueError):
        return None
    # Other servers count seconds there, or seconds from now.
    return max(0.0, at - time.time()) if at > _A_YEAR_OF_OURS else None


def _seconds(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        try:
            seconds = parsedate_to_datetime(str(value)).timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None  # noqa: PLR0124
