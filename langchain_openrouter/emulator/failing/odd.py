"""Good answers in odd clothes: what providers were seen to send, and clients must read."""

from __future__ import annotations

import copy
from typing import Any


def odd_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Leave fields out, make them null or fractional; the answer stays the same."""
    odd = copy.deepcopy(body)
    odd.pop("system_fingerprint", None)
    odd.pop("object", None)
    odd["created"] = odd.get("created", 0) + 0.5
    odd["model"] = None
    usage = odd.get("usage") or {}
    for key in ("prompt_tokens", "completion_tokens", "total_tokens"):
        if key in usage:
            usage[key] = float(usage[key])
    usage.pop("prompt_tokens_details", None)
    for choice in odd.get("choices") or ():
        if "delta" in choice:
            choice["delta"]["role"] = ""
        choice.pop("native_finish_reason", None)
    return odd


def odd_calls(body: dict[str, Any], opened: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Repeat id and name in each fragment of a call; leave the index of the first call out.

    In a whole answer the calls have no index and no type.

    Args:
        body: A chunk or a whole answer.
        opened: The calls seen so far by index; updated.
    """
    odd = copy.deepcopy(body)
    for choice in odd.get("choices") or ():
        for call in (choice.get("message") or {}).get("tool_calls") or ():
            call.pop("index", None)
            call.pop("type", None)
        for call in (choice.get("delta") or {}).get("tool_calls") or ():
            _repeat(call, opened)
    return odd


def _repeat(call: dict[str, Any], opened: dict[int, dict[str, Any]]) -> None:
    index = call["index"]
    if "id" in call:
        opened[index] = {"id": call["id"], "name": call["function"]["name"]}
    else:
        call["id"] = opened[index]["id"]
        call["function"]["name"] = opened[index]["name"]
    if index == 0:
        del call["index"]
