from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter.reports import Percentiles, measure
from langchain_openrouter.reports.performance import for_people, percentile
from tests.reports.made import call, records


class TestPercentiles:
    @settings(deadline=None)
    @given(values=st.lists(st.integers(0, 50), min_size=1, max_size=300), percent=st.integers(1, 100))
    def test_nearest_rank(self, values: list[int], percent: int) -> None:
        """A percentile is the least value that so many of a hundred do not exceed."""
        told = percentile(sorted(values), percent)

        assert told in values
        assert sum(value <= told for value in values) * 100 >= percent * len(values)
        assert sum(value < told for value in values) * 100 < percent * len(values)

    def test_of_a_hundred(self) -> None:
        """Of 1 to 100, p95 is 95: no rounding of 0.95 makes it 96."""
        (told, _) = measure([call("1", duration_s=float(number)) for number in range(100, 0, -1)])

        assert told.latency == Percentiles(50, 90, 95, 99)

    def test_of_one(self) -> None:
        """The percentiles of a single call are its own time."""
        (told, _) = measure([call("1", duration_s=2.5, first_token_s=0.5)])

        assert told.latency == Percentiles(2.5, 2.5, 2.5, 2.5)
        assert told.first_token == Percentiles(0.5, 0.5, 0.5, 0.5)

    def test_nothing_is_known(self) -> None:
        """Calls without times have no latency and no speed, instead of 0."""
        (told, _) = measure([call("1", completion_tokens=5)])

        assert (told.latency, told.first_token, told.tokens_per_second) == (None, None, None)


class TestMeasure:
    @settings(deadline=None)
    @given(made=st.lists(records(), max_size=12))
    def test_providers_add_up_to_their_model(self, made: list[Any]) -> None:
        """Calls, failures and errors of a model are those at its providers; answers from a cache are in none."""
        told = measure(made)
        models = [each for each in told if each.provider is None]

        assert sum(each.calls for each in models) == sum(each.status != "cached" for each in made)
        for model in models:
            providers = [each for each in told if each.model == model.model and each.provider is not None]
            assert sum(each.calls for each in providers) == model.calls
            assert sum(each.failed_calls for each in providers) == model.failed_calls == sum(model.errors.values())

    def test_failures_have_no_time(self) -> None:
        """Latency is that of successful calls: a quick refusal does not make a model fast."""
        (told, _) = measure([call("1", duration_s=4.0), call(None, duration_s=0.01, error="OpenRouterTimeoutError")])

        assert told.latency == Percentiles(4, 4, 4, 4)
        assert (told.success_rate, told.errors) == (0.5, {"OpenRouterTimeoutError": 1})

    @pytest.mark.parametrize(
        ("first", "speed"),
        [
            (1.0, 50.0),  # from the first piece on
            (None, 100 / 3),  # not streamed
            (3.0, 100 / 3),  # in one piece
        ],
    )
    def test_speed(self, first: float | None, speed: float) -> None:
        """Tokens per second are those while the answer was written, where that is known."""
        (told, _) = measure([call("1", completion_tokens=100, duration_s=3.0, first_token_s=first)])

        assert told.tokens_per_second == pytest.approx(speed)

    def test_most_used_first(self) -> None:
        """Models come by calls, each followed by its providers."""
        made = [call("1", model="c/d", provider="X"), *(call("1", provider=each) for each in ("X", "Y", "Y"))]

        assert [(each.model, each.provider, each.calls) for each in measure(made)] == [
            ("a/b", None, 3), ("a/b", "Y", 2), ("a/b", "X", 1), ("c/d", None, 1), ("c/d", "X", 1),
        ]  # fmt: skip

    def test_lines_for_people(self) -> None:
        """A model of one provider has one line, with its failures, whose provider nobody knows."""
        made = [call("1", provider="X"), call(None, provider=None, error="E")]
        several = [call("1", model="c/d", provider=each) for each in ("X", "Y")]

        assert [(each.model, each.calls, name) for each, name in for_people(measure([*made, *several]))] == [
            ("a/b", 2, "X"), ("c/d", 2, "all providers"), ("c/d", 1, "X"), ("c/d", 1, "Y"),
        ]  # fmt: skip
