"""What an answer cost, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

__all__ = ["Charge", "ChargePart", "PartKind"]

PartKind = Literal[
    "prompt", "cache_read", "cache_write", "cache_write_1h", "audio", "audio_cache_read", "image", "video",
    "completion", "reasoning", "audio_output", "image_output", "web_search", "server_tools", "request",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChargePart:
    """One line of a bill.

    Args:
        kind: What was used.
        count: How much of it: tokens; images, searches, tools or requests where the kind says so.
        rate: Dollars for one, overrides and discount applied; ``None`` where that is not known.
    """

    kind: PartKind
    count: int
    rate: Decimal | None

    @property
    def amount(self) -> Decimal | None:
        """Dollars; ``None`` where the rate is not known."""
        return None if self.rate is None else self.count * self.rate


@dataclass(frozen=True, slots=True)
class Charge:
    """What an answer cost.

    Args:
        parts: What the usage comes to by the catalog's prices, line by line; of a billed charge too.
        billed: Dollars that OpenRouter charged; ``None`` where the usage does not say.
        upstream: Dollars that the provider charged for the inference; with a key of your own at the provider
            (``is_byok``) they are on its bill, not on OpenRouter's.
        is_byok: Whether such a key was used; ``None`` where the usage does not say.
        reason: Why the total, or what was computed, is unknown or unlike; ``None`` where there is nothing to say.
        model: The model whose prices were taken; ``None`` where there is none.
    """

    parts: tuple[ChargePart, ...] = ()
    billed: Decimal | None = None
    upstream: Decimal | None = None
    is_byok: bool | None = None
    reason: str | None = None
    model: str | None = None

    @property
    def status(self) -> Literal["billed", "computed", "unknown"]:
        """Where the total is from: ``billed`` by OpenRouter, or ``computed`` of usage and prices, or ``unknown``."""
        if self.billed is not None:
            return "billed"
        return "unknown" if self.computed is None else "computed"

    @property
    def total(self) -> Decimal | None:
        """Dollars: what was billed, else what was computed; ``None`` where neither is known, and `reason` says why."""
        return self.computed if self.billed is None else self.billed

    @property
    def computed(self) -> Decimal | None:
        """Dollars of all parts together; ``None`` where there are none, or one of them is not known."""
        amounts = [part.amount for part in self.parts]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal(0)) if amounts and len(known) == len(amounts) else None
