"""Which failures another model may survive: every class of error, and those of other providers."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import httpx2
import pytest
from langchain_core import exceptions as core
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import RunnableWithFallbacks

from langchain_openrouter import errors
from langchain_openrouter.catalog import current
from langchain_openrouter.errors import tree
from langchain_openrouter.routing.failures import (
    FALLBACK_ERRORS,
    NoPlaceError,
    cost_of_failure,
    empty,
    is_empty,
    remedy_of,
    with_model_fallbacks,
)
from tests.helpers.fake import Server, answer_body, whole
from tests.helpers.scripted import Scripted

REMEDIES = {
    "APIConnectionError": "next",
    "APITimeoutError": "next",
    "AuthenticationError": "raise",
    "BadGatewayError": "next",
    "BadRequestError": "raise",
    "BudgetLimitError": "raise",
    "ContextLengthError": "larger",
    "DeadlineExceededError": "next",
    "EmptyResponseError": "next",
    "GuardrailError": "raise",
    "InFlightBudgetError": "next",
    "IncompleteStreamError": "next",
    "InsufficientCreditsError": "free",
    "InvalidResponseError": "next",
    "MissingOutputError": "raise",
    "ModerationError": "next",
    "NoEndpointsError": "next",
    "NotFoundError": "next",
    "OpenRouterError": "raise",
    "OverloadedError": "next",
    "PayloadTooLargeError": "raise",
    "PaymentRequiredError": "raise",
    "PermissionDeniedError": "raise",
    "ProviderResponseError": "next",
    "RateLimitError": "next",
    "RefusedOutputError": "raise",
    "RequestTimeoutError": "next",
    "ServerError": "next",
    "ServiceUnavailableError": "next",
    "StreamIdleError": "next",
    "StructuredOutputError": "raise",
    "TruncatedOutputError": "raise",
    "UnknownModelError": "next",
    "UnprocessableEntityError": "raise",
}


class Refused(Exception):  # noqa: N818  # as SDKs name theirs
    """An error of another SDK, with a status."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


class TestRemedies:
    def test_every_class_is_here(self) -> None:
        """No class of the tree is forgotten."""
        assert sorted(REMEDIES) == sorted(tree.__all__)

    @pytest.mark.parametrize("name", REMEDIES)
    @pytest.mark.parametrize("embedded", [False, True])
    def test_of_the_tree(self, name: str, embedded: bool) -> None:
        """Each class has its remedy, also where the error came inside a successful response."""
        error = getattr(tree, name)("…", embedded=embedded)

        assert remedy_of(error) == REMEDIES[name]

    @pytest.mark.parametrize("name", REMEDIES)
    def test_plain_fallbacks_agree(self, name: str) -> None:
        """`FALLBACK_ERRORS` are those that the next model, or a larger one, may survive."""
        is_taken = isinstance(getattr(tree, name)("…"), FALLBACK_ERRORS)

        assert is_taken is (REMEDIES[name] in {"next", "larger"})

    @pytest.mark.parametrize(
        ("error", "remedy"),
        [
            (core.ModelAuthenticationError("…"), "raise"),
            (core.ModelPermissionDeniedError("…"), "raise"),
            (core.ModelInvalidRequestError("…"), "raise"),
            (core.ModelNotFoundError("…"), "next"),
            (core.ModelRateLimitError("…"), "next"),
            (core.ModelAPIError("…"), "next"),
            (core.ModelConnectionError("…"), "next"),
            (core.ModelTimeoutError("…"), "next"),
            (core.ContextOverflowError("…"), "larger"),
            (errors.BudgetExceededError("…"), "raise"),
            (errors.UnknownPriceError("…"), "raise"),
            (errors.LedgerUnavailableError("…"), "raise"),
            (errors.NoCandidateError("…"), "raise"),
            (NoPlaceError("…"), "next"),
            (Refused(408), "next"),
            (Refused(429), "next"),
            (Refused(500), "next"),
            (Refused(529), "next"),
            (Refused(400), "raise"),
            (Refused(401), "raise"),
            (Refused(403), "raise"),
            (TimeoutError("…"), "next"),
            (ConnectionResetError("…"), "next"),
            (httpx.ConnectError("…"), "next"),
            (httpx.ReadTimeout("…"), "next"),
            (httpx2.ReadError("…"), "next"),
            (ValueError("No generation chunks were returned"), "next"),
            (ValueError("no such thing"), "raise"),
            (KeyError("slip"), "raise"),
            (TypeError("slip"), "raise"),
            (asyncio.CancelledError(), "raise"),
            (KeyboardInterrupt(), "raise"),
        ],
        ids=lambda value: value if isinstance(value, str) else repr(value)[:40],
    )
    def test_of_others(self, error: BaseException, remedy: str) -> None:
        """Errors of LangChain, of budgets and of other providers have theirs."""
        assert remedy_of(error) == remedy

    def test_validation(self) -> None:
        """What the catalog says a model cannot do, another may."""
        with pytest.raises(errors.ModelNotFoundError) as caught:
            current().lookup("openai/gpt-4o-minni")

        assert remedy_of(caught.value) == "next"


