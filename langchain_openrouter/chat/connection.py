"""Who `ChatOpenRouter` talks to and how long it waits: key, URL, headers, time-outs, retries."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Annotated, Any, Protocol, Self

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.utils import from_env, secret_from_env
from pydantic import Field, SecretStr, SkipValidation
from typing_extensions import TypedDict

from langchain_openrouter import _service
from langchain_openrouter.http.client import HttpClient
from langchain_openrouter.http.waiting import CONNECT_TIMEOUT, Waiting

_LEGACY_MILLISECONDS = 1000
_NO_KEY = (
    "OPENROUTER_API_KEY must be set. Make a key at https://openrouter.ai/settings/keys and set the environment "
    "variable, or pass `api_key=`."
)


class TimeoutLike(Protocol):
    """What `httpx.Timeout` and `httpx2.Timeout` have in common: seconds, or `None` for no limit."""

    connect: float | None
    read: float | None
    write: float | None


class ResponseCache(TypedDict, total=False):
    """How OpenRouter caches whole responses (https://openrouter.ai/docs/guides/features/response-caching)."""

    enabled: bool
    """Whether to cache; `False` also overrides a preset. Default: true."""

    ttl: int
    """Seconds to keep a response, 1 to 86400. OpenRouter's default: 300."""

    clear: bool
    """Whether to make a fresh response and keep that one."""


class Connection(BaseChatModel):
    """Who to ask, and how long to wait."""

    client: Any = Field(default=None, exclude=True, repr=False)
    """What requests go through; built from the fields below."""

    openrouter_api_key: SecretStr | None = Field(
        alias="api_key", default_factory=secret_from_env(_service.KEY_VARIABLE, default=None)
    )
    """The key, from https://openrouter.ai/settings/keys; by default the environment variable `OPENROUTER_API_KEY`."""

    openrouter_api_base: str | None = Field(
        alias="base_url", default_factory=from_env(_service.BASE_URL_VARIABLE, default=None)
    )
    """Base URL of the API; by default `OPENROUTER_API_BASE`, else OpenRouter's own."""

    app_url: str | None = Field(
        default_factory=from_env(["OPENROUTER_APP_URL", "OPENROUTER_SITE_URL"], default="https://docs.langchain.com")
    )
    """URL of your application, for its place in OpenRouter's rankings (`HTTP-Referer`); `None` sends none.

    Also from `OPENROUTER_APP_URL` or `OPENROUTER_SITE_URL`.
    """

    app_title: str | None = Field(
        default_factory=from_env(["OPENROUTER_APP_TITLE", "OPENROUTER_APP_NAME"], default="LangChain")
    )
    """Name of your application (`X-Title`), in any script.

    Also from `OPENROUTER_APP_TITLE` or `OPENROUTER_APP_NAME`.
    """

    app_categories: list[str] | None = None
    """Marketplace categories of your application (`X-OpenRouter-Categories`)."""

    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    """Headers of every request; they win over all others. Never serialised, since they may hold secrets."""

    extra_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    """The same as `default_headers`, by the name that the OpenAI SDK gave it. A call can pass it too."""

    router_metadata: bool = False
    """Whether to ask how the request was routed; told in `response_metadata["openrouter_metadata"]`."""

    response_cache: bool | int | ResponseCache | None = None
    """Whether OpenRouter may answer from its cache: a switch, seconds to keep an answer, or a `ResponseCache`."""

    request_timeout: Annotated[float | TimeoutLike | None, SkipValidation] = Field(default=None, alias="timeout")
    """Seconds to wait without a byte arriving (or an `httpx.Timeout`). Default: 600, and 10 for the connection.

    Keep-alive bytes count as bytes, so a long answer does not trip it. The official package counts milliseconds: a
    whole number of 1000 or more is warned about.
    """

    stream_idle_timeout: float | None = None
    """Seconds without a byte inside a stream, comments included, after which it has stalled.

    Default: `timeout` where that is given, else 120.
    """

    deadline: float | None = None
    """Seconds for a whole call, retries included. Default: 3600."""

    max_retries: int = 2
    """How many times a failed request is tried again; 0 turns it off.

    Tried again are lost connections (of a stream, until it begins), 408, 409, 429, 5xx, 529, and 402 when calls in
    flight hold the credit. Time-outs of ours and errors told inside an answer are not: they may have been billed.
    """

    max_retry_wait: float | None = None
    """The longest pause before a retry in seconds, whatever `Retry-After` says. Default: 60."""

    http_client: Any = Field(default=None, exclude=True, repr=False)
    """Your own `httpx.Client` or `httpx2.Client`, for proxies, TLS or tests; you close it."""

    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    """Your own asynchronous client, likewise."""

    proxy: str | None = Field(default=None, exclude=True, repr=False)
    """URL of a proxy. By default what the environment says (`HTTPS_PROXY`, …)."""

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy everything but clients of the user, which hold connections and locks: the copy uses the same."""
        shared = {id(own): own for own in (self.http_client, self.http_async_client) if own is not None}
        return super().__deepcopy__({**(memo or {}), **shared})

    def __getstate__(self) -> dict[Any, Any]:
        """Pickle without clients of the user, which cannot be pickled."""
        state = super().__getstate__()
        return {**state, "__dict__": {**state["__dict__"], "http_client": None, "http_async_client": None}}

    def _build_client(self) -> HttpClient:
        return HttpClient(self.http_client, self.http_async_client, self.proxy)

    def _fingerprint(self, call: dict[str, Any]) -> str | None:
        """Give the fingerprint of the key that pays for a call."""
        key = call.get("api_key") or self.openrouter_api_key
        return _service.fingerprint(_key(key if isinstance(key, SecretStr) else SecretStr(key))) if key else None

    def _base_url(self) -> str:
        return (self.openrouter_api_base or _service.BASE_URL).rstrip("/")

    def _waiting(self, call: dict[str, Any]) -> Waiting:
        """Give the limits of one call; `call` holds what the call itself says of them."""
        given = {
            name: call.pop(name, None) for name in ("deadline", "max_retries", "max_retry_wait", "stream_idle_timeout")
        }
        timeout = call.pop("timeout", call.pop("request_timeout", None))
        check_timeout(timeout)
        timeout = self.request_timeout if timeout is None else timeout
        limits: dict[str, Any] = {}
        if isinstance(timeout, (int, float)):
            limits = {"read": timeout, "idle": timeout, "write": timeout, "connect": min(timeout, CONNECT_TIMEOUT)}
        elif timeout is not None:
            limits = {"read": timeout.read, "idle": timeout.read, "write": timeout.write, "connect": timeout.connect}
        idle = given["stream_idle_timeout"] or self.stream_idle_timeout
        if idle is not None:
            limits["idle"] = idle
        for name in ("deadline", "max_retry_wait"):
            limit = given[name] if given[name] is not None else getattr(self, name)
            if limit is not None:
                limits[name] = limit
        retries = given["max_retries"]
        return Waiting(max_retries=self.max_retries if retries is None else retries, **limits)

    def _headers(self, call: dict[str, Any], *, stream: bool) -> dict[str, Any]:
        """Give the headers of one call; `call` holds what the call itself says of them."""
        own: dict[str, str | None] = {
            "HTTP-Referer": call.pop("app_url", self.app_url),
            "X-Title": call.pop("app_title", self.app_title),
            "X-OpenRouter-Categories": ",".join(call.pop("app_categories", self.app_categories) or ()),
            **_cache_headers(call.pop("response_cache", self.response_cache)),
        }
        if call.pop("router_metadata", self.router_metadata):
            own["X-OpenRouter-Metadata"] = "enabled"
        headers: dict[str, Any] = {
            "Accept": "text/event-stream" if stream else "application/json",
            "Content-Type": "application/json",
            "User-Agent": _service.USER_AGENT,
            **{name: value for name, value in own.items() if value},
        }
        key = call.pop("api_key", None) or self.openrouter_api_key
        if key:
            headers["Authorization"] = f"Bearer {_key(key if isinstance(key, SecretStr) else SecretStr(key))}"
        for added in (self.default_headers, self.extra_headers, call.pop("headers", None)):
            if added:
                _override(headers, added)
        return {name: _header_value(value) for name, value in headers.items() if value is not None}


def _key(secret: SecretStr) -> str:
    """Give a key without the line end that files and shells leave behind it."""
    return secret.get_secret_value().strip()


def check_key(secret: SecretStr | None) -> None:
    """Look at an API key.

    Raises:
        ValueError: There is none, or it cannot stand in a header.
    """
    key = _key(secret) if secret else ""
    if not key:
        raise ValueError(_NO_KEY)
    if not key.isprintable() or " " in key:
        msg = "The API key has a blank or a control character in it, which no key has. Copy it once more."
        raise ValueError(msg)


def _cache_headers(cache: ResponseCache | int | None) -> dict[str, str]:
    if cache is None:
        return {}
    if isinstance(cache, bool):
        settings: ResponseCache = {"enabled": cache}
    elif isinstance(cache, int):
        settings = {"ttl": cache}
    else:
        settings = cache
    headers = {"X-OpenRouter-Cache": "true" if settings.get("enabled", True) else "false"}
    if "ttl" in settings:
        headers["X-OpenRouter-Cache-TTL"] = str(settings["ttl"])
    if settings.get("clear"):
        headers["X-OpenRouter-Cache-Clear"] = "true"
    return headers


def _override(headers: dict[str, Any], added: Mapping[str, Any]) -> None:
    """Let added headers win, whatever case their names are written in; `None` takes one away."""
    names = {name.casefold() for name in added}
    for name in [name for name in headers if name.casefold() in names]:
        del headers[name]
    headers.update(added)


def _header_value(value: Any) -> str | bytes:
    """Write a header in UTF-8 where ASCII does not do: a title may be in any script."""
    text = str(value)
    return text if text.isascii() else text.encode()


def check_timeout(timeout: Any) -> None:
    """Look at a `timeout` argument.

    Raises:
        ValueError: It is neither a positive number of seconds nor an `httpx.Timeout`.
    """
    if timeout is None or hasattr(timeout, "read"):
        return
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or timeout <= 0:
        msg = f"timeout={timeout!r} is not a number of seconds above 0. Pass seconds, an `httpx.Timeout`, or nothing."
        raise ValueError(msg)
    if isinstance(timeout, int) and timeout >= _LEGACY_MILLISECONDS:
        warnings.warn(
            f"timeout={timeout} means {timeout} seconds here. The official langchain-openrouter counts milliseconds: "
            f"if you meant those, pass timeout={timeout / 1000:g}. If you mean seconds, pass {float(timeout)} to "
            "silence this warning.",
            UserWarning,
            stacklevel=5,
        )
