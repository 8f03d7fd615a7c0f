"""The ASGI application: which path does what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from langchain_openrouter.emulator.checking.request import check_chat
from langchain_openrouter.emulator.failing.errors import (
    ApiError,
    bad_request,
    no_auth,
    not_found,
    unknown_user,
    wrong_method,
)
from langchain_openrouter.emulator.failing.faults import REFUSALS
from langchain_openrouter.emulator.services.embeddings import embed
from langchain_openrouter.emulator.services.generation import chat_body
from langchain_openrouter.emulator.services.responses_api import chat_request_of, response_body, response_events
from langchain_openrouter.emulator.services.stream import chat_events
from langchain_openrouter.emulator.serving.sending import Sender, error_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request

    from langchain_openrouter.emulator.failing.faults import FaultBook
    from langchain_openrouter.emulator.services.chat import ChatService
    from langchain_openrouter.emulator.services.generation import Generation
    from langchain_openrouter.emulator.services.stream import Event
    from langchain_openrouter.emulator.serving.handlers import Account, Catalog

    Handler = Callable[[Request], Awaitable[Response]]

ROOT = "/api/v1"
_ENDPOINTS = "/models/{author}/{slug}/endpoints"
_TAGGED = frozenset({"/models", _ENDPOINTS})
"""Paths that answer conditional requests."""


@dataclass(frozen=True, slots=True)
class Api:
    """The handlers of all paths.

    Args:
        api_key: The one key that is accepted.
        chat: Answers chat requests.
        catalog: Answers about models.
        account: Answers about the key.
        faults: In force.
        sender: Makes responses.
    """

    api_key: str
    chat: ChatService
    catalog: Catalog
    account: Account
    faults: FaultBook
    sender: Sender

    def app(self) -> Starlette:
        """Give the application with its routes."""
        get: list[tuple[str, Callable[[Request], dict[str, Any]], bool]] = [
            ("/models", self._models, False),
            ("/models/count", lambda r: self.catalog.count(r.query_params), False),
            ("/models/user", self._models, True),
            (_ENDPOINTS, self._endpoints, False),
            ("/model/{author}/{slug}", self._model, False),
            ("/providers", lambda _: self.catalog.providers(), False),
            ("/key", lambda _: self.account.key(), True),
            ("/auth/key", lambda _: self.account.key(), True),
            ("/credits", lambda _: self.account.credits(), True),
            ("/generation", lambda r: self.account.generation(r.query_params.get("id")), True),
        ]
        routes = [self._get_route(*row) for row in get]
        post: list[tuple[str, Handler]] = [
            ("/chat/completions", self._chat),
            ("/responses", self._responses),
            ("/embeddings", self._embeddings),
        ]
        routes += [Route(ROOT + path, handler, methods=["POST"]) for path, handler in post]
        handlers: dict[Any, Any] = {
            HTTPException: _http_error,
            ApiError: _api_error,
            Exception: _bug,
        }
        return Starlette(routes=routes, exception_handlers=handlers)

    def _get_route(
        self,
        path: str,
        answer: Callable[[Request], dict[str, Any]],
        needs_key: bool,  # noqa: FBT001
    ) -> Route:
        async def handle(request: Request) -> Response:
            if needs_key:
                self._authenticate(request)
            struck = self.faults.strike(request.url.path.removeprefix(ROOT), frozenset())
            if struck and struck.kind in REFUSALS:
                return self.sender.fault(struck)
            if path in _TAGGED:
                known = ", ".join(request.headers.getlist("if-none-match"))
                return self.sender.tagged(answer(request), struck, known)
            return self.sender.whole(answer(request), struck)

        return Route(ROOT + path, handle, methods=["GET"])

    def _models(self, request: Request) -> dict[str, Any]:
        return self.catalog.models(request.query_params, request.url.path)

    def _endpoints(self, request: Request) -> dict[str, Any]:
        author, slug = request.path_params["author"], request.path_params["slug"]
        return self.catalog.endpoints(author, slug, with_key=self._has_key(request))

    def _model(self, request: Request) -> dict[str, Any]:
        return self.catalog.model(request.path_params["author"], request.path_params["slug"])

    def _has_key(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.api_key}"

    def _authenticate(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise no_auth()
        if key.strip() != self.api_key:
            raise unknown_user()

    async def _chat(self, request: Request) -> Response:
        self._authenticate(request)
        body = _parsed(await request.body())
        check_chat(body)
        return self._answer(request, body, chat_body, chat_events)

    async def _responses(self, request: Request) -> Response:
        self._authenticate(request)
        asked = _parsed(await request.body())
        body = chat_request_of(asked)
        check_chat(body)
        return self._answer(
            request,
            body,
            lambda made: response_body(made, asked),
            lambda made: response_events(made, asked),
        )

    def _answer(
        self,
        request: Request,
        body: dict[str, Any],
        whole: Callable[[Generation], dict[str, Any]],
        events: Callable[[Generation], Iterable[Event]],
    ) -> Response:
        path = request.url.path.removeprefix(ROOT)
        outcome = self.chat.answer(body, dict(request.headers), path)
        made, fault = outcome.generation, outcome.fault
        if made is None:
            return self.sender.fault(fault) if fault else error_response(not_found())
        headers = {"x-generation-id": made.id}
        if made.cache_status:
            headers["x-openrouter-cache-status"] = made.cache_status
        if body.get("stream"):
            return self.sender.stream(events(made), fault, headers)
        return self.sender.whole(whole(made), fault, headers, is_generated=True)

    async def _embeddings(self, request: Request) -> Response:
        self._authenticate(request)
        body = _parsed(await request.body())
        names = frozenset({str(body.get("model"))})
        struck = self.faults.strike("/embeddings", names)
        if struck and struck.kind in REFUSALS:
            return self.sender.fault(struck)
        answer, record = embed(body, self.chat)
        self.chat.state.charge(record.cost.total, record.cost.upstream, record.row)
        return self.sender.whole(answer, struck, {"x-generation-id": record.row["id"]})


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise bad_request("Invalid JSON in request body") from None
    if not isinstance(body, dict):
        raise bad_request("Request body must be a JSON object")
    return body


async def _api_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return error_response(error)


async def _bug(_: Request, __: Exception) -> Response:
    return error_response(ApiError(500, "Internal Server Error"))


async def _http_error(request: Request, error: Exception) -> Response:
    """Answer unknown paths and methods: JSON below the API's root, a page elsewhere."""
    if not isinstance(error, HTTPException):
        raise error
    if not request.url.path.startswith(ROOT):
        page = "<!DOCTYPE html><html><head><title>404: This page could not be found.</title></head>"
        return HTMLResponse(page + "<body><h1>404</h1></body></html>", status_code=404)
    if error.status_code == 405:  # noqa: PLR2004 - the status itself
        return error_response(wrong_method((error.headers or {}).get("Allow", "")))
    return error_response(not_found())
