"""What an error tells of the limit that was reached."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from langchain_openrouter import ChatOpenRouter, errors
from langchain_openrouter.emulator import Emulator, Fault
from langchain_openrouter.errors import OpenRouterError, from_payload, from_response
from langchain_openrouter.errors.limits import amount, moment
from tests.helpers.fake import Server, delta, events, whole
from tests.helpers.records import JSON

if TYPE_CHECKING:
    from tests.helpers.styles import Ask

RESET = dt.datetime(2026, 10, 12, tzinfo=dt.UTC)
MILLISECONDS = int(RESET.timestamp() * 1000)
GUARDRAIL = {
    "limit_source": "openrouter_guardrail_budget",
    "scope": "member",
    "limit_usd": 50,
    "spend_usd": 50.25,
    "resets_at": "2026-10-12T00:00:00.000Z",
}
IN_FLIGHT = {
    "reason": "in_flight_budget_exhausted",
    "limit_source": "openrouter_in_flight_budget",
    "remedy_hint": "Retry after your in-flight requests settle (see the Retry-After header).",
}
FREE_DAY = {
    "headers": {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(MILLISECONDS)},
    "limit_source": "openrouter_free_tier_daily",
    "remedy_hint": "Add credits.",
}
LIMITED = [errors.BudgetLimitError, errors.InFlightBudgetError, errors.InsufficientCreditsError, errors.RateLimitError]


def body_of(status: int, metadata: Any, message: str = "Limit exceeded") -> dict[str, Any]:
    """Write the body of a failed response."""
    return {"error": {"code": status, "message": message, "metadata": metadata}, "user_id": "user_REDACTED"}


def failed(status: int, metadata: Any, message: str = "Limit exceeded", **headers: str) -> Any:
    """Read a failed response."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return from_response(status, names, json.dumps(body_of(status, metadata, message)))


def details(error: Any) -> tuple[Any, ...]:
    """Give what an error tells of its limit."""
    return error.limit_source, error.limit_usd, error.spend_usd, error.resets_at


SHAPES: list[tuple[int, Any, type[OpenRouterError], tuple[Any, ...]]] = [
    (
        403,
        GUARDRAIL,
        errors.BudgetLimitError,
        ("openrouter_guardrail_budget", Decimal(50), Decimal("50.25"), RESET),
    ),
    (
        403,
        {**GUARDRAIL, "limit_source": "openrouter_workspace_budget", "resets_at": None},
        errors.BudgetLimitError,
        ("openrouter_workspace_budget", Decimal(50), Decimal("50.25"), None),
    ),
    (
        403,
        {**GUARDRAIL, "limit_source": "openrouter_key_limit", "spend_usd": 0.1, "limit_usd": 0},
        errors.BudgetLimitError,
        ("openrouter_key_limit", Decimal(0), Decimal("0.1"), RESET),
    ),
    (402, IN_FLIGHT, errors.InFlightBudgetError, ("openrouter_in_flight_budget", None, None, None)),
    (
        402,
        {"reason": "weight_exceeds_budget", "limit_source": "openrouter_credits"},
        errors.InsufficientCreditsError,
        ("openrouter_credits", None, None, None),
    ),
    (
        402,
        {"limit_source": "openrouter_key_limit", "limit_usd": 5.0},
        errors.InsufficientCreditsError,
        ("openrouter_key_limit", Decimal(5), None, None),
    ),
    (
        402,
        {"provider_name": None, "previous_errors": [{"code": 402, "message": "x"}]},
        errors.InsufficientCreditsError,
        (None, None, None, None),
    ),
    (429, FREE_DAY, errors.RateLimitError, ("openrouter_free_tier_daily", None, None, RESET)),
    (
        429,
        {"raw": "slow down", "provider_name": "Acme", "limit_source": "upstream_provider_shared_pool"},
        errors.RateLimitError,
        ("upstream_provider_shared_pool", None, None, None),
    ),
]


