"""Which calls a report is about, and what they are put together by."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from langchain_openrouter.costs.record import CallRecord

__all__ = ["NOBODY", "GroupBy", "Moment", "check_by", "grouped", "moment", "values_of"]

GroupBy = Literal["model", "model_asked", "provider", "tag", "day", "user", "thread", "run", "status", "error", "key"]
"""What calls can be put together by, beside the keys of their metadata. `model` is the one that answered, or, where
none did, the one that was asked."""

Moment: TypeAlias = dt.datetime | dt.date | dt.timedelta | str
"""A time with its zone; a day (UTC); one of both as text, such as `"2026-11-21"`; or how long before now."""

NOBODY = "(none)"
"""Stands for the value of calls that have none."""

_READERS: dict[str, Callable[[CallRecord], str | None]] = {
    "model": lambda call: call.model or call.model_asked,
    "model_asked": lambda call: call.model_asked,
    "provider": lambda call: call.provider,
    "day": lambda call: call.day,
    "user": lambda call: call.user,
    "thread": lambda call: call.thread_id,
    "run": lambda call: call.run_id,
    "status": lambda call: call.status,
    "error": lambda call: call.error,
    "key": lambda call: call.key,
}
_BY_TAG = "tag"
_KNOWN = (*_READERS, _BY_TAG)


def check_by(by: str, calls: Collection[CallRecord]) -> None:
    """Look at a `by` argument.

    Args:
        by: What the calls shall be put together by.
        calls: All calls that there are; where there is none, any key of metadata may be right.

    Raises:
        ValueError: It is nothing that a report knows, and no call has metadata of that name.
    """
    if by in _KNOWN or (by and not calls) or any(by in call.metadata for call in calls):
        return
    msg = (
        f"by={by!r} is nothing to put calls together by: no call has metadata of that name. "
        f"Pass one of {', '.join(_KNOWN)}, or a key that the calls' metadata has."
    )
    raise ValueError(msg)


def grouped(calls: Sequence[CallRecord], by: str) -> dict[str, list[CallRecord]]:
    """Put calls together. A call with several tags stands under each of them, once.

    Args:
        calls: In any order, which each group keeps.
        by: What they are put together by.
    """
    groups: defaultdict[str, list[CallRecord]] = defaultdict(list)
    for call in calls:
        for value in values_of(call, by):
            groups[value].append(call)
    return groups


def values_of(call: CallRecord, by: str) -> tuple[str, ...]:
    """Give what a call is put together by: each of its tags, or the one value that it has, `(none)` without one.

    Args:
        call: The call.
        by: One of `GroupBy`, or a key of metadata.
    """
    if by == _BY_TAG:
        return tuple(tag or NOBODY for tag in dict.fromkeys(call.tags)) or (NOBODY,)
    read = _READERS.get(by)
    value = read(call) if read else call.metadata.get(by)
    return (NOBODY if value is None or value == "" else str(value),)


def moment(value: Moment | None, now: dt.datetime, name: Literal["since", "until"]) -> dt.datetime | None:
    """Give the time (UTC) that a `since` or `until` argument means; a day as `until` is counted in.

    Raises:
        TypeError: It is no time.
        ValueError: It has no zone, or is longer before now than there is time.
    """
    if value is None:
        return None
    if isinstance(value, str):
        value = _read(value, name)
    if isinstance(value, dt.timedelta):
        if value < dt.timedelta(0):
            msg = f"{name}={value!r} lies in the future. Pass how long before now, such as timedelta(days=7)."
            raise ValueError(msg)
        return now - value
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            msg = f"{name}={value!r} has no zone. Pass a datetime with one, such as datetime.now(timezone.utc)."
            raise ValueError(msg)
        return value.astimezone(dt.UTC)
    try:
        midnight = dt.datetime.combine(value, dt.time(), dt.UTC)
    except TypeError:
        msg = f"{name}={value!r} is no time. Pass a datetime with a zone, a date, or a timedelta before now."
        raise TypeError(msg) from None
    return midnight + dt.timedelta(days=1) if name == "until" else midnight


def _read(text: str, name: str) -> dt.datetime | dt.date:
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-11-21") else dt.datetime.fromisoformat(text)
    except ValueError:
        msg = f'{name}={text!r} is no time. Pass one such as "2026-11-21" or "2026-11-21T08:00:00Z".'
        raise ValueError(msg) from None
