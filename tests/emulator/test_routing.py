"""Which model and endpoint answer, and what is said when none may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.emulator import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [
    ("openai/plain", "openai/plain"),
    ("openai/plain:nitro", "openai/plain"),
    ("openai/plain:online", "openai/plain"),
    ("openai/plain-2026-01-01", "openai/plain"),
    ("openai/v1-5", "openai/v1.5"),
    ("minimax/thinker:free", "minimax/thinker:free"),
    ("~openai/latest", "openai/plain"),
    ("openai/plain@preset/mine", "openai/plain"),
    ("openrouter/auto", "anthropic/thinker"),
    ("@preset/mine", "anthropic/thinker"),
]


@pytest.mark.parametrize(("requested", "answering"), NAMES)
async def test_names(talk: Any, requested: str, answering: str) -> None:
    """Suffixes, slugs, aliases, presets and routers all lead to a concrete model."""
    assert (await talk.chat("Hello", model=requested))["model"] == answering


@pytest.mark.parametrize("name", ["openai/plain:free", "openai/plain:fast", "plain", "~openai/x"])
async def test_unknown_names(talk: Any, name: str) -> None:
    """A variant that is not listed is no model."""
    assert await talk.refusal("Hello", model=name) == (400, f"{name} is not a valid model ID")


CHOSEN: list[tuple[dict[str, Any], str]] = [
    ({}, "OpenAI"),
    ({"only": ["azure"]}, "Azure"),
    ({"only": ["Azure"]}, "Azure"),
    ({"ignore": ["openai"]}, "Azure"),
    ({"order": ["azure"]}, "Azure"),
    ({"order": ["groq", "azure"], "allow_fallbacks": False}, "Azure"),
    ({"order": ["groq"]}, "OpenAI"),
    ({"sort": "throughput"}, "Azure"),
    ({"sort": {"by": "price"}}, "OpenAI"),
    ({"zdr": True}, "Azure"),
    ({"max_price": {"prompt": 1, "completion": "2"}}, "OpenAI"),
    ({"require_parameters": True}, "OpenAI"),
]


@pytest.mark.parametrize(("provider", "name"), CHOSEN)
async def test_the_endpoint_is_as_wished(talk: Any, provider: dict[str, Any], name: str) -> None:
    """`provider` decides which endpoint answers."""
    assert (await talk.chat("Hello", provider=provider))["provider"] == name


NOBODY: list[tuple[dict[str, Any], str]] = [
    ({"provider": {"only": ["groq"]}}, "No allowed providers are available for the selected model."),
    ({"provider": {"max_price": {"prompt": 0.5}}}, "No endpoints found for openai/plain."),
    (
        {"provider": {"order": ["groq"], "allow_fallbacks": False}},
        "No allowed providers are available for the selected model.",
    ),
    (
        {"provider": {"require_parameters": True}, "top_k": 5},
        "No endpoints found that can handle the requested parameters.",
    ),
    (
        {"model": "minimax/thinker", "provider": {"zdr": True, "quantizations": ["fp4"]}},
        "No endpoints found for minimax/thinker.",
    ),
    ({"modalities": ["image", "text"]}, "No endpoints found that support the requested output"),
    (
        {"model": "x-ai/thinker", "provider": {"zdr": True}},
        "No endpoints found matching your data policy.",
    ),
]


@pytest.mark.parametrize(("options", "expected"), NOBODY)
async def test_no_endpoint(talk: Any, options: dict[str, Any], expected: str) -> None:
    """When no endpoint fits, the answer is 404 in OpenRouter's words."""
    status, message = await talk.refusal("Hello", **options)
    assert (status, message[: len(expected)]) == (404, expected)


async def test_tools_and_media_need_a_model_that_can(talk: Any, weather: dict[str, Any]) -> None:
    """Tools and pictures are refused by name for models that take none."""
    status, message = await talk.refusal("Hello", model="mistralai/small", tools=[weather])
    assert status == 404
    assert message.startswith('No endpoints found that support tool use. Try disabling "get_weather". To learn more')
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    messages = [{"role": "user", "content": [picture]}]
    assert await talk.refusal(messages, model="mistralai/small") == (
        404,
        "No endpoints found that support image input",
    )


async def test_models_fall_back(make: Callable[..., Any]) -> None:
    """`models` goes on to the next after an unknown name, a misfit and a fault."""
    talk = make(faults=[Fault(kind="status", status=503, model="openai/plain")])
    body = await talk.chat("Hello", model="no/such", models=["openai/plain", "x-ai/thinker"])
    assert body["model"] == "x-ai/thinker"
    answer = await talk.ask("Hello", models=["openai/plain"])
    assert answer.status_code == 503


async def test_falls_back_from_what_does_not_fit(talk: Any) -> None:
    """A prompt too long for the first model is answered by the next."""
    body = await talk.chat("word " * 300, model="mistralai/tiny", models=["x-ai/thinker"])
    assert body["model"] == "x-ai/thinker"


async def test_metadata_tells_the_attempts(make: Callable[..., Any]) -> None:
    """`X-OpenRouter-Metadata` adds how the request was routed, streamed on the last chunk."""
    talk = make(faults=[Fault(kind="status", status=503, model="openai/plain")])
    options = {"models": ["x-ai/thinker"], "headers": {"X-OpenRouter-Metadata": "enabled"}}
    metadata = (await talk.chat("Hello", **options))["openrouter_metadata"]
    assert metadata["attempts"] == [
        {"model": "openai/plain", "provider": "OpenAI", "status": 503},
        {"model": "x-ai/thinker", "provider": "xAI", "status": 200},
    ]
    assert (metadata["strategy"], metadata["attempt"]) == ("fallback", 2)
    chunks = await talk.stream("Hello", **options)
    assert ["openrouter_metadata" in chunk for chunk in chunks].index(True) == len(chunks) - 1
    assert "openrouter_metadata" not in await talk.chat("Hello", model="x-ai/thinker")


async def test_lists(talk: Any) -> None:
    """`GET /models` has filters and pages, and counts what it lists."""
    listed = (await talk.send("/models")).json()
    assert (listed["total_count"], len(listed["data"]), listed["links"]["next"]) == (15, 15, None)
    page = (await talk.send("/models?offset=11&limit=2")).json()
    assert [row["id"] for row in page["data"]] == ["mistralai/small", "mistralai/tiny"]
    assert page["links"]["next"] == "/api/v1/models?offset=13&limit=2"
    able = (await talk.send("/models?supported_parameters=tools,reasoning")).json()
    assert "openai/plain" not in {row["id"] for row in able["data"]}
    assert (await talk.send("/models/count?output_modalities=image")).json()["data"] == {"count": 1}
    assert (await talk.send("/models?limit=x")).status_code == 400


async def test_endpoints(talk: Any) -> None:
    """Endpoints have prices of their own, and speeds only for those with a key."""
    found = (await talk.send("/models/openai/plain/endpoints")).json()["data"]["endpoints"]
    assert [(one["tag"], one["pricing"]["prompt"]) for one in found] == [
        ("openai", "0.000001"),
        ("azure", "0.00000125"),
    ]
    assert found[0]["latency_last_30m"]["p50"] == 900.0
    nobody = (await talk.send("/models/openai/plain/endpoints", key="nobody")).json()
    assert nobody["data"]["endpoints"][0]["latency_last_30m"] is None
    assert (await talk.send("/models/no/such/endpoints")).status_code == 404
    assert (await talk.send("/model/openai/plain")).json()["data"]["id"] == "openai/plain"
