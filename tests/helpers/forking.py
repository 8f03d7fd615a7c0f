"""Work in a forked process."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def forked_while_busy(spend: Callable[..., object], store: Any, *, threads: int, children: int) -> list[int | None]:
    """Spend in children, one after the other, while threads of this process spend all the time.

    Args:
        spend: Makes a call of a name in a store.
        store: The store.
        threads: How many.
        children: How many.

    Returns:
        The exit code of each child.
    """
    is_over = threading.Event()

    def work(name: int) -> None:
        number = 0
        while not is_over.is_set():
            spend(store, f"{name}-{number}")
            number += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    codes = [forked(spend, store, f"child-{number}") for number in range(children)]
    is_over.set()
    for worker in workers:
        worker.join()
    return codes


def forked(work: Callable[..., object], *args: Any) -> int | None:
    """Do work in a child; give its exit code, `None` where it had to be killed after 20 s."""
    process = multiprocessing.get_context("fork").Process(target=work, args=args)
    process.start()
    process.join(20)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    return code
