"""Failed responses, as typed errors."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core import exceptions as core

from langchain_openrouter import errors
from langchain_openrouter.errors import OpenRouterError, from_response, redact
from tests.helpers.fake import KEY, Server, whole
from tests.helpers.traffic import Exchange, chat_exchanges

if TYPE_CHECKING:
    from pathlib import Path

    from tests.helpers.styles import Ask

GENERIC = "Something went wrong."
BY_STATUS: list[tuple[int, type[OpenRouterError], type[Exception], bool]] = [
    (400, errors.BadRequestError, core.ModelInvalidRequestError, False),
    (401, errors.AuthenticationError, core.ModelAuthenticationError, False),
    (402, errors.InsufficientCreditsError, core.ModelPermissionDeniedError, False),
    (403, errors.PermissionDeniedError, core.ModelPermissionDeniedError, False),
    (404, errors.NotFoundError, core.ModelNotFoundError, False),
    (408, errors.RequestTimeoutError, core.ModelTimeoutError, True),
    (409, errors.BadRequestError, core.ModelInvalidRequestError, False),
    (413, errors.PayloadTooLargeError, core.ModelInvalidRequestError, False),
    (418, errors.BadRequestError, core.ModelInvalidRequestError, False),
    (422, errors.UnprocessableEntityError, core.ModelInvalidRequestError, False),
    (429, errors.RateLimitError, core.ModelRateLimitError, True),
    (500, errors.ServerError, core.ModelAPIError, True),
    (502, errors.BadGatewayError, core.ModelAPIError, True),
    (503, errors.ServiceUnavailableError, core.ModelAPIError, True),
    (504, errors.RequestTimeoutError, core.ModelTimeoutError, True),
    (524, errors.RequestTimeoutError, core.ModelTimeoutError, True),
    (529, errors.OverloadedError, core.ModelAPIError, True),
    (599, errors.ServerError, core.ModelAPIError, True),
]


def failed(status: int, message: str = GENERIC, headers: dict[str, str] | None = None, **error: Any) -> OpenRouterError:
    """Read a failed response with an error object in its body."""
    return from_response(status, headers or {}, json.dumps({"error": {"message": message, "code": status, **error}}))


@pytest.mark.parametrize(("status", "kind", "family", "retryable"), BY_STATUS)
def test_a_status_has_its_class(
    status: int, kind: type[OpenRouterError], family: type[Exception], retryable: bool, ask: Ask
) -> None:
    """In every call style; the class is one of LangChain's kinds, and says whether a retry can help."""
    with pytest.raises(OpenRouterError) as caught:
        ask(Server(whole({"error": {"message": GENERIC, "code": status}}, status=status)).model())
    error = caught.value

    assert type(error) is kind
    assert isinstance(error, family)
    assert isinstance(error, core.ModelError)
    assert error.is_retryable is retryable
    assert (error.status_code, error.code) == (status, status)
    assert not isinstance(error, ValueError)
    assert f"OpenRouter answered {status}: {GENERIC}" in str(error)
    assert error.remedy in str(error)


@pytest.mark.parametrize(
    ("status", "message", "error", "kind"),
    [
        (400, "This endpoint's maximum context length is 8192 tokens.", {}, errors.ContextLengthError),
        (400, "prompt is too long: 5 tokens > 4 maximum", {}, errors.ContextLengthError),
        (400, "too big", {"metadata": {"error_type": "context_length_exceeded"}}, errors.ContextLengthError),
        (
            400,
            "Provider returned error",
            {"metadata": {"raw": '{"error":{"message":"context_length_exceeded"}}'}},
            errors.ContextLengthError,
        ),
        (400, "acme/nope is not a valid model ID", {}, errors.UnknownModelError),
        (402, "in flight", {"metadata": {"limit_source": "openrouter_in_flight_budget"}}, errors.InFlightBudgetError),
        (402, "no", {"metadata": {"limit_source": "openrouter_credits"}}, errors.InsufficientCreditsError),
        (402, "no", {"metadata": {"limit_source": "openrouter_key_limit"}}, errors.InsufficientCreditsError),
        (403, "flagged", {"metadata": {"reasons": ["violence"], "flagged_input": "…"}}, errors.ModerationError),
        (403, 'Your input was flagged for "x".', {}, errors.ModerationError),
        (403, "no", {"metadata": {"error_type": "content_policy_violation"}}, errors.ModerationError),
        (403, "Request blocked: injection", {"metadata": {"patterns": ["x"]}}, errors.GuardrailError),
        (403, "no", {"metadata": {"limit_source": "openrouter_guardrail_budget"}}, errors.BudgetLimitError),
        (403, "Key limit exceeded (weekly limit)", {}, errors.BudgetLimitError),
        (404, "No endpoints found for acme/x.", {}, errors.NoEndpointsError),
        (404, "No allowed providers are available for the selected model.", {}, errors.NoEndpointsError),
        (404, "no", {"availability": {"code": "no_endpoints"}}, errors.NoEndpointsError),
        (404, "The model `x` does not exist", {}, errors.UnknownModelError),
    ],
)
def test_what_shares_a_status_is_told_apart(
    status: int, message: str, error: dict[str, Any], kind: type[OpenRouterError]
) -> None:
    """One class for each kind of failure, by what only that kind has."""
    assert type(failed(status, message, **error)) is kind


