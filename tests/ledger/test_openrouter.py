"""What OpenRouter says of a key, its account and its generations, asked over real sockets."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import threading
from dataclasses import asdict, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_openrouter import errors
from langchain_openrouter.emulator import Emulator, Exchange, Fault
from langchain_openrouter.ledger.openrouter import (
    Account,
    Generation,
    Generations,
    KeyBudget,
    aaccount,
    account,
    generation,
)
from tests.helpers.environment import no_settings_of_this_machine
from tests.helpers.records import JSON
from tests.helpers.sockets import RawServer, answering

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["no_settings_of_this_machine"]

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
"""A Saturday."""

DOCUMENTED = {
    "byok_usage": 17.38,
    "byok_usage_daily": 17.31,
    "byok_usage_monthly": 17.33,
    "byok_usage_weekly": 17.32,
    "creator_user_id": "user_2dHFtVWx2n56w6HkM0000000000",
    "expires_at": "2027-12-31T23:59:59Z",
    "include_byok_in_limit": False,
    "is_free_tier": False,
    "is_management_key": False,
    "label": "sk-or-v1-au7...890",
    "limit": 100,
    "limit_remaining": 74.5,
    "limit_reset": "monthly",
    "rate_limit": {"interval": "1h", "note": "This field is deprecated and safe to ignore.", "requests": 1000},
    "usage": 25.5,
    "usage_daily": 25.1,
    "usage_monthly": 25.3,
    "usage_weekly": 25.2,
    "free_model_daily_requests": {"limit": 1000, "remaining": 990, "used": 10},
}
"""As in the API's description, with figures that can be told apart."""

WEEKLY = {
    "budget_id": None,
    "guardrail_id": "0df9e665-d932-5740-b2c7-b52af166bc11",
    "include_byok": False,
    "limit_usd": 50,
    "remaining_usd": 17.5,
    "reset_interval": "weekly",
    "resets_at": "2026-10-12T00:00:00.000Z",
    "scope": "member",
    "spend_usd": 32.5,
}
KEPT = {
    "cancelled": False,
    "created_at": "2024-07-15T23:33:19.433273+00:00",
    "finish_reason": "stop",
    "generation_time": 1200,
    "id": "gen-3bhGkxlo4XFrqiabUM7NDtwDzWwG",
    "is_byok": False,
    "latency": 1250,
    "model": "sao10k/l3-stheno-8b",
    "native_tokens_cached": 3,
    "native_tokens_completion": 25,
    "native_tokens_prompt": 10,
    "native_tokens_reasoning": 0,
    "provider_name": "Infermatic",
    "streamed": True,
    "tokens_completion": 26,
    "tokens_prompt": 11,
    "total_cost": 0.0015,
    "upstream_inference_cost": 0.0012,
    "usage": 0.0014,
}


