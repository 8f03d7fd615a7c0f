"""Questions to OpenRouter that are no generations: JSON by `GET`, through one client and within one deadline."""

from __future__ import annotations

import json
import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from langchain_openrouter import _service
from langchain_openrouter.errors import APIConnectionError, InvalidResponseError, OpenRouterError, masking
from langchain_openrouter.http.client import Call, HttpClient, Reply
from langchain_openrouter.http.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

DEADLINE = 15.0
"""Seconds that the answers may take together, unless the caller says otherwise."""

_CONNECT, _SILENCE = 3.0, 8.0
"""Seconds for a connection, and without a byte."""

_PAUSE = 1.0
"""Seconds that a server may have us wait: who asks such a question has something else to do."""


class Asking:
    """A few questions to one server: `with Asking(…) as asking: asking.get("/key")`.

    Args:
        base_url: The address of the API, without a slash at the end.
        api_key: Sent with each question; `None` for questions that need no key.
        http_client: The user's own `httpx.Client` or `httpx2.Client`; `None` for a shared one.
        deadline: Seconds for everything from `with` on; `None` gives each question `DEADLINE` seconds of its own.
    """

    __slots__ = ("_base_url", "_client", "_deadline", "_ends", "_headers")

    def __init__(
        self, base_url: str, api_key: str | None = None, http_client: Any = None, *, deadline: float | None = DEADLINE
    ) -> None:
        self._base_url = base_url
        self._client = HttpClient(http_client)
        self._deadline = deadline
        self._ends: float | None = None
        self._headers = {"Accept": "application/json", "User-Agent": _service.USER_AGENT}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def __enter__(self) -> Self:
        self._ends = None if self._deadline is None else time.monotonic() + self._deadline
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, exact: bool = False) -> Mapping[str, Any]:
        """Ask, and read the answer.

        Args:
            path: Below the address of the API, such as `"/key"`.
            query: What stands behind the question mark.
            exact: Whether numbers with a fraction are read as `Decimal`, as they are written.

        Returns:
            The whole answer, which has a `data`.

        Raises:
            OpenRouterError: The API could not be reached, refused, or sent something else.
        """
        url = self._base_url + path + (f"?{urlencode(query)}" if query else "")
        return read_answer(self.send(url), url, exact=exact)

    def send(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a whole URL, and give the answer as it came.

        Args:
            url: The URL.
            headers: Further headers.

        Raises:
            OpenRouterError: The API could not be reached, or refused.
        """
        left = DEADLINE if self._ends is None else self._ends - time.monotonic()
        waiting = Waiting(_CONNECT, _SILENCE, _SILENCE, deadline=left, max_retries=1, max_retry_wait=_PAUSE)
        call = Call(url, {**self._headers, **(headers or {})}, b"", waiting, "GET")
        with masking(call.headers):
            try:
                return self._client.send(call)
            except OpenRouterError:
                raise
            except (ImportError, OSError, ValueError) as error:  # a proxy, certificates or a URL that cannot be used
                raise APIConnectionError(f"No request can be made: {error}") from error


def read_answer(reply: Reply, url: str, *, exact: bool = False) -> Mapping[str, Any]:
    """Read an answer.

    Args:
        reply: What came.
        url: What was asked for.
        exact: As in `Asking.get`.

    Raises:
        InvalidResponseError: It is no JSON object with a `data`.
    """
    try:
        answer = json.loads(reply.content, parse_float=_as_written if exact else None)
    except (ValueError, RecursionError) as error:
        raise InvalidResponseError(f"{_shown(url)} answered with something that is not JSON.") from error
    if not isinstance(answer, dict) or "data" not in answer:
        raise InvalidResponseError(f"{_shown(url)} answered without `data`.", body=answer)
    return answer


def _shown(url: str) -> str:
    """Leave out the name and the password that may stand before the host."""
    return url.rpartition("@")[2]


def _as_written(number: str) -> Decimal | float:
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent that no decimal has
        return float(number)
