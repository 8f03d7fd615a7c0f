"""What is set aside before a call is never less than what is billed after it."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from integration_tests.support import MODEL, REASONING_MODELS, Ask, Served
from langchain_openrouter import Budget, BudgetExceededError, Catalog, OpenRouterCostHandler, UnknownPriceError
from langchain_openrouter.emulator import Emulator, Fault
from tests.costs.made import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 64).decode()
WORDS = "Tell me about money, and about budgets that hold. "


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


class Report(BaseModel):
    """The weather in a city."""

    city: str
    celsius: float


@pytest.fixture
def made() -> Iterator[tuple[Served, Catalog]]:
    """Serve models with made-up prices, of which a catalog knows."""
    with Emulator(models=MODELS, credits=None) as emulator:
        yield Served(emulator), Catalog.from_response(MODELS)


def hold_good(handler: OpenRouterCostHandler, calls: int = 1) -> None:
    """Hold each record's cost against what was set aside for it."""
    assert len(handler.records) == calls
    for record in handler.records:
        assert record.status == "billed"
        assert record.cost is not None
        assert record.reserved is not None
        assert record.cost <= record.reserved, record.model


class TestNeverTooLittle:
    @pytest.mark.parametrize("length", [10, 1500, 2500, 4500, 9000])
    @pytest.mark.parametrize(
        "name", ["plain", "cheaper", "thinker", "tiers", "fee", "plain:free", "anthropic/claude", "google/gemini"]
    )
    def test_prices(self, made: tuple[Served, Catalog], name: str, length: int) -> None:
        """Tiers, fees, discounts, prices of reasoning and of cache writes are all within."""
        served, catalog = made
        handler = OpenRouterCostHandler("$100", catalog=catalog)
        model = served.model(name if "/" in name else f"acme/{name}", model_validation="off", max_tokens=400)

        model.invoke(WORDS * (length // 10), config={"callbacks": [handler]})

        hold_good(handler)

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"max_tokens": 1},
            {"max_tokens": 200},
            {"max_completion_tokens": 200},
            {"max_tokens": 100, "max_completion_tokens": 300},
            {"n": 3},
            {"n": 3, "max_tokens": 100},
            {"models": ["openai/gpt-4o", "anthropic/claude-sonnet-4.5"]},
        ],
    )
    async def test_parameters(self, served: Served, ask: Ask, options: dict[str, Any]) -> None:
        """Limits, several choices and several models are within."""
        handler = OpenRouterCostHandler("$100")

        await ask(served.model(**options), WORDS * 20, config={"callbacks": [handler]})

        hold_good(handler)

    async def test_dearest_of_models(self, served: Served, ask: Ask) -> None:
        """Where a dearer model of `models` takes the call, that was within, too."""
        served.fail(Fault(kind="status", status=503, model=MODEL))
        handler = OpenRouterCostHandler("$100")

        await ask(served.model(models=["anthropic/claude-opus-4.1"], n=1), WORDS, config={"callbacks": [handler]})

        hold_good(handler)
        assert handler.records[0].model != MODEL

    @pytest.mark.parametrize("dearer_first", [False, True])
    def test_all_of_models(self, served: Served, dearer_first: bool) -> None:
        """What is set aside for several models is what the dearest of them would need alone."""
        names = ["openai/gpt-4o", MODEL] if dearer_first else [MODEL, "openai/gpt-4o"]
        handler = OpenRouterCostHandler("$100")

        served.model(names[0], models=names[1:], max_tokens=50).invoke("Hello", config={"callbacks": [handler]})
        served.model("openai/gpt-4o", max_tokens=50).invoke("Hello", config={"callbacks": [handler]})

        assert handler.records[0].reserved == handler.records[1].reserved

    @pytest.mark.parametrize("name", REASONING_MODELS)
    async def test_reasoning(self, served: Served, ask: Ask, name: str) -> None:
        """Reasoning is within, with a limit and without one."""
        handler = OpenRouterCostHandler("$100")

        for options in ({}, {"max_tokens": 3000}):
            model = served.model(name, reasoning={"effort": "high"}, **options)
            await ask(model, WORDS, config={"callbacks": [handler]})

        hold_good(handler, 2)

    async def test_tools_and_structure(self, served: Served, ask: Ask) -> None:
        """Tools that are bound, and the schema of a structured answer, are part of the prompt."""
        handler = OpenRouterCostHandler("$100")
        config: Any = {"callbacks": [handler]}

        await ask(served.model().bind_tools([weather]), "What is the weather in Oslo?", config={**config})
        for method in ("json_schema", "function_calling"):
            served.model().with_structured_output(Report, method=method).invoke("JSON of Oslo's weather", config)

        hold_good(handler, 3)
        plain = OpenRouterCostHandler("$100")
        served.model().invoke("What is the weather in Oslo?", config={"callbacks": [plain]})
        assert handler.records[0].reserved > plain.records[0].reserved  # type: ignore[operator]

    async def test_image(self, served: Served, ask: Ask) -> None:
        """Images of a prompt are within."""
        handler = OpenRouterCostHandler("$100")
        picture: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
        message = HumanMessage([{"type": "text", "text": "What is this?"}, picture])

        await ask(served.model(), [message], config={"callbacks": [handler]})

        hold_good(handler)

    @pytest.mark.parametrize("given", ["field", "bound", "call"])
    def test_where_the_limit_is_given(self, served: Served, given: str) -> None:
        """A limit counts the same as a field of the model, bound to it, or given with the call."""
        handler = OpenRouterCostHandler("$100")
        model: Any = served.model(max_tokens=50 if given == "field" else None)
        model = model.bind(max_tokens=50) if given == "bound" else model

        options = {"max_tokens": 50} if given == "call" else {}
        model.invoke("Hello", config={"callbacks": [handler]}, **options)
        served.model(max_tokens=50).invoke("Hello", config={"callbacks": [handler]})

        hold_good(handler, 2)
        assert handler.records[0].reserved == handler.records[1].reserved