@pytest.fixture
def openrouter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an OpenRouter that the environment names, with its key."""
    records = [{"id": "a/b", "pricing": {"prompt": "0.0000011", "completion": "0.0000023"}}]
    with Emulator(models=records, credits=5) as running:
        monkeypatch.setenv("OPENROUTER_API_KEY", f" {running.api_key}\n")
        monkeypatch.setenv("OPENROUTER_API_BASE", running.base_url + "/")
        yield running


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    """Serve for all examples of a property."""
    with Emulator(models=[]) as running:
        yield running


def chat(openrouter: Emulator, **options: Any) -> dict[str, Any]:
    """Pay for an answer."""
    headers = {"authorization": f"Bearer {openrouter.api_key}"}
    body = {"model": "a/b", "messages": [{"role": "user", "content": "Hello"}], **options}
    answer: dict[str, Any] = httpx.post(f"{openrouter.base_url}/chat/completions", json=body, headers=headers).json()
    return answer


def answers(key: str, credit: str = "") -> list[Exchange]:
    """Write what a server says, as it stands on the wire."""
    told = {"/key": key, "/credits": credit or '{"total_credits": 100.50, "total_usage": 25.75}'}
    return [Exchange(method="GET", path=f"/api/v1{path}", body=f'{{"data": {data}}}') for path, data in told.items()]


def asked(key: str, credit: str = "") -> Account:
    """Ask a server that says this."""
    with Emulator(models=[], replay=answers(key, credit)) as openrouter:
        return account(api_key=openrouter.api_key, base_url=openrouter.base_url)


class TestAccount:
    def test_every_field(self) -> None:
        """Each documented field is told, amounts as exact decimals."""
        found = asked(json.dumps(DOCUMENTED))
        told = {each.name: getattr(found, each.name) for each in fields(found)}
        assert told.pop("resets_at") > dt.datetime.now(dt.UTC)
        assert told == {
            "label": "sk-or-v1-au7...890",
            "limit": Decimal(100),
            "remaining": Decimal("74.5"),
            "limit_reset": "monthly",
            "usage": Decimal("25.5"),
            "usage_daily": Decimal("25.1"),
            "usage_weekly": Decimal("25.2"),
            "usage_monthly": Decimal("25.3"),
            "byok_usage": Decimal("17.38"),
            "byok_usage_daily": Decimal("17.31"),
            "byok_usage_weekly": Decimal("17.32"),
            "byok_usage_monthly": Decimal("17.33"),
            "include_byok_in_limit": False,
            "is_free_tier": False,
            "expires_at": dt.datetime(2027, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
            "credits_total": Decimal("100.5"),
            "credits_used": Decimal("25.75"),
            "free_requests_limit": 1000,
            "free_requests_used": 10,
            "free_requests_left": 990,
            "budgets": (),
            "effective_budget": None,
        }
        assert found.credits_left == Decimal("74.75")

    @given(cents=st.decimals(min_value=0, max_value=10**6, places=19))
    @settings(max_examples=20, deadline=None)
    def test_amounts_as_they_are_written(self, cents: Decimal, served: Emulator) -> None:
        """An amount has more digits than a float, where it was written with more."""
        served.clear_faults()
        body = f'{{"data": {{"usage_daily": {cents:f}, "usage": -{cents:f}}}}}'
        served.add_fault(Fault(kind="status", status=200, body=body, path="/key"))
        found = account(api_key=served.api_key, base_url=served.base_url)
        assert str(found.usage_daily) == str(cents)
        assert found.usage == -cents

    def test_budgets(self) -> None:
        """Newer answers have every limit that is checked, and the one that will refuse first."""
        found = asked(json.dumps(DOCUMENTED | {"budgets": [WEEKLY, {}, None, 5], "effective_budget": WEEKLY}))
        expected = KeyBudget(
            scope="member",
            limit_usd=Decimal(50),
            spend_usd=Decimal("32.5"),
            remaining_usd=Decimal("17.5"),
            reset_interval="weekly",
            resets_at=dt.datetime(2026, 10, 12, tzinfo=dt.UTC),
            include_byok=False,
        )
        assert found.budgets == (expected,)
        assert found.effective_budget == expected

    def test_what_is_overdrawn(self) -> None:
        """More spent than there is leaves less than nothing, not an unknown amount."""
        found = asked('{"limit": 1, "limit_remaining": -0.25}', '{"total_credits": 1.0, "total_usage": 1.5}')
        assert (found.remaining, found.credits_left) == (Decimal("-0.25"), Decimal("-0.5"))

    def test_zero_is_known(self) -> None:
        """Nothing spent is 0, and not unknown."""
        found = asked(
            '{"usage": 0, "free_model_daily_requests": {"used": 0}}', '{"total_credits": 0, "total_usage": 0}'
        )
        assert found.usage == found.free_requests_used == found.credits_left == 0
        assert (found.limit, found.usage_daily, found.free_requests_left) == (None, None, None)

    @pytest.mark.parametrize(
        ("limit_reset", "resets_at"),
        [
            ("daily", "2026-11-22"),
            ("weekly", "2026-11-23"),
            ("monthly", "2026-12-01"),
            (None, None),
            ("yearly", None),
            ("", None),
            (5, None),
        ],
    )
    def test_when_the_limit_resets(self, limit_reset: Any, resets_at: str | None) -> None:
        """At the next UTC midnight, Monday or first of a month; never, or not known, otherwise."""
        found = Account.from_records({"limit_reset": limit_reset}, now=NOON)
        expected = resets_at and dt.datetime.fromisoformat(resets_at).replace(tzinfo=dt.UTC)
        assert found.resets_at == expected

    def test_the_reset_that_is_told(self) -> None:
        """What OpenRouter tells of the key's own limit is right; that of another limit is not this one's."""
        own = {"scope": "key_limit", "resets_at": "2026-11-24T00:00:00Z"}
        found = Account.from_records({"limit_reset": "weekly", "budgets": [WEEKLY, own]}, now=NOON)
        assert found.resets_at == dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
        other = Account.from_records({"limit_reset": "weekly", "budgets": [WEEKLY]}, now=NOON)
        assert other.resets_at == dt.datetime(2026, 11, 23, tzinfo=dt.UTC)

    @given(record=st.dictionaries(st.sampled_from([*DOCUMENTED, "budgets", "effective_budget"]), JSON))
    def test_any_record(self, record: Any) -> None:
        """Whatever a field holds, it is read, or is `None`; what is told can be pickled."""
        found = Account.from_records(record, record)
        for name, value in asdict(found).items():
            if name.startswith(("usage", "byok", "limit", "remaining", "credits")) and name != "limit_reset":
                assert value is None or isinstance(value, Decimal)
        assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301  # our own

    def test_the_emulator(self, openrouter: Emulator) -> None:
        """What an answer cost is what the account has spent, to the last digit."""
        answer = chat(openrouter)
        found = account()
        assert found.usage == found.usage_daily == found.credits_used == openrouter.spent
        assert found.usage == Decimal(str(answer["usage"]["cost"])) > 0
        assert found.credits_left == openrouter.credit_left


class TestCredits:
    @pytest.mark.parametrize("status", [401, 403])
    def test_a_key_that_may_not_see_them(self, status: int, openrouter: Emulator) -> None:
        """A refusal of the credits leaves them unknown; the rest is told."""
        openrouter.add_fault(Fault(kind="status", status=status, path="/credits"))
        found = account()
        assert (found.credits_total, found.credits_used, found.credits_left) == (None, None, None)
        assert found.usage == 0

    def test_no_management_key(self) -> None:
        """So it is with the refusal in OpenRouter's own words."""
        with Emulator(models=[], management_key=False) as openrouter:
            found = account(api_key=openrouter.api_key, base_url=openrouter.base_url)
        assert found.credits_left is None
        assert found.limit == 10

    def test_a_failure_is_told(self, openrouter: Emulator) -> None:
        """A server that fails does not look like credits that may not be seen."""
        openrouter.add_fault(Fault(kind="status", status=500, retry_after=0, path="/credits"))
        with pytest.raises(errors.ServerError):
            account()

    def test_a_limit_of_the_emulator(self) -> None:
        """The limit of a key is told with what is left and its reset."""
        with Emulator(models=[], key_limit="2.5", limit_reset="daily") as openrouter:
            found = account(api_key=openrouter.api_key, base_url=openrouter.base_url)
        assert (found.limit, found.remaining, found.limit_reset) == (Decimal("2.5"), Decimal("2.5"), "daily")
        assert found.effective_budget is not None
        assert found.effective_budget.resets_at == found.resets_at
        assert found.effective_budget.scope == "key_limit"


