"""A refusal is no error of a callback, and is not logged as one.

LangChain logs whatever a handler raises as a warning, before it raises it. A refusal reaches the caller, who may have
asked for it; a fallback to a cheaper model would fill the log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["log_no_refusals_of"]

_STARTS = frozenset({"on_chat_model_start", "on_llm_start"})


class _NoRefusals(logging.Filter):
    """Lets all pass but what LangChain says of refusals."""

    def __init__(self, handlers: Iterable[str]) -> None:
        super().__init__()
        self._handlers = frozenset(handlers)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        told = record.args
        # LangChain's words: "Error in %s.%s callback: %s", of the handler's class, the event and the error.
        if not isinstance(told, tuple) or len(told) < 2:  # noqa: PLR2004  # the class and the event
            return True
        return told[0] not in self._handlers or told[1] not in _STARTS


def log_no_refusals_of(*handlers: str) -> None:
    """Keep what handlers of these classes raise when a call starts out of LangChain's log."""
    logging.getLogger("langchain_core.callbacks.manager").addFilter(_NoRefusals(handlers))
