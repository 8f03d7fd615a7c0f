"""What a ledger supposes, against what OpenRouter says."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter import _service
from langchain_openrouter.costs.money import in_dollars
from langchain_openrouter.ledger.openrouter import Generations, account
from langchain_openrouter.ledger.window import window_at

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from langchain_openrouter.costs.record import CallRecord
    from langchain_openrouter.ledger.ledger import Ledger
    from langchain_openrouter.ledger.window import Period

__all__ = ["Reconciliation", "corrections", "reconcile"]

_GIVEN_UP = dt.timedelta(hours=1)
"""After this time OpenRouter is not expected to know a generation that it does not know yet."""

_PERIODS: tuple[tuple[Period, str], ...] = (
    ("day", "usage_daily"),
    ("week", "usage_weekly"),
    ("month", "usage_monthly"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What came of asking OpenRouter.

    Args:
        corrected: Calls whose cost is known now.
        pending: Calls whose cost is still an estimate.
        since: Begin of the window that was compared (UTC): the day, or the week or month that the lost calls began in.
        ledger: Dollars of this key's calls in the window, by the ledger.
        account: Dollars of this key in the window, by OpenRouter; `None` where it does not tell.
    """

    corrected: int
    pending: int
    since: dt.datetime
    ledger: Decimal
    account: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Dollars that OpenRouter counts more than the ledger: calls that the ledger was not told of."""
        return None if self.account is None else self.account - self.ledger

    def __str__(self) -> str:
        ledger, account, difference = map(in_dollars, (self.ledger, self.account, self.difference))
        return (
            f"Since {self.since:%Y-%m-%d} (UTC): ledger {ledger}, OpenRouter {account}, difference {difference}. "
            f"{self.corrected} calls were corrected, {self.pending} are pending."
        )


def reconcile(ledger: Ledger, *, told: Callable[[CallRecord], None] | None = None, **server: Any) -> Reconciliation:
    """Ask OpenRouter what is not known, correct the ledger, and compare it with the account.

    Calls that were cut off are looked up by their generation id. Calls that were lost with their process before they
    had one are told by the account: what it counts more than the ledger, while nothing else is on its way, is theirs;
    they are settled so that both are equal. More than was set aside for them is somebody else's spending, and less than
    nothing is a count that OpenRouter has yet to finish: then they stay as they are.

    Args:
        ledger: The ledger.
        told: Is called with each corrected record.
        **server: As of `account`: `api_key`, `base_url`, `http_client`.

    Raises:
        AuthenticationError: There is no key.
        OpenRouterError: OpenRouter could not be reached, or refused.
        LedgerUnavailableError: The store cannot be used.

    Example:
        ```python
        from langchain_openrouter import Ledger

        print(Ledger.open().reconcile().difference)
        ```
    """
    ledger.catch_up()
    corrected = 0
    for record in corrections(list(ledger.records(pending=True)), **server):
        corrected += _book(ledger, record, told)
    key = server.get("api_key") or os.environ.get(_service.KEY_VARIABLE, "")
    mine = {None, _service.fingerprint(key)}
    was_busy = ledger.in_flight() > 0
    unknown = _of(mine, ledger.records(pending=True))
    given_up = ledger.now() - _GIVEN_UP
    lost = [record for record in unknown if record.generation_id is None or record.started_at < given_up]
    since, name = _window(lost, ledger.now())
    theirs = _of(mine, ledger.records(since=since))
    usage: Decimal | None = getattr(account(**server), name)
    counted = sum((record.cost or Decimal(0) for record in theirs), Decimal(0))
    if usage is not None and lost and len(lost) == len(unknown) and not was_busy and not ledger.in_flight():
        # A call that came and went meanwhile is in only one of the two counts.
        was_quiet = theirs == _of(mine, ledger.records(since=since))
        known = counted - sum((record.cost or Decimal(0) for record in lost), Decimal(0))
        for record in _shared_out(lost, usage - known) if was_quiet else ():
            corrected += _book(ledger, record, told)
            counted = usage
    still = sum(1 for _ in ledger.records(pending=True))
    return Reconciliation(corrected=corrected, pending=still, since=since, ledger=counted, account=usage)


def corrections(records: Sequence[CallRecord], **server: Any) -> Iterator[CallRecord]:
    """Look up what calls cost that were cut off; give those that OpenRouter knows by now.

    Args:
        records: Records that are pending.
        **server: As of `account`.
    """
    asked = [record for record in records if record.generation_id is not None]
    if not asked:
        return
    with Generations(**server) as generations:
        for record in asked:
            found = generations.get(record.generation_id or "")
            if found is not None and found.cost is not None:
                yield record.corrected(
                    cost=found.cost,
                    billed=found.cost,
                    status="billed",
                    pending=False,
                    model=found.model or record.model,
                    provider=found.provider or record.provider,
                    prompt_tokens=found.prompt_tokens,
                    completion_tokens=found.completion_tokens,
                    upstream=found.upstream,
                    is_byok=found.is_byok,
                )


def _book(ledger: Ledger, record: CallRecord, told: Callable[[CallRecord], None] | None) -> int:
    ledger.settle(record, None)
    if told is not None:
        told(record)
    return 1


def _of(keys: Container[str | None], records: Iterable[CallRecord]) -> list[CallRecord]:
    return [record for record in records if record.key in keys]


def _window(lost: Sequence[CallRecord], now: dt.datetime) -> tuple[dt.datetime, str]:
    """Choose the shortest window of the account that all lost calls began in; give its begin, and its usage's name."""
    oldest = min((record.started_at for record in lost), default=now)
    for period, name in _PERIODS:
        start = window_at(period, now).start
        if start is not None and start <= oldest:
            return start, name
    return window_at("day", now).start or now, "usage_daily"


def _shared_out(lost: Sequence[CallRecord], amount: Decimal) -> Iterator[CallRecord]:
    """Share an amount out among lost calls, to none more than was set aside; nothing where it cannot be theirs."""
    if not 0 <= amount <= sum((record.reserved or Decimal(0) for record in lost), Decimal(0)):
        return
    for record in lost:
        share = min(amount, record.reserved or Decimal(0))
        amount -= share
        yield record.corrected(cost=share, pending=False)
