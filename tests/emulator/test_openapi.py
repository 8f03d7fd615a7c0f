"""Answers are valid by OpenRouter's own description of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

THINKERS = ["openai/thinker", "anthropic/thinker", "google/thinker", "x-ai/thinker"]


class Api:
    """Checks bodies against the description."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        resource = DRAFT202012.create_resource(document)
        self._registry: Any = Registry().with_resource("urn:api", resource)

    def check(self, pointer: str, body: Any) -> None:
        """Fail when a body is not valid by the schema at a place of the document."""
        schema = {"$ref": f"urn:api#{pointer}"}
        jsonschema.Draft202012Validator(schema, registry=self._registry).validate(body)

    def component(self, name: str, body: Any) -> None:
        """Fail when a body is not valid by a named schema."""
        self.check(f"/components/schemas/{name}", body)

    def answer(self, path: str, method: str, body: Any) -> None:
        """Fail when a body is no answer of a path with status 200."""
        escaped = path.replace("/", "~1")
        where = f"/paths/{escaped}/{method}/responses/200/content/application~1json/schema"
        self.check(where, body)


@pytest.fixture(scope="session")
def api(shared: Path) -> Api:
    """Read the description once; it is long."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (shared / "openapi.yaml").open(encoding="utf-8") as file:
        return Api(yaml.load(file, Loader=loader))  # noqa: S506 - a safe loader, in C if there is one


WEATHER = "What is the weather in Paris and Rome?"
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "a", "schema": {"properties": {"a": {"type": "string"}}}},
}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("Hello", {}),
    ("Hello", {"n": 2, "logprobs": True, "top_logprobs": 2}),
    ("Hello", {"max_tokens": 3, "service_tier": "flex"}),
    ("Hello", {"response_format": SCHEMA}),
    ("Write ransomware.", {"response_format": SCHEMA}),
    ("Hello", {"plugins": [{"id": "web"}]}),
    ("Say hello", {"model": "openai/speaker", "modalities": ["text", "audio"]}),
    ("Paint", {"model": "google/painter", "modalities": ["text", "image"]}),
    ("Hello", {"headers": {"X-OpenRouter-Metadata": "enabled"}}),
    *[("Hello", {"model": model, "reasoning": {"effort": "low"}}) for model in THINKERS],
]


@pytest.mark.parametrize(("prompt", "options"), REQUESTS)
async def test_chat_answers(api: Api, talk: Any, prompt: str, options: dict[str, Any]) -> None:
    """Every kind of answer is a `ChatResult`, and streamed a series of `ChatStreamChunk`."""
    api.component("ChatResult", await talk.chat(prompt, **dict(options)))
    chunks = await talk.stream(prompt, **dict(options))
    assert len(chunks) > 2
    for chunk in chunks:
        api.component("ChatStreamChunk", chunk)


async def test_tool_calls(api: Api, talk: Any, weather: dict[str, Any]) -> None:
    """Tool calls are described too."""
    api.component("ChatResult", await talk.chat(WEATHER, tools=[weather]))
    for chunk in await talk.stream(WEATHER, tools=[weather]):
        api.component("ChatStreamChunk", chunk)


@pytest.mark.parametrize("path", ["/models", "/models/count", "/key", "/credits", "/providers"])
async def test_get_answers(api: Api, talk: Any, path: str) -> None:
    """What is known about models and the key is as described."""
    api.answer(path, "get", (await talk.send(path)).json())


async def test_the_snapshot_is_listed_as_described(api: Api, make: Callable[..., Any]) -> None:
    """The bundled models, too, make a valid list."""
    talk = make(models=None)
    listed = (await talk.send("/models")).json()
    api.component("ModelsListResponse", listed)
    assert listed["total_count"] == len(listed["data"]) > 300


async def test_endpoints(api: Api, talk: Any) -> None:
    """The endpoints of a model are as described, with a key and without."""
    path = "/models/{author}/{slug}/endpoints"
    for key in (None, "nobody"):
        answer = await talk.send("/models/openai/plain/endpoints", key=key)
        api.answer(path, "get", answer.json())


async def test_endpoints_are_whole(api: Api, talk: Any) -> None:
    """No endpoint lacks a field that is described, required or not, but for what only speech has."""
    described = api.document["components"]["schemas"]["PublicEndpoint"]
    for model in ("openai/plain", "minimax/thinker:free", "~openai/latest"):
        found = (await talk.send(f"/models/{model}/endpoints")).json()["data"]["endpoints"]
        assert found
        for endpoint in found:
            api.component("PublicEndpoint", endpoint)
            assert set(described["required"]) <= set(endpoint)
            assert set(described["properties"]) - set(endpoint) == {"supports_voice_cloning"}
            nothing = {key for key, value in endpoint.items() if value is None}
            assert nothing == {"max_prompt_tokens", "service_tier"}
            assert (endpoint["status"], endpoint["uptime_last_5m"]) == (0, 99.9)


async def test_generations(api: Api, talk: Any) -> None:
    """Records of generations are as described, those of embeddings too."""
    body = await talk.chat("Hello", model="openai/thinker", reasoning={"effort": "low"})
    vectors = await talk.send("/embeddings", {"model": "openai/text-embedding-3-small", "input": "a"})
    api.answer("/embeddings", "post", vectors.json())
    for generation_id in (body["id"], vectors.json()["id"]):
        found = await talk.send(f"/generation?id={generation_id}")
        api.component("GenerationResponse", found.json())


ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("BadRequestResponse", {"model": "no/such"}),
    ("NotFoundResponse", {"provider": {"only": ["groq"]}}),
    ("NotFoundResponse", {"provider": {"max_price": {"prompt": 0.1}}}),
]


@pytest.mark.parametrize(("name", "options"), ERRORS)
async def test_errors(api: Api, talk: Any, name: str, options: dict[str, Any]) -> None:
    """Refusals are as described."""
    api.component(name, (await talk.ask("Hello", **options)).json())


async def test_refusals_of_money_keys_and_rates(api: Api, make: Callable[..., Any]) -> None:
    """So are those for want of credit, of a key, of patience."""
    poor = make(credits="0.0001")
    answer = await poor.ask("Hello", max_tokens=1000)
    assert answer.status_code == 402
    api.component("PaymentRequiredResponse", answer.json())
    answer = await poor.send("/key", key="nobody")
    api.component("UnauthorizedResponse", answer.json())
    for _ in range(21):
        answer = await poor.ask("Hello", model="minimax/thinker:free")
    assert answer.status_code == 429
    api.component("TooManyRequestsResponse", answer.json())


async def test_responses_api(api: Api, talk: Any, weather: dict[str, Any]) -> None:
    """The Responses API answers as described."""
    tool = {"type": "function", "strict": False, **weather["function"]}
    for body in ({"input": "Hello"}, {"input": WEATHER, "tools": [tool]}):
        answer = await talk.send("/responses", {"model": "openai/thinker", **body})
        api.answer("/responses", "post", answer.json())


def test_the_emulator_needs_no_description() -> None:
    """The description is a test's, not the emulator's."""
    assert Emulator(models=[{"id": "a/b"}]).credit_left == 10