class TestKey:
    @pytest.mark.parametrize("key", [None, "", "  \n"])
    def test_none(self, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a key nothing is asked; the error says where one comes from."""
        monkeypatch.setenv("OPENROUTER_API_KEY", " ")
        for call in (account, Generations):
            with pytest.raises(errors.AuthenticationError, match=r"no API key[^*]*\n.*OPENROUTER_API_KEY.*api_key="):
                call(api_key=key, base_url="http://127.0.0.1:1")

    @pytest.mark.parametrize("key", ["two words-0123", "line\nend-0123", "schlüssel-0123"])
    def test_one_that_cannot_be_sent(self, key: str) -> None:
        """A key that no header can carry is refused without being shown."""
        with pytest.raises(errors.AuthenticationError, match="no key has") as caught:
            account(api_key=key, base_url="http://127.0.0.1:1")
        assert "0123" not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_an_argument_goes_first(self, openrouter: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        """Arguments go before the environment."""
        monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-other")
        monkeypatch.setenv("OPENROUTER_API_BASE", "http://127.0.0.1:1")
        assert account(api_key=openrouter.api_key, base_url=openrouter.base_url).label

    def test_a_wrong_one(self, openrouter: Emulator) -> None:
        """A key that OpenRouter does not know is an error, and is not shown."""
        with pytest.raises(errors.AuthenticationError) as caught:
            account(api_key="sk-or-v1-nobodysKey0123")
        assert "nobodysKey0123" not in f"{caught.value!r} {caught.value} {caught.value.body}"

    def test_it_is_not_shown(self, openrouter: Emulator) -> None:
        """What is told has the key as OpenRouter shortens it, and not the key."""
        found = account()
        assert found.label == "sk-or-v1-emu...tor"
        assert openrouter.api_key not in repr(found)
        assert openrouter.api_key not in repr(Generations())

    @pytest.mark.parametrize("library", [httpx, httpx2])
    def test_own_client(self, library: Any, openrouter: Emulator) -> None:
        """All questions go through the user's own client, which stays open."""
        with library.Client(headers={"X-Own": "1"}) as client:
            account(http_client=client)
            generation("gen-1", http_client=client)
            assert not client.is_closed
        assert [one.headers.get("x-own") for one in openrouter.requests] == ["1"] * 3

    @pytest.mark.parametrize("data", ["null", "[]", "5", '"x"'])
    def test_no_answer(self, data: str) -> None:
        """What is no object is no account with everything unknown, but an error."""
        with pytest.raises(errors.InvalidResponseError, match=r"/key answered without an object"):
            asked(data)

    async def test_async(self, openrouter: Emulator) -> None:
        """From an event loop it is the same, and the loop is not kept waiting."""
        threads = set()

        def note(_: object) -> None:
            threads.add(threading.current_thread())

        with httpx.Client(event_hooks={"request": [note]}) as client:
            found = await aaccount(http_client=client)
        assert found == account()
        assert threading.current_thread() not in threads


class TestGeneration:
    def test_every_field(self) -> None:
        """Each field is told: native tokens, times in seconds, amounts as exact decimals."""
        body = json.dumps({"data": KEPT}).replace("0.0015", "0.00150000000000000000001")
        exchange = Exchange(method="GET", path="/api/v1/generation", body=body)
        with Emulator(models=[], replay=exchange) as openrouter:
            found = generation(KEPT["id"], api_key=openrouter.api_key, base_url=openrouter.base_url)  # type: ignore[arg-type]
        assert found == Generation(
            id="gen-3bhGkxlo4XFrqiabUM7NDtwDzWwG",
            cost=Decimal("0.00150000000000000000001"),
            upstream=Decimal("0.0012"),
            is_byok=False,
            model="sao10k/l3-stheno-8b",
            provider="Infermatic",
            prompt_tokens=10,
            completion_tokens=25,
            reasoning_tokens=0,
            cached_tokens=3,
            finish_reason="stop",
            cancelled=False,
            streamed=True,
            latency_s=1.25,
            generation_s=1.2,
            created_at=dt.datetime(2024, 7, 15, 23, 33, 19, 433273, tzinfo=dt.UTC),
        )

    @pytest.mark.parametrize(
        ("record", "cost"),
        [
            ({"total_cost": 0, "usage": 5}, Decimal(0)),
            ({"total_cost": None, "usage": 0.5}, Decimal("0.5")),
            ({"usage": 0.5}, Decimal("0.5")),
            ({"total_cost": "much"}, None),
            ({}, None),
        ],
    )
    def test_cost(self, record: dict[str, Any], cost: Decimal | None) -> None:
        """The cost is the total, else the usage; 0 is a cost, and what nobody tells is none."""
        assert Generation.from_record("gen-1", record).cost == cost

    @given(record=st.dictionaries(st.sampled_from(list(KEPT)), JSON))
    def test_any_record(self, record: Any) -> None:
        """Whatever a field holds, it is read, or is `None`; the id is never missing."""
        found = Generation.from_record("gen-1", record)
        assert isinstance(found.id, str)
        assert found.cost is None or found.cost.is_finite()
        assert all(each is None or each >= 0 for each in (found.prompt_tokens, found.latency_s, found.generation_s))

    def test_streamed_and_whole(self, openrouter: Emulator) -> None:
        """A generation costs what its answer said."""
        answer = chat(openrouter)
        found = generation(answer["id"])
        assert found is not None
        assert found.cost == Decimal(str(answer["usage"]["cost"])) == openrouter.spent
        assert (found.model, found.streamed) == ("a/b", False)

    def test_unknown(self, openrouter: Emulator) -> None:
        """An id that OpenRouter does not know is nothing, not an error; it is asked for once."""
        assert generation("gen-nobody's & more") is None
        assert len(openrouter.requests) == 1

    def test_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A generation that is not told yet comes when it is asked for again."""
        with Emulator(models=[{"id": "a/b"}], late_generations=2) as openrouter:
            first, second = (chat(openrouter)["id"] for _ in range(2))
            with Generations(api_key=openrouter.api_key, base_url=openrouter.base_url) as kept:
                found = [kept.get(first) for _ in range(4)] + [kept.get(second)]
        assert [one and one.id for one in found] == [None, None, first, first, None]

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            (Fault(kind="status", status=429, retry_after=0), errors.RateLimitError),
            (Fault(kind="status", status=500, retry_after=0), errors.ServerError),
            (Fault(kind="html", status=502, retry_after=0), errors.BadGatewayError),
            (Fault(kind="status", status=200, body="<html>"), errors.InvalidResponseError),
            (Fault(kind="status", status=200, body='{"data": null}'), errors.InvalidResponseError),
        ],
    )
    def test_failures(self, fault: Fault, kind: type[Exception], openrouter: Emulator) -> None:
        """Any other failure is one: a cost that could not be asked for is not a generation that nobody knows."""
        openrouter.add_fault(fault)
        with pytest.raises(kind):
            generation("gen-1")

    def test_many_take_their_time(self) -> None:
        """No deadline holds for many look-ups together, as one does for a few questions about the account."""
        with Generations(api_key="sk-or-v1-key", base_url="http://127.0.0.1:1") as kept:
            assert kept._asking._ends is None

    def test_many_over_one_connection(self) -> None:
        """Many ids cost one connection."""
        with RawServer(answering(b'{"data":{"total_cost":0.1}}')) as server:
            with Generations(api_key="sk-or-v1-key", base_url=server.url) as kept:
                found = [kept.get(f"gen-{number}") for number in range(20)]
            assert server.connections == 1
        assert [one.id for one in found if one] == [f"gen-{number}" for number in range(20)]
