"""Connections, shared by every model of the process that goes through the same proxy.

Building a client costs tens of milliseconds (TLS), so models build none: they lease one on their first call. A
synchronous client serves all threads; an asynchronous one belongs to the event loop that made it, and is closed with
that loop. A forked child starts with none, since a connection must not have two owners.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_openrouter.http import backend

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class Lease:
    """One model's claim on shared clients. A client whose last lease was closed is closed too.

    Args:
        proxy: URL of the proxy, or `None` for what the environment says.
    """

    __slots__ = ("__weakref__", "proxy")

    def __init__(self, proxy: str | None = None) -> None:
        self.proxy = proxy

    def client(self) -> Any:
        """Give the client of this process."""
        return _lease(self, None).client

    async def async_client(self) -> Any:
        """Give the client of the running event loop."""
        loop = asyncio.get_running_loop()
        shared = _lease(self, loop)
        if shared.closer is None:
            shared.closer = _closing(_key(loop, self.proxy), shared.client)
            await anext(shared.closer)
        return shared.client

    def close(self) -> None:
        """Give up the claim on the clients of this process."""
        client = _release(self, None)
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Give up the claim on the client of the running event loop, and on that of this process."""
        self.close()
        client = _release(self, asyncio.get_running_loop())
        if client is not None:
            await client.aclose()


@dataclass(slots=True)
class _Shared:
    """A client, whose it is, and what closes it at the end of its loop."""

    client: Any
    owner: weakref.ref[asyncio.AbstractEventLoop] | None
    leases: weakref.WeakSet[Lease] = field(default_factory=weakref.WeakSet)
    closer: AsyncGenerator[None] | None = None

    def belongs_to(self, loop: asyncio.AbstractEventLoop | None) -> bool:
        """Say whether the loop is the one that made the client: a new loop may have the `id` of a dead one."""
        return loop is (self.owner() if self.owner else None)


_Key = tuple[int, str | None]
_shared: dict[_Key, _Shared] = {}
_lock = threading.Lock()
_NO_LOOP = 0
_of_parents: list[_Shared] = []
"""What a forked child must neither use nor close."""


def _key(loop: asyncio.AbstractEventLoop | None, proxy: str | None) -> _Key:
    return (_NO_LOOP if loop is None else id(loop), proxy)


def _lease(lease: Lease, loop: asyncio.AbstractEventLoop | None) -> _Shared:
    key = _key(loop, lease.proxy)
    shared = _shared.get(key)
    if shared is not None and lease in shared.leases and shared.belongs_to(loop):
        return shared
    with _lock:
        shared = _shared.get(key)
        if shared is None or not shared.belongs_to(loop):
            make = backend.new_async_client if loop else backend.new_client
            shared = _shared[key] = _Shared(make(lease.proxy), weakref.ref(loop) if loop else None)
        shared.leases.add(lease)
        return shared


def _release(lease: Lease, loop: asyncio.AbstractEventLoop | None) -> Any:
    """Give up the lease, and give back the client when nobody else holds one."""
    with _lock:
        shared = _shared.get(_key(loop, lease.proxy))
        if shared is None or lease not in shared.leases or not shared.belongs_to(loop):
            return None
        shared.leases.discard(lease)
        if shared.leases:
            return None
        return _shared.pop(_key(loop, lease.proxy)).client


async def _closing(key: _Key, client: Any) -> AsyncGenerator[None]:
    """Close the client when its loop ends: `asyncio.run` finishes the asynchronous generators that have begun in it."""
    try:
        yield
    finally:
        with _lock:
            if key in _shared and _shared[key].client is client:
                del _shared[key]
        await client.aclose()


def _forget() -> None:
    """Start a forked child without the parent's connections and locks."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _of_parents.extend(_shared.values())
    _shared.clear()


@atexit.register
def _close_all() -> None:
    for shared in list(_shared.values()):
        if shared.owner is None:
            shared.client.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
