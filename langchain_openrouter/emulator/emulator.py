"""The emulator itself: options, context manager, what a test may look at."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self

from langchain_openrouter.emulator.answering.tokens import Tokenizer, split
from langchain_openrouter.emulator.failing.faults import Fault, FaultBook
from langchain_openrouter.emulator.market.registry import Registry
from langchain_openrouter.emulator.services.chat import ChatService
from langchain_openrouter.emulator.services.replay import Replay, ReplayBook, read_exchanges
from langchain_openrouter.emulator.serving.app import ROOT, Api
from langchain_openrouter.emulator.serving.front import Front
from langchain_openrouter.emulator.serving.handlers import Account, Catalog, KeyFacts
from langchain_openrouter.emulator.serving.sending import Sender
from langchain_openrouter.emulator.serving.server import ServerThread
from langchain_openrouter.emulator.serving.transport import asgi_transport
from langchain_openrouter.emulator.state import RecordedRequest, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType, TracebackType

    from starlette.types import ASGIApp

    from langchain_openrouter.emulator.market.registry import Records


class Emulator:
    """A local OpenRouter.

    As a context manager (`with` or `async with`) it serves on a socket of this machine; without
    one, `app` and `transport()` answer in this process.

    Args:
        api_key: The only key that is accepted.
        credits: Dollars that may be spent, as `Decimal` or text; `None` for any amount.
        models: `/models` records: by id, as a list, or as the body of `GET /models`; `None` for the
            package's snapshot. `set_models` changes them.
        faults: What goes wrong from the start; more by `add_fault`.
        replay: Recorded exchanges that are answered again: an `Exchange`, a record of one, an
            iterable of them, or the path of a file with one JSON object a line.
        seed: Of everything that looks random.
        chunk_delay: Seconds between two chunks of a stream.
        host: Address to listen on.
        port: Port, 0 for any free one.
        byok: Slugs of providers for which the user brought a key: OpenRouter charges nothing
            then, and `cost_details.upstream_inference_cost` has the price.
        tokenizer: Cuts text into tokens; by default `tokens.split`, which needs no download.
        page_size: How many models `GET /models` lists at most before `links.next` leads on; `None`
            for all, or as many as the request says. The attribute may be set at any time.
        key_limit: Dollars that `GET /key` shows as the limit of the key; `None` shows `credits`. It refuses nothing:
            that is what `credits` and `Fault.over_budget` do.
        limit_reset: When that limit resets: `daily`, `weekly`, `monthly`, or `None` for never.
        management_key: Whether the key is a management key. `GET /credits` refuses one that is not; with `None`, it
            answers, though `GET /key` says that it is none.
        late_generations: How often `GET /generation` answers 404 for an id before it tells, as OpenRouter does for
            some seconds.

    >>> with Emulator(models=[{"id": "some/model"}]) as emulator:
    ...     emulator.base_url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        *,
        api_key: str = "sk-or-v1-emulator",
        credits: Decimal | str | int | None = Decimal(10),  # noqa: A002 - OpenRouter's own word
        models: Records | None = None,
        faults: Iterable[Fault] = (),
        replay: Replay | None = None,
        seed: int = 0,
        chunk_delay: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
        byok: Iterable[str] = (),
        tokenizer: Tokenizer | None = None,
        page_size: int | None = None,
        key_limit: Decimal | str | float | None = None,
        limit_reset: Literal["daily", "weekly", "monthly"] | None = None,
        management_key: bool | None = None,
        late_generations: int = 0,
    ) -> None:
        """Build the application; nothing is opened."""
        self.api_key = api_key
        self.page_size = page_size
        self._state = State(None if credits is None else Decimal(str(credits)))
        self._faults = FaultBook(faults, seed)
        self._registry = registry = Registry(_snapshot() if models is None else models)
        chat = ChatService(
            state=self._state,
            registry=registry,
            faults=self._faults,
            tokenizer=tokenizer or split,
            seed=seed,
            byok=frozenset(byok),
        )
        facts = KeyFacts(
            limit=None if key_limit is None else Decimal(str(key_limit)),
            limit_reset=limit_reset,
            is_management=management_key,
            late=late_generations,
        )
        api = Api(
            api_key=api_key,
            chat=chat,
            catalog=Catalog(registry, lambda: self.page_size),
            account=Account(self._state, api_key, facts),
            faults=self._faults,
            sender=Sender(chunk_delay, self._state.leave),
        )
        book = None if replay is None else ReplayBook(read_exchanges(replay))
        self._app = Front(api.app(), self._state, book)
        self._server = ServerThread(self._app, host, port)
        self._address: str | None = None

    @property
    def app(self) -> ASGIApp:
        """Give the ASGI application."""
        return self._app

    @property
    def base_url(self) -> str:
        """Give the address of the API.

        Raises:
            RuntimeError: When the emulator is not serving.
        """
        if self._address is None:
            msg = "the emulator is not serving; use it as a context manager, or use `transport()`"
            raise RuntimeError(msg)
        return self._address + ROOT

    @property
    def requests(self) -> list[RecordedRequest]:
        """Give the requests received so far, oldest first, however they were answered."""
        return list(self._state.requests)

    @property
    def disconnects(self) -> int:
        """Give how many clients left before their answer was complete."""
        return self._state.disconnects

    @property
    def spent(self) -> Decimal:
        """Give the dollars charged so far."""
        return self._state.spent

    @property
    def credit_left(self) -> Decimal | None:
        """Give the dollars that are left, `None` for any amount."""
        return self._state.credit_left

    @property
    def generations(self) -> dict[str, dict[str, Any]]:
        """Give what `GET /generation` tells, by id, oldest first."""
        return dict(self._state.generations)

    def set_models(self, models: Records | None) -> None:
        """Change the models that are listed, served and priced, from the next request on.

        Args:
            models: As the argument of the class.

        >>> emulator = Emulator(models=[])
        >>> emulator.set_models([{"id": "some/model", "pricing": {"prompt": "0.000001", "completion": "0"}}])
        """
        self._registry.replace(_snapshot() if models is None else models)

    def add_fault(self, fault: Fault) -> None:
        """Put a fault in force.

        Args:
            fault: What goes wrong, and when.
        """
        self._faults.add(fault)

    def clear_faults(self) -> None:
        """Take all faults out of force."""
        self._faults.clear()

    def transport(self, library: ModuleType | None = None) -> Any:
        """Give a transport that answers in this process, for an `AsyncClient`.

        The body arrives when it is complete, so faults that wait are better tried on a socket.

        Args:
            library: `httpx` (the default) or a library with the same classes, such as `httpx2`.
        """
        return asgi_transport(self._app, library)

    def start(self) -> Self:
        """Serve on a socket; `stop` ends it."""
        self._address = self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()
        self._address = None

    def wait(self) -> None:
        """Wait until the server ends, which it does not by itself."""
        self._server.wait()

    def __enter__(self) -> Self:
        """Serve on a socket."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Serve on a socket."""
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        await asyncio.to_thread(self.stop)


def _snapshot() -> Any:
    """Load the snapshot only when asked for: it takes longer than all else here."""
    return import_module("langchain_openrouter.catalog.snapshot").load()
