"""Work in a forked process."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


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
