"""The lock of a ledger: one step at a time, also where Python interrupts a thread in the middle of one."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from langchain_openrouter import _guard as forking
from langchain_openrouter._guard import Guard
from langchain_openrouter.errors import LedgerUnavailableError
from langchain_openrouter.ledger.ledger import Ledger
from langchain_openrouter.ledger.stores.store import Balance
from tests.helpers.forking import forked
from tests.ledger.stores.made import DAY, balance, entry, hold

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from langchain_openrouter.ledger.stores.store import Store

STORES = str(Path(forking.__file__).parent)
MESSAGE = "This thread is in the middle of a step"


def ask(guard: Guard, found: list[str]) -> None:
    """Take a lock for a moment; note what it says, which is nothing where that goes well."""
    try:
        with guard:
            found.append("")
    except TimeoutError as error:
        found.append(str(error))


def elsewhere(guard: Guard) -> bool:
    """Say whether another thread can take a lock."""
    found: list[str] = []
    thread = threading.Thread(target=ask, args=(guard, found))
    thread.start()
    thread.join()
    return found == [""]


class TestGuard:
    def test_entered_again(self) -> None:
        """A thread that holds it is refused at once, and is told why."""
        guard = Guard(threading.TIMEOUT_MAX)
        begin = time.monotonic()
        with guard, pytest.raises(TimeoutError, match=MESSAGE), guard:
            pass
        assert time.monotonic() - begin < 5

    def test_still_held(self) -> None:
        """Whoever was refused has not freed it: others get it after the step, and then as ever."""
        guard = Guard(0.05)
        with guard:
            for _ in range(3):
                with contextlib.suppress(TimeoutError), guard:
                    pass
            assert not elsewhere(guard)
        assert elsewhere(guard)
        with guard:
            assert not elsewhere(guard)

    def test_others_wait(self) -> None:
        """Another thread waits for its time, and is told of others."""
        guard = Guard(0.05)
        found: list[str] = []
        with guard:
            thread = threading.Thread(target=ask, args=(guard, found))
            thread.start()
            thread.join()
        assert found == ["Other threads of this process kept a lock for 0.05 s."]

    def test_others_at_any_moment(self) -> None:
        """Whenever another thread asks, it gets the lock or is told of others: it is not taken for its holder."""
        guard = Guard(0)
        place, is_over = 0, False
        while not is_over:
            found: list[str] = []
            thread = threading.Thread(target=ask, args=(guard, found))

            def interrupt(thread: threading.Thread = thread) -> None:
                thread.start()
                thread.join()

            with interrupted(place, interrupt), guard:
                pass
            assert found in ([], [""], ["Other threads of this process kept a lock for 0 s."])
            is_over = not found
            place += 1
        assert place > 10

    def test_error_in_a_step(self) -> None:
        """A step that fails frees it."""
        guard = Guard(0.05)
        with contextlib.suppress(KeyError), guard:
            raise KeyError
        with guard:
            pass
        assert elsewhere(guard)

    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
    @pytest.mark.skipif(sys.platform == "win32", reason="this system does not fork")
    def test_fork(self) -> None:
        """A fork leaves it free on both sides, and refuses nobody who does not hold it."""
        guard = Guard(1)

        def use() -> None:
            with guard, contextlib.suppress(TimeoutError), guard:
                raise AssertionError
            assert elsewhere(guard)

        assert forked(use) == 0
        use()


class TestInterrupted:
    @pytest.fixture(params=["memory", "sqlite"])
    def kind(self, request: pytest.FixtureRequest) -> str:
        """Name the stores whose steps run in this process."""
        return str(request.param)

    def test_anywhere(self, store: Store) -> None:
        """Wherever a step is interrupted by another one of its thread, that one is made or refused, and all adds up."""
        store.settle(entry("before"), [], [DAY])
        booked, made, refused, place, is_over = 1, 0, 0, 0, False
        while not is_over:
            late = f"late-{place}"
            found: list[str] = []

            def interrupt(late: str = late, found: list[str] = found) -> None:
                try:
                    found.append(store.settle(entry(late), [], [DAY]).outcome)
                except TimeoutError as error:
                    found.append(str(error)[: len(MESSAGE)])

            with interrupted(place, interrupt):
                store.reserve(hold(f"call-{place}", 0), [DAY], 0)
                store.settle(entry(f"call-{place}"), [DAY.counter], [DAY])
            assert found in ([], ["booked"], [MESSAGE])
            is_over = not found
            made += found == ["booked"]
            if found == [MESSAGE]:
                refused += 1
                assert store.settle(entry(late), [], [DAY]).outcome == "booked"
            booked += 1 if is_over else 2
            assert balance(store) == Balance(7 * booked, 0, 7 * booked)
            place += 1
        assert made > 10
        assert refused > 50
        assert len(list(store.entries())) == booked

    def test_collected(self, store: Store) -> None:
        """An end that garbage collection tells in the middle of a step is a failure of the ledger, as any other."""
        ledger, told = Ledger(store), list[BaseException]()

        class Abandoned:
            def __init__(self) -> None:
                self.itself = self

            def __del__(self) -> None:
                try:
                    ledger.in_flight()
                except LedgerUnavailableError as error:
                    told.append(error)

        guard: Guard = store._lock  # type: ignore[attr-defined]
        Abandoned()
        with guard:
            gc.collect()
        assert [type(error.__cause__) for error in told] == [TimeoutError]
        assert MESSAGE in str(told[0].__cause__)
        assert ledger.in_flight() == 0


@contextlib.contextmanager
def interrupted(place: int, work: Callable[[], None]) -> Any:
    """Do other work once, before the instruction of the store's code of this number."""
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal passed
        if not frame.f_code.co_filename.startswith(STORES):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if passed == place:
                work()
            passed += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
