"""Models that failed lately rest, in all routers that share their health."""

from __future__ import annotations

import asyncio

from integration_tests.routers import (
    FIRST,
    SAID,
    SAY,
    SECOND,
    Elsewhere,
    asked,
    router_of,
    timed,
)
from integration_tests.support import Ask, Served, wait_until
from langchain_openrouter import (
    ServiceUnavailableError,
)
from langchain_openrouter.emulator import Fault
from langchain_openrouter.routing import Health


class TestHealth:
    async def test_who_rests_is_passed_over(self, served: Served, ask: Ask) -> None:
        """Who failed too often rests: it is not asked, and the decision says why."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        router = router_of(served, health=Health(failures=2))
        for _ in range(2):
            await ask(router, SAY)

        answer = await ask(router, SAY)

        told = answer.response_metadata["routing"]
        assert (told["model"], told["fallback"]) == (SECOND, False)
        assert told["rejected"][FIRST]["rule"] == "health"
        assert asked(served) == [FIRST, SECOND] * 2 + [SECOND]

    async def test_is_shared(self, served: Served, ask: Ask) -> None:
        """Routers with one health share what they learn."""
        served.fail(Fault(kind="status", status=503, model=FIRST))
        health = Health(failures=1)
        await ask(router_of(served, health=health), SAY)

        await ask(router_of(served, health=health), SAY)

        assert asked(served) == [FIRST, SECOND, SECOND]

    async def test_retry_after(self, served: Served, ask: Ask) -> None:
        """A server that says how long to leave it alone is left alone at once."""
        served.fail(Fault(kind="status", status=429, retry_after=30, model=FIRST))
        router = router_of(served)
        await ask(router, SAY)
        served.emulator.clear_faults()

        await ask(router, SAY)

        assert asked(served) == [FIRST, SECOND, SECOND]

    async def test_all_rest(self, served: Served, ask: Ask) -> None:
        """Where all rest, they are tried all the same: to ask is better than to give up."""
        served.fail(Fault(kind="status", status=503, times=3))
        router = router_of(served, health=Health(failures=1))
        error, _ = await timed(lambda: ask(router, SAY))
        assert isinstance(error, ServiceUnavailableError)

        answer = await ask(router, SAY)

        assert answer.text == SAID
        assert answer.response_metadata["routing"]["last_resort"] is True

    async def test_resting_ones_come_last(self, served: Served, ask: Ask) -> None:
        """Who rests is tried when all others failed: it may be well again."""
        served.fail(Fault(kind="status", status=503, model=FIRST, times=1))
        router = router_of(served, FIRST, SECOND, health=Health(failures=1))
        await ask(router, SAY)
        served.fail(Fault(kind="status", status=503, model=SECOND))

        answer = await ask(router, SAY)

        assert answer.response_metadata["routing"]["model"] == FIRST
        assert asked(served) == [FIRST, SECOND, SECOND, FIRST]

    async def test_a_cancelled_probe(self, served: Served) -> None:
        """A probe that is cancelled says nothing: the next call may probe again at once."""
        clock = [0.0]
        health = Health(failures=1, cool_down=10, clock=lambda: clock[0])
        router = router_of(served, FIRST, SECOND, health=health)
        served.fail(Fault(kind="status", status=503, model=FIRST, times=1))
        await router.ainvoke(SAY)
        clock[0] = 11.0
        served.emulator.clear_faults()
        served.fail(Fault(kind="slow_headers", seconds=None, model=FIRST, times=1))
        task = asyncio.create_task(router.ainvoke(SAY))
        assert await asyncio.to_thread(wait_until, lambda: len(served.bodies) == 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        answer = await router.ainvoke(SAY)

        assert answer.response_metadata["routing"]["model"] == FIRST

    async def test_late_failures(self, served: Served) -> None:
        """A call that began before a model rested, and fails after it, is old news: it begins no new rest."""
        release, health = asyncio.Event(), Health(failures=1, cool_down=0.05)

        class Waiting(Elsewhere):
            async def _wait(self) -> None:
                await release.wait()

        late = Waiting(model_name="late", error=ConnectionError("The line is dead."))
        begun = asyncio.create_task(router_of(served, late, FIRST, health=health).ainvoke(SAY))
        await asyncio.sleep(0.01)
        health.failed("late", error=ConnectionError("The line is dead."))
        assert await asyncio.to_thread(wait_until, lambda: health.state("late") == "half_open")

        release.set()
        await begun

        assert health.state("late") == "half_open"
