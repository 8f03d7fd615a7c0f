"""The facts of all candidates in columns, against a look at each model."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.catalog import Model
from langchain_openrouter.costs.tariff import Tariff
from langchain_openrouter.routing.candidate import Candidate
from langchain_openrouter.routing.table import PICO, members
from tests.routing.made import AT, made, real_table, snapshot, table_of

if TYPE_CHECKING:
    from langchain_openrouter.routing.table import Prices, Table

MODELS = list(snapshot())
PARAMETERS = sorted(frozenset().union(*(model.supported_parameters for model in MODELS)))
MODALITIES = ["audio", "embeddings", "file", "image", "text", "video"]


@given(st.sets(st.integers(0, 500)))
def test_members(positions: set[int]) -> None:
    """A set of candidates is a number, and its members come in order."""
    assert list(members(sum(1 << each for each in positions))) == sorted(positions)


def test_columns() -> None:
    """Each column tells of each model what the catalog does, in the candidates' order."""
    table = real_table()

    assert len(table) == len(MODELS) == 413
    assert table.names == [model.id for model in MODELS]
    assert table.context == [model.context_length for model in MODELS]
    assert table.longest_answer == [model.max_completion_tokens or 0 for model in MODELS]
    assert list(members(table.free)) == [i for i, model in enumerate(MODELS) if model.pricing.is_free]
    assert list(members(table.everyone)) == list(range(413))
    assert table.tiers == [snapshot().tier(model.id) for model in MODELS]


@pytest.mark.parametrize("name", PARAMETERS)
def test_supporting(name: str) -> None:
    """Those support a parameter that list it, and those that list nothing."""
    able = real_table().supporting(frozenset({name}))

    assert list(members(able)) == [
        i for i, model in enumerate(MODELS) if name in model.supported_parameters or not model.supported_parameters
    ]


def test_supporting_one_of_several() -> None:
    """Of several names one is enough; sets of names are not mixed up."""
    table = real_table()
    for one, other in itertools.product(["tools", "seed", "structured_outputs"], ["response_format", "reasoning"]):
        either = table.supporting(frozenset({one}))
        either |= table.supporting(frozenset({other}))
        assert table.supporting(frozenset({one, other})) == either


@pytest.mark.parametrize("kind", MODALITIES)
def test_modalities(kind: str) -> None:
    """Those read and make a modality that list it; what is read is not mixed up with what is made."""
    reading, answering = real_table().reading(kind), real_table().answering(kind)

    assert list(members(reading)) == [i for i, model in enumerate(MODELS) if kind in model.input_modalities]
    assert list(members(answering)) == [i for i, model in enumerate(MODELS) if kind in model.output_modalities]


def test_what_nobody_knows() -> None:
    """Of what nobody knows anything of, everything is taken to be possible, and nothing to be free."""
    table = table_of(["a/unknown", Model("a/empty"), made("a/known", supported_parameters=["seed"])])

    assert table.supporting(frozenset({"tools"})) == 0b011
    assert table.reading("smell") == table.answering("smell") == 0b011
    assert table.free == 0
    assert (table.context[:2], table.longest_answer[:2], table.tiers[:2]) == ([0, 0], [0, 0], [None, None])
    assert table.prices(10, AT).prompt[:2] == [-1, -1]


def _agree(table: Table, prices: Prices, tokens: int, at: dt.datetime) -> None:
    columns = zip(table.facts, prices.prompt, prices.completion, prices.request, strict=True)
    for model, *priced in columns:
        known = Tariff(model, at).prices(tokens) if model else None
        expected = [-1, -1, -1] if known is None else [known.prompt, known.completion, known.request]
        assert expected == [price if price < 0 else price * PICO for price in priced]


@pytest.mark.parametrize("floor", [0, 32_000, 128_000, 200_000, 256_000, 272_000])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_prices_by_length(floor: int, beyond: int) -> None:
    """At each threshold of the real price lists, and beside it, every model has the price that its tariff tells."""
    tokens = max(floor + beyond, 0)
    _agree(real_table(), real_table().prices(tokens, AT), tokens, AT)


def test_the_thresholds_of_the_catalog() -> None:
    """The thresholds above are all that there are."""
    floors = {entry.min_prompt_tokens for model in MODELS for entry in model.pricing.overrides}

    assert floors == {32_000, 128_000, 200_000, 256_000, 272_000}


NIGHT = {"overrides": [{"utc_start": 2230, "utc_end": 615, "completion": "0.000001"}]}
LONG = {"overrides": [{"min_prompt_tokens": 100, "prompt": "0.000005"}]}


@pytest.mark.parametrize("clock", ["00:00", "06:14", "06:15", "06:59", "12:00", "22:29", "22:30", "22:31", "23:59"])
def test_prices_by_the_hour(clock: str) -> None:
    """Prices change with the minute at which they do, also in a table that was asked before."""
    table = table_of([made("a/night", pricing=NIGHT), made("a/long", pricing=LONG), made("a/plain")])
    hour, minute = map(int, clock.split(":"))
    at = AT.replace(hour=hour, minute=minute, second=59)
    for tokens in (100, 101):
        for before in (AT, at.replace(minute=0), at.replace(minute=59)):
            table.prices(tokens, before)
        _agree(table, table.prices(tokens, at), tokens, at)


def test_many_price_lists() -> None:
    """A table that was asked at hundreds of minutes still tells the right prices."""
    table = table_of([made("a/night", pricing=NIGHT)])
    for minute in range(0, 3000, 7):
        at = AT + dt.timedelta(minutes=minute)
        _agree(table, table.prices(10, at), 10, at)


def test_a_discount() -> None:
    """A discount leaves prices exact."""
    table = table_of([made("a/less", "0.00000123", "0.00000457", pricing={"discount": 0.37})])
    prices = table.prices(10, AT)

    assert (prices.prompt[0] * PICO, prices.completion[0] * PICO) == (Decimal("0.0000007749"), Decimal("0.0000028791"))


class TestQuality:
    def test_benchmarks(self) -> None:
        """Code is compared by the coding index, all else by the intelligence index."""
        table = real_table()

        assert table.quality("code") == [model.benchmarks.coding for model in MODELS]
        for task in ("math", "chat", "vision", "general", "translation"):
            assert table.quality(task) == [model.benchmarks.intelligence for model in MODELS]
        assert table.benchmark("agentic") == [model.benchmarks.agentic for model in MODELS]

    def test_ones_own_figures(self) -> None:
        """One figure of the user's for a task puts the benchmarks of that task aside, and of no other."""
        by_task = Candidate(made("a/one", quality=30), quality={"math": 0.5})
        table = table_of([by_task, made("a/two", quality=40), "a/unknown"])

        assert table.quality("math") == [0.5, None, None]
        assert table.quality("code") == table.quality("general") == [30, 40, None]

    def test_a_figure_for_all_tasks(self) -> None:
        """A number counts for every task, also 0."""
        table = table_of([Candidate(made("a/one", quality=30), quality=0), made("a/two", quality=40)])

        assert table.quality("math") == table.quality("code") == [0, None]


def test_own_limits() -> None:
    """Caps of candidates are known in picodollars; whoever has none is not among them."""
    table = table_of([made("a/one"), Candidate(made("a/two"), max_cost="$0.01"), Candidate("a/three", max_cost=0)])

    assert table.own_limits == {1: 10_000_000_000, 2: 0}
