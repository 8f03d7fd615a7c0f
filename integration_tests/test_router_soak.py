"""Hundreds of calls at once, a fifth of whose requests fail. `scripts/soak_router.py` makes ten thousand."""

from __future__ import annotations

from scripts.soak_router import soak


def test_soak() -> None:
    """Each call is answered with its own answer, or fails with a typed error, in time; all is booked as charged."""
    found = soak(600, 60, deadline=12.0, attempt=1.5)

    assert found.problems() == []
    assert len(found.seconds) == 600
    assert sum(found.failed.values()) < 600 / 5
    assert found.fallbacks > 600 / 10
    assert found.restarts > 0
