"""What is kept of a call: everything about it but what was said."""

from __future__ import annotations

import datetime as dt
import json
import operator
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "CallRecord", "CostStatus"]

CostStatus = Literal["billed", "computed", "estimated", "unknown", "cached"]
"""Where a cost is from: OpenRouter's bill; usage and prices; an estimate, since the answer did not come to its end;
nowhere; or a cache, which costs nothing."""

MOST_METADATA = 50
"""Entries of metadata that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call of a model. `None` stands where something is not known.

    Args:
        id: LangChain's run id of the call; a ledger has each id once.
        started_at: When it began (UTC).
        model_asked: The model that was asked for.
        model: The model that answered.
        provider: The provider that answered.
        generation_id: OpenRouter's id (`gen-…`); a ledger has each once.
        cost: Dollars, exact. `None` where nobody knows them.
        status: Where the cost is from.
        pending: Whether the cost is still to be learned; `reconcile` asks OpenRouter for it.
        billed: Dollars that OpenRouter charged.
        computed: Dollars by usage and catalog.
        reserved: Dollars that were set aside before the call.
        upstream: Dollars that the provider charged; to your own key there (`is_byok`), on its bill.
        is_byok: Whether such a key was used.
        prompt_tokens: All tokens of the prompt.
        completion_tokens: All tokens of the answer.
        cached_tokens: Prompt tokens read from the cache.
        cache_write_tokens: Prompt tokens written to the cache.
        reasoning_tokens: Reasoning tokens of the answer.
        audio_tokens: Audio tokens, of prompt and answer.
        image_tokens: Image tokens, of prompt and answer.
        searches: Web searches.
        first_token_s: Seconds to the first piece of a streamed answer.
        duration_s: Seconds to the end of the answer, or to the failure.
        error: Class of the error that ended the call.
        finish_reason: Why the answer ended, such as `"stop"`.
        tags: LangChain's tags of the call.
        metadata: LangChain's metadata of the call, as far as it is text, numbers and truth values.
        user: Who it was for: the `user` of the request, or of the metadata.
        thread_id: The thread of the conversation.
        run_id: LangChain's id of the outermost run that the call belongs to.
        key: Fingerprint of the API key, never the key.

    Example:
        >>> record = CallRecord(id="1", started_at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC), cost=Decimal("0.00021"))
        >>> CallRecord.from_json(record.to_json()) == record
        True
    """

    id: str
    started_at: dt.datetime
    model_asked: str | None = None
    model: str | None = None
    provider: str | None = None
    generation_id: str | None = None
    cost: Decimal | None = None
    status: CostStatus = "unknown"
    pending: bool = False
    billed: Decimal | None = None
    computed: Decimal | None = None
    reserved: Decimal | None = None
    upstream: Decimal | None = None
    is_byok: bool | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0
    searches: int = 0
    first_token_s: float | None = None
    duration_s: float | None = None
    error: str | None = None
    finish_reason: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    user: str | None = None
    thread_id: str | None = None
    run_id: str | None = None
    key: str | None = None

    @property
    def day(self) -> str:
        """The day of the call in UTC, such as `"2026-11-21"`."""
        return self.started_at.date().isoformat()

    @property
    def succeeded(self) -> bool:
        """Whether an answer came to its end."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Give all fields by name, as they are."""
        return {name: getattr(self, name) for name in FIELDS}

    def to_json(self) -> str:
        """Write it as JSON, amounts and times as texts; what is as it would be anyway is left out."""
        values = zip(FIELDS, _values(self), _DEFAULTS, strict=True)
        return _ENCODER.encode({name: value for name, value, default in values if value != default})

    @classmethod
    def from_json(cls, text: str) -> CallRecord:
        """Read what `to_json` wrote; fields that a newer version may have added are passed over."""
        told = json.loads(text)
        values = {name: value for name, value in told.items() if name in FIELDS}
        for name in _AMOUNTS & values.keys():
            values[name] = Decimal(values[name])
        values["started_at"] = dt.datetime.fromisoformat(values["started_at"])
        values["tags"] = tuple(values.get("tags", ()))
        return cls(**values)

    def corrected(self, **changes: Any) -> CallRecord:
        """Give the record with some fields changed."""
        return replace(self, **changes)


FIELDS = tuple(each.name for each in fields(CallRecord))
"""The names of what is kept."""

_values = operator.attrgetter(*FIELDS)
_DEFAULTS: tuple[object, ...] = tuple({} if each.name == "metadata" else each.default for each in fields(CallRecord))
_AMOUNTS = frozenset({"cost", "billed", "computed", "reserved", "upstream"})


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


# In ASCII: databases refuse some characters that a text of Python may have.
_ENCODER = json.JSONEncoder(default=_plain, separators=(",", ":"))