def test_a_too_long_prompt_is_what_langchain_expects() -> None:
    """Summarising middleware waits for LangChain's own class."""
    assert isinstance(failed(400, "maximum context length is 1"), core.ContextOverflowError)


def test_402_with_retry_after_may_be_retried() -> None:
    """Credit held by calls in flight comes back; that is a rate limit, in LangChain's terms."""
    error = failed(402, headers={"Retry-After": "3"})

    assert type(error) is errors.InFlightBudgetError
    assert isinstance(error, core.ModelRateLimitError)
    assert error.is_retryable
    assert error.retry_after == 3.0
    assert not failed(402).is_retryable


def test_every_documented_shape_has_its_class(shared: Path) -> None:
    """The templates of errors that no recording shows are all understood; none falls back to a general class."""
    lines = [json.loads(line) for line in (shared / "error_shapes.jsonl").read_text().splitlines() if line]
    kinds = []
    for shape in lines:
        body = shape["body"]
        text = body if isinstance(body, str) else json.dumps(body)
        kinds.append(type(from_response(shape["http"], {}, text)) if shape["http"] != 200 else None)

    assert [kind and kind.__name__ for kind in kinds] == [
        "InsufficientCreditsError",
        "NoEndpointsError",
        "NoEndpointsError",
        "RateLimitError",
        "RateLimitError",
        "BadRequestError",
        "ServiceUnavailableError",
        "ModerationError",
        "GuardrailError",
        None,
        "ServiceUnavailableError",
        "PayloadTooLargeError",
        "NoEndpointsError",
    ]


@pytest.mark.parametrize("exchange", [each for each in chat_exchanges() if each.status != 200], ids=str)
def test_a_recorded_failure(exchange: Exchange, ask: Ask) -> None:
    """The recorded 429s and the unknown model have their classes, name the provider, and show its words."""
    with pytest.raises(OpenRouterError) as caught:
        ask(Server(exchange.answer).model())
    told = json.loads(exchange.text)["error"]
    provider = (told.get("metadata") or {}).get("provider_name")

    assert type(caught.value) is (errors.RateLimitError if exchange.status == 429 else errors.UnknownModelError)
    assert caught.value.provider_name == provider
    assert told["message"] in str(caught.value)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<html><body><h1>Worker exceeded</h1> limits</body></html>", "Worker exceeded limits"),
        ("Request Entity Too Large\n\nFUNCTION_PAYLOAD\n", "Request Entity Too Large\n\nFUNCTION_PAYLOAD"),
        ("", ""),
        ('{"error": "just a text"}', "just a text"),
        ('{"message": "no error key"}', "no error key"),
        ('["a list"]', "a list"),
        ("null", "null"),
        ('{"error": {"message": null, "code": "server_error"}}', "server_error"),
        ('{"error": {"code": "rate_limited", "message": 5}}', "5"),
        ("x" * 10_000, "x" * 500 + " …"),
    ],
)
def test_any_body_is_read(body: str, shown: str) -> None:
    """HTML, plain text, string errors, null messages: the class follows the status, and the words are shown."""
    error = from_response(503, {"Content-Type": "text/html"}, body)

    assert type(error) is errors.ServiceUnavailableError
    assert shown in str(error)
    assert error.headers == {"content-type": "text/html"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ('{"error": {"message": "bad key"}}', "bad key"),
        ("plain words", "plain words"),
        ({"error": {"type": "x", "message": "an object"}}, "an object"),
        ({"message": "shallow"}, "shallow"),
        (None, "Provider returned error"),
    ],
)
def test_the_provider_is_heard(raw: Any, words: str) -> None:
    """The message says which provider it was, in its own words, whether they came as text, JSON or an object."""
    error = failed(400, "Provider returned error", metadata={"raw": raw, "provider_name": "Acme", "error_type": "t"})

    assert error.provider_name == "Acme"
    assert error.error_type == "t"
    assert str(error).startswith("Acme (through OpenRouter) answered 400: Provider returned error")
    assert words in str(error)


