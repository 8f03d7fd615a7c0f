"""What a screening has learned, in a file: a line of JSON for each call, written when the call has ended.

The first line says what is screened, so that nobody goes on with the answers of another experiment. A line that a
crash cut off is left out; its call is made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage
from langchain_core.prompt_values import PromptValue
from pydantic import BaseModel

from langchain_openrouter.evaluation.screening.standings import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Checkpoint", "digest", "opened"]

_log = logging.getLogger(__name__)
_KIND = "screening/1"
_KINDS: dict[str, Callable[[Any], Any]] = {"score": float, "cost": Decimal}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Checkpoint:
    """An open file of outcomes. May be used from any thread.

    Args:
        file: Its descriptor; `None` for one that keeps nothing.
        outcomes: What is in it.
    """

    def __init__(self, file: int | None = None, outcomes: tuple[Outcome, ...] = ()) -> None:
        self._file = file
        self._writing = threading.Lock()
        self.outcomes = outcomes

    def add(self, outcome: Outcome) -> None:
        """Append an outcome: when this returns, it outlives the program.

        Raises:
            OSError: The disk is full, or the like.
        """
        if self._file is not None:
            with self._writing:
                _append(self._file, asdict(outcome))


@contextmanager
def opened(path: str | os.PathLike[str] | None, header: Mapping[str, Any]) -> Iterator[Checkpoint]:
    """Open the file of an experiment, or begin one.

    Args:
        path: Where; `None` to keep nothing.
        header: What the experiment is, as values that JSON has.

    Raises:
        ValueError: The file is of another experiment, or no checkpoint.
        BlockingIOError: Another program is writing to it.
        OSError: It cannot be read or written.
    """
    if path is None:
        yield Checkpoint()
        return
    from filelock import FileLock, Timeout

    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{place}.lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"Another screening is writing to checkpoint {str(place)!r}. Wait for its end, or pass another file."
        raise BlockingIOError(msg) from error
    try:
        file = os.open(place, _FLAGS, 0o600)
        try:
            yield Checkpoint(file, _resume(file, place, {"checkpoint": _KIND, **header}))
        finally:
            os.close(file)
    finally:
        lock.release()


def digest(value: Any) -> str:
    """Give a short text that is another one for other prompts or references.

    Args:
        value: What is told apart.
    """
    try:
        text = json.dumps(value, default=_data, sort_keys=True)
    except (TypeError, ValueError):  # keys that JSON has not
        text = _described(value)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _data(value: Any) -> Any:
    if isinstance(value, PromptValue):
        return value.to_messages()
    if isinstance(value, BaseMessage):
        # Ids may be new each time that a program makes its prompts.
        return value.model_dump(exclude={"id"})
    return value.model_dump() if isinstance(value, BaseModel) else _described(value)


def _described(value: Any) -> str:
    """Describe an object, without where it is in memory."""
    return _ADDRESS.sub("", repr(value))


def _resume(file: int, place: Path, header: dict[str, Any]) -> tuple[Outcome, ...]:
    """Read the outcomes of earlier runs, and leave the file so that a new line can follow."""
    written = _read(file)
    ends = written.rfind(b"\n") + 1
    if not ends:
        if not (json.dumps(header) + "\n").encode().startswith(written):
            raise ValueError(_no_checkpoint(place))
        os.ftruncate(file, 0)
        _append(file, header)
        return ()
    first, *lines = written[:ends].splitlines()
    _check(place, _loaded(first), header)
    os.ftruncate(file, ends)
    outcomes = {}
    for number, line in enumerate(lines, 2):
        outcome = _outcome(line)
        if outcome is None:
            _log.warning("Line %d of checkpoint %s cannot be read; its call is made again.", number, place)
        else:
            outcomes[outcome.model, outcome.prompt] = outcome
    return tuple(each for each in outcomes.values() if each.error is None and each.unscored is None)


def _check(place: Path, found: Any, header: dict[str, Any]) -> None:
    """Refuse a file that is of another experiment.

    Raises:
        ValueError: It is.
    """
    if not isinstance(found, dict) or "checkpoint" not in found:
        raise ValueError(_no_checkpoint(place))
    others = [name for name in header if found.get(name) != header[name]]
    if others:
        told = "; ".join(f"{name} {found.get(name)!r} there, {header[name]!r} here" for name in others)
        msg = (
            f"Checkpoint {str(place)!r} is of another screening: {told}. Pass another file, or delete it to begin anew."
        )
        raise ValueError(msg)


def _no_checkpoint(place: Path) -> str:
    return f"{str(place)!r} is no checkpoint of a screening, and is left as it is. Pass another file."


def _outcome(line: bytes) -> Outcome | None:
    told = _loaded(line)
    try:
        score, cost = (told[name] if told[name] is None else kind(told[name]) for name, kind in _KINDS.items())
        return Outcome(**{**told, "score": score, "cost": cost})
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return None


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _read(file: int) -> bytes:
    return b"".join(iter(lambda: os.read(file, 1 << 20), b""))


def _append(file: int, told: dict[str, Any]) -> None:
    line = (json.dumps(told, default=str) + "\n").encode()
    while line:
        line = line[os.write(file, line) :]
