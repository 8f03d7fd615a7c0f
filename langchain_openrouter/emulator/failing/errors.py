"""Errors as OpenRouter words them.

Everything that refuses a request raises `ApiError`; the application turns it into the JSON body
and the status that OpenRouter would send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_ID = "user_emulator"
ROUTING_DOCS = "https://openrouter.ai/docs/guides/routing/provider-selection"


class ApiError(Exception):
    """A refusal with its HTTP status and body.

    Args:
        status: HTTP status, also `error.code`.
        message: `error.message`.
        metadata: `error.metadata`, left out when `None`.
        headers: Extra response headers, such as `Retry-After`.
        user_id: Whether the body names the user, which it does once the key is known.
        availability: `error.availability`, left out when `None`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        user_id: bool = True,
        availability: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the parts of the answer."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.metadata = metadata
        self.headers = dict(headers or {})
        self.user_id = user_id
        self.availability = availability

    def body(self) -> dict[str, Any]:
        """Give the JSON body."""
        error: dict[str, Any] = {"message": self.message, "code": self.status}
        if self.metadata is not None:
            error["metadata"] = dict(self.metadata)
        if self.availability is not None:
            error["availability"] = dict(self.availability)
        body: dict[str, Any] = {"error": error}
        if self.user_id:
            body["user_id"] = USER_ID
        return body


def bad_request(message: str) -> ApiError:
    """Refuse a malformed request."""
    return ApiError(400, message)


def wrong_type(name: str, expected: str, value: object) -> ApiError:
    """Refuse a value of the wrong JSON type."""
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    received = "null" if value is None else names.get(type(value), "object")
    return bad_request(f"{name}: Invalid input: expected {expected}, received {received}")


def no_auth() -> ApiError:
    """Refuse a request without a bearer token."""
    return ApiError(401, "No auth credentials found", user_id=False)


def unknown_user() -> ApiError:
    """Refuse a key that nobody owns."""
    return ApiError(401, "User not found.", user_id=False)


def no_management_key() -> ApiError:
    """Refuse what only a management key may do."""
    return ApiError(403, "Only management keys can perform this operation", user_id=False)


def unknown_model(name: str) -> ApiError:
    """Refuse a model id that is in no list."""
    return ApiError(400, f"{name} is not a valid model ID")


def not_found() -> ApiError:
    """Refuse a path that the API does not have."""
    return ApiError(404, "Not Found", user_id=False)


def wrong_method(allowed: str) -> ApiError:
    """Refuse a method that the path does not have."""
    return ApiError(405, "Method Not Allowed", headers={"allow": allowed}, user_id=False)


def too_large() -> ApiError:
    """Refuse a body that is too long."""
    metadata = {"error_type": "payload_too_large"}
    return ApiError(413, "Request payload too large", metadata=metadata)


def unaffordable(requested: int, affordable: int) -> ApiError:
    """Refuse a request that the credit does not cover."""
    message = (
        "This request requires more credits, or fewer max_tokens. You requested up to "
        f"{requested} tokens, but can only afford {affordable}. To increase, visit "
        "https://openrouter.ai/settings/credits and upgrade to a paid account"
    )
    metadata = {"provider_name": None, "limit_source": "openrouter_credits"}
    return ApiError(402, message, metadata=metadata)


def too_many_free_requests(limit: int, reset_ms: int) -> ApiError:
    """Refuse a request to a free model above its rate."""
    metadata = {
        "headers": {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(reset_ms),
        },
        "limit_source": "openrouter_free_tier_minute",
    }
    return ApiError(429, "Rate limit exceeded: free-models-per-min. ", metadata=metadata)


def context_too_long(limit: int, text: int, tools: int, output: int) -> ApiError:
    """Refuse a prompt that does not fit, in OpenRouter's words."""
    parts = [f"{text} of text input"]
    if tools:
        parts.append(f"{tools} of tool input")
    if output:
        parts.append(f"{output} in the output")
    message = (
        f"This endpoint's maximum context length is {limit} tokens. However, you requested "
        f"about {text + tools + output} tokens ({', '.join(parts)}). Please reduce the length "
        'of either one, or use the context-compression plugin ("middle-out").'
    )
    return ApiError(400, message, metadata={"error_type": "context_length_exceeded"})


def provider_error(provider: str, raw: str, status: int = 400) -> ApiError:
    """Pass on what a provider refused, as text in `metadata.raw`."""
    metadata = {"raw": raw, "provider_name": provider, "is_byok": False}
    return ApiError(status, "Provider returned error", metadata=metadata)