def test_a_generation_can_be_looked_up() -> None:
    """Its id comes from the header."""
    error = failed(500, headers={"X-Generation-Id": "gen-7"})

    assert error.generation_id == "gen-7"
    assert "(generation gen-7)" in str(error)


@pytest.mark.parametrize(
    ("headers", "error", "expected"),
    [
        ({"Retry-After": "7"}, {}, 7.0),
        ({"retry-after": "1.5"}, {}, 1.5),
        ({"Retry-After": "-3"}, {}, 0.0),
        ({"Retry-After": "soon"}, {}, None),
        ({"Retry-After": "inf"}, {}, None),
        ({"Retry-After": "nan"}, {}, None),
        ({}, {"availability": {"retry_after": 4}}, 4.0),
        ({}, {"metadata": {"retry_after_seconds": 2}}, 2.0),
        ({"Retry-After": "9"}, {"availability": {"retry_after": 4}}, 9.0),
        ({}, {"metadata": {"headers": {"X-RateLimit-Reset": "never"}}}, None),
        ({}, {"metadata": {"headers": "none"}, "availability": "none"}, None),
        ({}, {}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], error: dict[str, Any], expected: float | None) -> None:
    """From the header, else from wherever the body says it; nonsense is no time."""
    assert failed(429, headers=headers, **error).retry_after == expected


def test_a_date_to_wait_for() -> None:
    """`Retry-After` may be a date, and the free tier tells its reset in milliseconds; what is past is zero."""
    later = datetime.now(UTC) + timedelta(seconds=30)
    by_header = failed(429, headers={"Retry-After": format_datetime(later, usegmt=True)}).retry_after
    by_body = failed(429, metadata={"headers": {"X-RateLimit-Reset": str(int((time.time() + 30) * 1000))}}).retry_after
    in_headers = failed(429, headers={"X-RateLimit-Reset": str(int((time.time() + 30) * 1000))}).retry_after
    in_seconds = failed(429, headers={"X-RateLimit-Reset": "30"}).retry_after
    past = failed(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}).retry_after

    assert by_header == pytest.approx(30, abs=2)
    assert by_body == pytest.approx(30, abs=2)
    assert in_headers == pytest.approx(30, abs=2)
    assert in_seconds is None  # another server's way of counting
    assert past == 0.0


def test_the_key_is_never_shown(ask: Ask) -> None:
    """A body that repeats the key is masked everywhere: text, repr, body, traceback."""
    import traceback

    body = {"error": {"message": f"Invalid key {KEY}", "code": 401, "metadata": {"raw": f"Bearer {KEY}", KEY: [KEY]}}}
    with pytest.raises(errors.AuthenticationError) as caught:
        ask(Server(whole(body, status=401)).model())
    shown = "".join(traceback.format_exception(caught.value))

    for text in (shown, str(caught.value), repr(caught.value), repr(caught.value.body), repr(caught.value.__dict__)):
        assert KEY not in text
        assert KEY[9:] not in text
    assert "Invalid key sk-or-***" in str(caught.value)


def test_a_key_of_any_shape_is_masked(ask: Ask) -> None:
    """Proxies have keys of their own, which no pattern knows."""
    with pytest.raises(errors.AuthenticationError) as caught:
        ask(Server(whole({"error": {"message": "no such key: plainKey77"}}, status=401)).model(api_key="plainKey77"))

    assert "plainKey77" not in str(caught.value) + repr(caught.value.body)
    assert "no such key: ***" in str(caught.value)


@pytest.mark.parametrize("words", ["a task-oriented desk-based model", "risk-free", "disk-space", "sk-"])
def test_words_are_no_keys(words: str) -> None:
    """Only what looks like a key is masked."""
    assert redact(words) == words


@pytest.mark.parametrize("key", ["sk-or-v1-abcdef", "sk-ant-api03-x_y", "sk-proj-1234", "Bearer abcd.efgh-1"])
def test_keys_are_masked(key: str) -> None:
    """Keys of OpenRouter and of providers are, anywhere in nested JSON."""
    masked = json.dumps(redact({"a": [f"the key '{key}' is bad", {key: key}], "n": 1}))

    assert key not in masked
    assert "***" in masked