class TestEmpty:
    @pytest.mark.parametrize(
        "message",
        [
            AIMessage("yes"),
            AIMessage([{"type": "text", "text": "yes"}]),
            AIMessage("", tool_calls=[{"name": "weather", "args": {}, "id": "1"}]),
            AIMessage("", invalid_tool_calls=[{"name": "weather", "args": "{", "id": "1", "error": None}]),
            AIMessageChunk(content="", tool_call_chunks=[{"name": "weather", "args": "", "id": "1", "index": 0}]),
            AIMessageChunk(content="", tool_call_chunks=[{"name": None, "args": '{"a"', "id": None, "index": 0}]),
            *(
                AIMessage("", additional_kwargs={name: ["…"]})
                for name in ("audio", "images", "reasoning_content", "reasoning_details", "refusal")
            ),
        ],
        ids=repr,
    )
    def test_is_not(self, message: AIMessage) -> None:
        """Text, tool calls, refusals, thoughts, sounds and images are something."""
        assert not is_empty(message)

    @pytest.mark.parametrize(
        "message",
        [
            AIMessage(""),
            AIMessage([]),
            AIMessage("", additional_kwargs={"refusal": None, "reasoning_content": ""}),
            AIMessage("", response_metadata={"id": "gen-1", "finish_reason": "stop"}),
            AIMessageChunk(content="", chunk_position="last"),
            AIMessage([{"type": "text", "text": ""}]),
            AIMessageChunk(content=[{"type": "text", "text": "", "index": 0}]),
        ],
        ids=repr,
    )
    def test_is(self, message: AIMessage) -> None:
        """Roles, ids and finish reasons are nothing, and neither are blocks of text without text."""
        assert is_empty(message)

    def test_error(self) -> None:
        """The error has the message, and the id of the generation."""
        message = AIMessage("", response_metadata={"id": "gen-1"})
        error = empty(message)

        assert (error.partial_message, error.generation_id) == (message, "gen-1")
        assert remedy_of(error) == "next"


def partial(**metadata: Any) -> dict[str, Any]:
    """Give the argument of an error that came after a part of an answer."""
    return {"partial_message": AIMessage("y", response_metadata=metadata)}


class TestCost:
    @pytest.mark.parametrize(
        ("error", "cost"),
        [
            (tree.ServerError("…", status_code=500), Decimal(0)),
            (tree.AuthenticationError("…", status_code=401), Decimal(0)),
            (NoPlaceError("…"), Decimal(0)),
            (Refused(429), Decimal(0)),
            (tree.ServerError("…", status_code=500, embedded=True), None),
            (tree.ServerError("…", status_code=500, **partial()), None),
            (tree.ServerError("…", status_code=500, embedded=True, **partial(cost=0.25)), Decimal("0.25")),
            (tree.IncompleteStreamError("…", **partial(cost=0)), Decimal(0)),
            (tree.IncompleteStreamError("…", **partial()), None),
            (tree.APIConnectionError("…"), None),
            (tree.DeadlineExceededError("…"), None),
            (TimeoutError("…"), None),
        ],
        ids=repr,
    )
    def test_of_a_failure(self, error: Exception, cost: Decimal | None) -> None:
        """A refusal costs nothing; what came in place of an answer, or in the middle of one, may have cost."""
        assert cost_of_failure(error) == cost


class TestPlainFallbacks:
    def test_is_langchains(self) -> None:
        """It is LangChain's runnable, with these errors and in this order; ids become models."""
        model = with_model_fallbacks(Scripted(model="a/1"), [Scripted(model="a/2"), Scripted(model="a/3")])

        assert type(model) is RunnableWithFallbacks
        assert model.exceptions_to_handle == FALLBACK_ERRORS
        assert [each.model for each in (model.runnable, *model.fallbacks)] == ["a/1", "a/2", "a/3"]  # type: ignore[attr-defined]

    def test_of_ids(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ids and records of the catalog become models of OpenRouter."""
        monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-0")
        record = current().lookup("google/gemini-2.5-flash")
        model: Any = with_model_fallbacks("openai/gpt-4o-mini", [record])

        names = [each.model_name for each in (model.runnable, *model.fallbacks)]
        assert names == ["openai/gpt-4o-mini", "google/gemini-2.5-flash"]

    def test_moves_on(self) -> None:
        """What another model may survive moves on."""
        down = Scripted(model="a/1", says=[tree.ServerError("…", status_code=500)])
        answer = with_model_fallbacks(down, [Scripted(model="a/2", says=["yes"])]).invoke("Hello")

        assert answer.text == "yes"

    @pytest.mark.parametrize(
        "error", [tree.AuthenticationError("…"), errors.BudgetExceededError("…"), KeyError("slip")]
    )
    def test_raises_the_rest(self, error: Exception) -> None:
        """A wrong key, a budget that says no, and a slip do not."""
        other = Scripted(model="a/2")
        model = with_model_fallbacks(Scripted(model="a/1", says=[error]), [other])

        with pytest.raises(type(error)):
            model.invoke("Hello")
        assert other.asked == []

    def test_binds_on_all(self) -> None:
        """Tools are bound on all."""

        def weather(city: str) -> str:
            """Tell the weather in a city."""
            return city

        server = Server(whole({"error": {"code": 503, "message": "down"}}, 503), whole(answer_body()))
        model: Any = with_model_fallbacks(server.model(model="a/1"), [server.model(model="a/2")])

        model.bind_tools([weather]).invoke("Hello")

        sent = [(body["model"], body["tools"][0]["function"]["name"]) for body in server.bodies]
        assert sent == [("a/1", "weather"), ("a/2", "weather")]

    def test_without_any(self) -> None:
        """No fallbacks are refused."""
        with pytest.raises(ValueError, match="at least one"):
            with_model_fallbacks(Scripted(model="a/1"), [])
