"""Amounts of money: read as people write them, counted in whole nano-dollars, written without loss."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_openrouter.costs.money import MOST_NANO, as_dollars, ceil_nano, from_nano, in_dollars, to_nano

nanos = st.integers(0, MOST_NANO)
amounts = st.decimals(0, 9_000_000, allow_nan=False, allow_infinity=False, places=15)
precisions = st.integers(1, 40)


class TestReading:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("$0.50", "0.5"), ("0.50", "0.5"), (" $ 1 ", "1"), ("$1,000.25", "1000.25"), ("1,234,567", "1234567"),
            (1, "1"), (0.1, "0.1"), (Decimal("0.07"), "0.07"), ("1e-6", "0.000001"), (0, "0"), ("7_000", "7000"),
        ],
    )  # fmt: skip
    def test_known(self, written: Any, meant: str) -> None:
        """Dollars are read in the ways that programs and people write them; a float is what it is written as."""
        assert as_dollars(written) == Decimal(meant)

    @pytest.mark.parametrize(
        "wrong",
        [
            "", "$", "much", "-1", "-$1", -0.01, "NaN", "sNaN", float("inf"), True, "0,50", "1,5", "1,00", "1.000,00",
            "10,0000", ",5", "$$1", "1 dollar", None, [], 10**10, "1e400", Decimal("9007199.2547409931"),
        ],
    )  # fmt: skip
    def test_unknown(self, wrong: Any) -> None:
        """What is no amount, or may be meant otherwise, is refused by name: `0,50` must not be fifty dollars."""
        with pytest.raises(ValueError, match=r"per_request=.*Pass 0 to"):
            as_dollars(wrong, "per_request")

    @given(st.text(max_size=8) | st.floats() | st.integers() | st.decimals())
    def test_anything(self, value: Any) -> None:
        """Of anything else comes an amount that stores can count, or a `ValueError`."""
        try:
            dollars = as_dollars(value)
        except ValueError:
            return
        assert 0 <= to_nano(dollars) <= MOST_NANO


class TestCounting:
    @given(nanos)
    def test_back(self, nano: int) -> None:
        """Nano-dollars come back from dollars as they were."""
        assert to_nano(from_nano(nano)) == ceil_nano(from_nano(nano)) == nano

    @given(amounts)
    def test_nearest(self, dollars: Decimal) -> None:
        """A cost becomes the nearest whole number, a worst case the next above."""
        exact = Fraction(dollars) * 10**9

        assert abs(to_nano(dollars) - exact) <= Fraction(1, 2)
        assert 0 <= ceil_nano(dollars) - exact < 1

    @given(amounts, nanos, precisions)
    def test_any_precision(self, dollars: Decimal, nano: int, precision: int) -> None:
        """The precision that a program has chosen for numbers of its own changes nothing."""
        wanted = to_nano(dollars), ceil_nano(dollars), from_nano(nano), in_dollars(dollars)

        with localcontext() as context:
            context.prec, context.rounding = precision, ROUND_CEILING
            found = to_nano(dollars), ceil_nano(dollars), from_nano(nano), in_dollars(dollars)

        assert found == wanted


class TestWriting:
    @given(amounts)
    def test_back(self, dollars: Decimal) -> None:
        """What is written for people reads back as the same amount."""
        assert as_dollars(in_dollars(dollars)) == dollars

    def test_unknown(self) -> None:
        """An unknown amount is not written as nothing."""
        assert in_dollars(None) == "unknown"
        assert in_dollars(Decimal(0)) == "$0.00"