@pytest.mark.parametrize(("status", "metadata", "kind", "told"), SHAPES)
def test_what_is_told(status: int, metadata: Any, kind: type[OpenRouterError], told: tuple[Any, ...]) -> None:
    """Source, limit, spending and reset of each documented shape; amounts are exact, times are in UTC."""
    error = failed(status, metadata)
    assert type(error) is kind
    assert details(error) == told


@pytest.mark.parametrize(
    "message",
    ["Key limit exceeded (weekly limit)", "Workspace monthly budget of $500.00 exceeded. Contact your org admin."],
)
def test_words_tell_no_time(message: str) -> None:
    """An answer without details has a class and no time: when a week ends is not what its message says."""
    error = failed(403, {}, message)
    assert type(error) is errors.BudgetLimitError
    assert details(error) == (None, None, None, None)
    assert "resets at" not in str(error)


def test_the_header_tells_the_reset() -> None:
    """Newer answers have the reset of the free tier in a header of the response."""
    error = failed(429, {"error_type": "rate_limit_exceeded"}, X_RateLimit_Reset=str(MILLISECONDS))
    assert error.resets_at == RESET


@pytest.mark.parametrize("reset", ["soon", "", "60", "-5", "nan", "inf", "1e99", None, True, [], {}, 1_760_000_000])
def test_odd_resets(reset: Any) -> None:
    """What is no time in milliseconds is no time."""
    assert failed(429, {"headers": {"X-RateLimit-Reset": reset}}).resets_at is None
    assert failed(403, {**GUARDRAIL, "resets_at": reset}).resets_at is None


def test_the_documented_template(shared: Any) -> None:
    """The collected templates of limits tell their sources."""
    lines = [json.loads(line) for line in (shared / "error_shapes.jsonl").read_text().splitlines() if line]
    shapes = [shape for shape in lines if "limit_source" in json.dumps(shape["body"])]
    told = [from_response(shape["http"], {}, json.dumps(shape["body"])) for shape in shapes]
    assert [error.limit_source for error in told if isinstance(error, errors.RateLimitError)] == [
        "openrouter_free_tier_daily",
        "upstream_provider_shared_pool",
    ]


class TestText:
    def test_amounts_and_reset(self) -> None:
        """The text says how much of what is spent, and when the limit resets; class and remedy stay."""
        text = str(failed(403, GUARDRAIL))
        assert "$50.25 of $50 are spent." in text
        assert text.endswith("The limit resets at 2026-10-12 00:00:00 UTC.")
        assert errors.BudgetLimitError.remedy in text

    def test_nothing_is_made_up(self) -> None:
        """Without them nothing is added."""
        error = failed(402, IN_FLIGHT)
        assert str(error).endswith(error.remedy)

    def test_half_of_it(self) -> None:
        """A limit without a spending is told when it resets only."""
        text = str(failed(403, {**GUARDRAIL, "spend_usd": None}))
        assert "spent" not in text.rpartition("\n")[2]
        assert "resets at 2026" in text


class TestPlaces:
    @pytest.mark.parametrize("place", ["top", "choice", "beside"])
    def test_inside_an_answer(self, place: str, ask: Ask) -> None:
        """An error in a successful answer tells the same, wherever in it the error stands."""
        metadata = {} if place == "beside" else GUARDRAIL
        error = {
            "code": 403,
            "message": "Limit exceeded",
            "metadata": metadata,
            **(GUARDRAIL if place == "beside" else {}),
        }
        choice = {"index": 0, "message": {"content": ""}, "delta": {}, "finish_reason": "error"}
        body: dict[str, Any] = {"id": "gen-1", "model": "m", "choices": [choice]}
        if place == "choice":
            choice["error"] = error
        else:
            body["error"] = error
        with pytest.raises(errors.BudgetLimitError) as caught:
            ask(Server(whole(body)).model())
        assert isinstance(caught.value, ValueError)
        assert details(caught.value) == ("openrouter_guardrail_budget", Decimal(50), Decimal("50.25"), RESET)

    def test_in_the_middle_of_a_stream(self, ask_streamed: Ask) -> None:
        """So does one that ends a stream."""
        last = {**delta(""), "error": {"code": 429, "message": "x", "metadata": FREE_DAY}}
        with pytest.raises(errors.RateLimitError) as caught:
            ask_streamed(Server(events(delta("half"), last)).model())
        assert caught.value.resets_at == RESET

    def test_from_the_emulator(self, ask: Ask) -> None:
        """The emulator's own refusals are read."""
        fault = Fault.over_budget(5, 5.25, RESET)
        with Emulator(models=[{"id": "a/b"}], faults=[fault]) as openrouter:
            model = ChatOpenRouter(
                model="a/b", api_key=SecretStr(openrouter.api_key), base_url=openrouter.base_url, model_validation="off"
            )
            with pytest.raises(errors.BudgetLimitError) as caught:
                ask(model)
            assert details(caught.value) == ("openrouter_key_limit", Decimal(5), Decimal("5.25"), RESET)
            assert len(openrouter.requests) == 1
            openrouter.clear_faults()
            openrouter.add_fault(Fault.in_flight(0, times=1))
            ask(model)
            assert len(openrouter.requests) == 3