class TestUnknown:
    ROUTER = "openrouter/any"

    def test_block(self, made: tuple[Served, Catalog]) -> None:
        """A call whose price nobody knows is not sent, and the error says how to go on."""
        served, catalog = made
        handler = OpenRouterCostHandler("$1", catalog=catalog)

        with pytest.raises(UnknownPriceError, match='on_unknown_price="reserve:') as refused:
            served.model(self.ROUTER).invoke("Hello", config={"callbacks": [handler]})

        assert served.bodies == []
        assert refused.value.model == self.ROUTER
        assert isinstance(refused.value, BudgetExceededError)

    def test_reserve(self, made: tuple[Served, Catalog]) -> None:
        """The amount that is told is set aside, and has to fit."""
        served, catalog = made
        handler = OpenRouterCostHandler("$0.07", catalog=catalog, on_unknown_price="reserve:$0.05")
        chunks = served.model(self.ROUTER, model_validation="off").stream("Hello", config={"callbacks": [handler]})
        next(chunks)

        assert handler.status()[0].reserved == Decimal("0.05")
        with pytest.raises(BudgetExceededError):
            served.model(self.ROUTER).invoke("Hello", config={"callbacks": [handler]})
        list(chunks)
        assert handler.status()[0].reserved == 0

    def test_allow(self, made: tuple[Served, Catalog]) -> None:
        """Nothing is set aside, and what the call cost is counted."""
        served, catalog = made
        handler = OpenRouterCostHandler("$1", catalog=catalog, on_unknown_price="allow")
        served.model(self.ROUTER, model_validation="off").invoke("Hello", config={"callbacks": [handler]})

        assert not handler.records[0].reserved
        assert handler.status()[0].spent == handler.total == served.emulator.spent

    def test_without_a_budget(self, made: tuple[Served, Catalog]) -> None:
        """Without a budget nothing is refused."""
        served, catalog = made
        handler = OpenRouterCostHandler(catalog=catalog)

        served.model(self.ROUTER, model_validation="off").invoke("Hello", config={"callbacks": [handler]})

        assert handler.calls == 1

    def test_max_price(self, made: tuple[Served, Catalog]) -> None:
        """`provider.max_price` and `max_tokens` together are a bound for a model whose price nobody knows."""
        served, catalog = made
        handler = OpenRouterCostHandler("$1", catalog=catalog)
        prices: Any = {"max_price": {"prompt": 10, "completion": 20}}
        model = served.model(self.ROUTER, model_validation="off", openrouter_provider=prices, max_tokens=1000)

        model.invoke("Hello", config={"callbacks": [handler]})

        reserved = handler.records[0].reserved
        assert reserved is not None
        assert Decimal("0.02") < reserved < Decimal("0.03")

    @pytest.mark.parametrize(
        "options",
        [
            {"plugins": [{"id": "web"}]},
            {"plugins": [{"id": "file-parser"}]},
            {"web_search_options": {"search_context_size": "low"}},
            {"tools": [{"type": "openrouter:web_search"}]},
            {"extra_body": {"plugins": [{"id": "web"}]}},
            {"model": f"{MODEL}:online"},
        ],
    )
    def test_fees(self, served: Served, options: dict[str, Any]) -> None:
        """Searches and other things that are billed apart are of unknown price."""
        handler = OpenRouterCostHandler("$1")
        fields = {name: value for name, value in options.items() if name in {"plugins", "extra_body", "model"}}
        call = {name: value for name, value in options.items() if name not in fields}

        with pytest.raises(UnknownPriceError, match="billed apart"):
            served.model(**{"model": MODEL, **fields}).invoke("Hello", config={"callbacks": [handler]}, **call)

        assert served.bodies == []

    @pytest.mark.parametrize("plugin", [{"id": "response-healing"}, {"id": "web", "enabled": False}])
    def test_what_is_free(self, served: Served, plugin: dict[str, Any]) -> None:
        """Plugins that cost nothing, or are switched off, are no fees."""
        handler = OpenRouterCostHandler("$1")

        served.model(plugins=[plugin]).invoke("Hello", config={"callbacks": [handler]})

        hold_good(handler)

    @pytest.mark.parametrize("wrong", ["reserve", "reserve:", "reserve:much", "reserve:-1", "deny", ""])
    def test_wrong_arguments(self, wrong: str) -> None:
        """What is none of the three is refused when the handler is made, by name."""
        with pytest.raises(ValueError, match="on_unknown_price"):
            OpenRouterCostHandler(Budget("$1"), on_unknown_price=wrong)
