"""The one place that imports an HTTP library: httpx2 where it is installed, else httpx, of the same interface."""

from __future__ import annotations

import functools
from typing import Any

try:
    import httpx2 as _httpx
except ImportError:  # pragma: no cover - depends on what is installed
    import httpx as _httpx  # type: ignore[no-redef]

_IDLE_CONNECTIONS = 100
_KEEP_ALIVE = 30.0

_TIMEOUT_KINDS = {
    "ConnectTimeout": "connect",
    "PoolTimeout": "pool",
    "ReadTimeout": "read",
    "TimeoutException": "read",
    "WriteTimeout": "write",
}


@functools.lru_cache(maxsize=64)
def _url(url: str) -> Any:
    return _httpx.URL(url)


def new_request(method: str, url: str, *, headers: dict[str, Any], content: bytes, extensions: dict[str, Any]) -> Any:
    """Make a request for a client of ours. Those have nothing to add, so nothing need be merged (`build_request`)."""
    return _httpx.Request(
        method,
        _url(url),
        headers={**headers, "Accept-Encoding": "gzip, deflate"},
        content=content,
        extensions=extensions,
    )


def new_client(proxy: str | None) -> Any:
    """Make a synchronous client. The number of connections has no limit: callers set theirs with `max_concurrency`."""
    return _httpx.Client(**_options(proxy))


def new_async_client(proxy: str | None) -> Any:
    """Make an asynchronous client for the running event loop."""
    return _httpx.AsyncClient(**_options(proxy))


def _options(proxy: str | None) -> dict[str, Any]:
    limits = _httpx.Limits(
        max_connections=None, max_keepalive_connections=_IDLE_CONNECTIONS, keepalive_expiry=_KEEP_ALIVE
    )
    return {"proxy": proxy, "limits": limits, "follow_redirects": True, "timeout": None}


def failure_kind(error: BaseException) -> str | None:
    """Say what kind of failure an exception of either library is.

    Judged by the names in its ancestry, since the caller's own client may be of the other library.

    Args:
        error: Any exception.

    Returns:
        `"connect"`, `"read"`, `"write"` or `"pool"` for a time-out; `"broken"` for any other failure of the transport;
        `None` for an exception that is not the library's.
    """
    ancestry = [cls for cls in type(error).__mro__ if cls.__module__.partition(".")[0] in {"httpx", "httpx2"}]
    for cls in ancestry:
        if cls.__name__ in _TIMEOUT_KINDS:
            return _TIMEOUT_KINDS[cls.__name__]
    names = {cls.__name__ for cls in ancestry}
    return "broken" if names & {"HTTPError", "InvalidURL", "StreamError"} else None