class TestValues:
    @pytest.mark.parametrize("kind", LIMITED)
    @pytest.mark.parametrize("embedded", [False, True])
    def test_they_travel(self, kind: type[OpenRouterError], embedded: bool) -> None:
        """Pickled and copied, an error tells the same, as a `ValueError` too."""
        error = kind("x", body=body_of(403, GUARDRAIL), embedded=embedded)
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
            assert type(again) is type(error)
            assert details(again) == details(error)
            assert details(again)[3] == RESET
            assert str(again) == str(error)

    @pytest.mark.parametrize("kind", LIMITED)
    @pytest.mark.parametrize("body", [None, "text", [], {}, {"error": None}, {"error": []}, {"choices": 5}])
    def test_without_details(self, kind: type[OpenRouterError], body: Any) -> None:
        """A body without them tells nothing, and the text of the error is as ever."""
        error = kind("x", body=body)
        assert details(error) == (None, None, None, None)
        assert str(error) == f"x\n{kind.remedy}"

    def test_they_are_read_only(self) -> None:
        """Nobody can change them by accident."""
        with pytest.raises(AttributeError):
            failed(403, GUARDRAIL).resets_at = None

    @given(metadata=JSON | st.dictionaries(st.sampled_from([*GUARDRAIL, "headers"]), JSON))
    def test_any_details(self, metadata: Any) -> None:
        """Whatever the body holds, the details and the text can be had, in their types."""
        for error in (
            failed(429, metadata),
            from_payload({"code": 402, "metadata": metadata}, body={"error": metadata}),
        ):
            source, limit, spent, reset = details(error)
            assert source is None or isinstance(source, str)
            assert all(each is None or isinstance(each, Decimal) for each in (limit, spent))
            assert reset is None or reset.utcoffset() == dt.timedelta(0)
            assert str(error)

    @given(value=st.decimals(min_value=-(10**8), max_value=10**8, places=9))
    def test_amounts_are_exact(self, value: Decimal) -> None:
        """A text, a decimal and a float are the amount that is written."""
        assert amount(value) == amount(str(value)) == value
        assert amount(float(value)) == Decimal(repr(float(value)))

    @pytest.mark.parametrize("value", [True, None, "", "much", [], float("nan"), float("inf"), "1e12", "1" * 9999])
    def test_no_amounts(self, value: Any) -> None:
        """What is no amount, or more than anybody has, is none."""
        assert amount(value) is None

    @given(time=st.datetimes(timezones=st.timezones()))
    def test_times_are_in_utc(self, time: dt.datetime) -> None:
        """A time is the same moment in UTC."""
        read = moment(time.isoformat())
        if read is not None:  # none at the ends of the calendar
            assert read.utcoffset() == dt.timedelta(0)
            assert read == dt.datetime.fromisoformat(time.isoformat())

    def test_times_without_a_zone(self) -> None:
        """A time without a zone is in UTC; at the end of the calendar there may be none."""
        assert moment("2026-10-12T00:00:00") == moment("2026-10-12") == RESET
        assert moment("9999-12-31T23:59:59-14:00") is None
