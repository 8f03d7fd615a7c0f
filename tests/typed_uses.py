"""Typed uses of the public interface. mypy reads this file; nobody runs it.

What is right must pass, and what is wrong must not: mypy warns about an ignore that it does not need.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_type

import httpx
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from pydantic import BaseModel, SecretStr

from langchain_openrouter import (
    Budget,
    BudgetExceededError,
    CallRecord,
    ChatOpenRouter,
    ContextLengthError,
    Ledger,
    OpenRouterCostHandler,
    OpenRouterError,
    RateLimitError,
    track_cost,
)
from langchain_openrouter.emulator import Emulator
from langchain_openrouter.tracking import Tally

if TYPE_CHECKING:
    from langchain_core.exceptions import ContextOverflowError, ModelRateLimitError
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool

    from langchain_openrouter.options import Plugin, ProviderPreferences, Reasoning, ResponseFormat, Trace


class Person(BaseModel):
    """A person."""

    name: str


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return city


def constructor() -> ChatOpenRouter:
    """Options are ordinary dicts that an editor completes; values of tomorrow pass."""
    provider: ProviderPreferences = {
        "order": ["anthropic"],
        "data_collection": "deny",
        "sort": "throughput",
        "max_price": {"prompt": "1"},
    }
    reasoning: Reasoning = {"effort": "high", "max_tokens": 2000, "exclude": True, "enabled": True, "summary": "auto"}
    plugins: list[Plugin] = [{"id": "web", "max_results": 3}, {"id": "tomorrow"}]
    trace: Trace = {"trace_id": "t"}
    model = ChatOpenRouter(
        model="openai/gpt-4o-mini",
        models=["anthropic/claude-haiku-4.5"],
        api_key=SecretStr("sk-or-v1-key"),
        base_url="https://openrouter.ai/api/v1",
        temperature=0.5,
        max_tokens=100,
        stop_sequences=["END"],
        provider=provider,
        reasoning=reasoning,
        reasoning_effort="low",
        plugins=plugins,
        trace=trace,
        cache_control={"type": "ephemeral", "ttl": "1h"},
        service_tier="flex",
        modalities=["text", "image"],
        request_metadata={"run": "1"},
        response_cache={"ttl": 60},
        timeout=httpx.Timeout(5),
        deadline=60,
        stream_idle_timeout=30,
        max_retries=0,
        default_headers={"X-Own": "1"},
        app_title="Mine",
    )
    assert_type(model.temperature, float | None)
    assert_type(model.model, str)
    assert_type(model.max_retries, int)
    base: BaseChatModel = model
    del base
    return model


def wrong_options() -> None:
    """What cannot be meant is found before the program runs."""
    sort: ProviderPreferences = {"zdr": "yes"}  # type: ignore[typeddict-item]
    effort: Reasoning = {"max_tokens": "many"}  # type: ignore[typeddict-item]
    ChatOpenRouter(model="a/b", temperature="hot")  # type: ignore[arg-type]
    ChatOpenRouter(model=1)  # type: ignore[arg-type]
    del sort, effort


def calls(model: ChatOpenRouter) -> None:
    """Answers are messages, streams are chunks."""
    assert_type(model.invoke("Hello", top_k=40), AIMessage)
    for chunk in model.stream([HumanMessage("Hello")]):
        assert_type(chunk, AIMessageChunk)
    model.close()


async def asynchronous_calls(model: ChatOpenRouter) -> None:
    """So it is with `await`."""
    assert_type(await model.ainvoke("Hello"), AIMessage)
    async for chunk in model.astream("Hello"):
        assert_type(chunk, AIMessageChunk)
    await model.aclose()


def tools(model: ChatOpenRouter, tool: BaseTool) -> Runnable[LanguageModelInput, AIMessage]:
    """Functions, classes, tools and dicts; a choice by word, name, dict or truth."""
    server_tool: dict[str, Any] = {"type": "openrouter:web_search", "parameters": {"max_results": 3}}
    model.bind_tools([weather], tool_choice="any")
    model.bind_tools([weather], tool_choice=True, strict=True)
    model.bind_tools([weather], tool_choice=3.5)  # type: ignore[arg-type]
    bound = model.bind_tools([weather, Person, tool, server_tool], parallel_tool_calls=False)
    assert_type(bound.invoke("Hello"), AIMessage)
    return bound


def structures(model: ChatOpenRouter) -> None:
    """Each method, with and without the raw answer."""
    model.with_structured_output(Person).invoke("Hello")
    model.with_structured_output(Person, method="json_schema", strict=True, include_raw=True).invoke("Hello")
    model.with_structured_output(None, method="json_mode").invoke("Hello")
    model.with_structured_output(Person, method="magic")  # type: ignore[arg-type]
    answer_format: ResponseFormat = {"type": "json_schema", "json_schema": {"name": "p", "schema": {}}}
    model.invoke("Hello", response_format=answer_format)


def failures(model: ChatOpenRouter) -> None:
    """What an error carries has types, and LangChain's kinds catch it."""
    try:
        model.invoke("Hello")
    except ContextLengthError as error:
        overflow: ContextOverflowError = error
        raise overflow from error
    except RateLimitError as error:
        limit: ModelRateLimitError = error
        assert_type(error.retry_after, float | None)
        raise limit from error
    except OpenRouterError as error:
        assert_type(error.status_code, int | None)
        assert_type(error.code, int | str | None)
        assert_type(error.error_type, str | None)
        assert_type(error.provider_name, str | None)
        assert_type(error.generation_id, str | None)
        assert_type(error.headers, dict[str, str])
        assert_type(error.partial_message, AIMessage | None)
        assert_type(error.is_retryable, bool)
        error.nothing  # type: ignore[attr-defined]  # noqa: B018


def emulated() -> None:
    """The emulator is a context manager with an address."""
    with Emulator(credits="0.5", seed=7) as emulator:
        assert_type(emulator.base_url, str)
        ChatOpenRouter(model="openai/gpt-4o-mini", api_key=SecretStr(emulator.api_key), base_url=emulator.base_url)
    Emulator(credits=[])  # type: ignore[arg-type]


def money() -> None:
    """Amounts are decimals, options are words that an editor completes."""
    budget = Budget("$5", per="day", scope="user", alert_at=(0.5, 1), on_exceed="warn", share=0.1)
    assert_type(budget.limit, Decimal)
    handler = OpenRouterCostHandler(
        [budget], ledger="memory:", on_unknown_price="reserve:0.05", lease=timedelta(hours=1)
    )
    assert_type(handler.total, Decimal)
    assert_type(handler.calls, int)
    assert_type(handler.by("model"), dict[str, Tally])
    assert_type(handler.records, list[CallRecord])
    assert_type(budget.status(user="ann").remaining, Decimal)
    with track_cost("$0.50", on_store_error="allow") as cost:
        assert_type(cost, OpenRouterCostHandler)
    assert_type(Ledger.open("sqlite:///costs.db").report(by="team", format="html"), str)
    Budget("$5", per="fortnight")  # type: ignore[arg-type]
    OpenRouterCostHandler(on_store_error="hope")  # type: ignore[arg-type]
    track_cost("$1", budgets=[])  # type: ignore[call-arg]


def refused(error: BudgetExceededError) -> None:
    """A refusal says in types what was asked and what would fit."""
    assert_type(error.asked, Decimal | None)
    assert_type(error.fits, Decimal | None)
    assert_type(error.max_tokens, int | None)
    assert_type(error.resets_at, datetime | None)
