"""What a program written for the official `langchain-openrouter` sends and gets, seen from the other end of a socket.

The second half of `test_official_contract`.
"""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration
from pydantic import BaseModel

from integration_tests.support import MODEL, STREAMS, VERSATILE_MODEL, Ask, Served
from langchain_openrouter import ChatOpenRouter, EmptyResponseError, OpenRouterError
from langchain_openrouter.emulator import Fault

SAY = "Reply with exactly 'blue'."


class Weather(BaseModel):
    """Tell the weather."""

    city: str


class TestHeaders:
    async def test_attribution(self, served: Served, ask: Ask) -> None:
        """By default requests say that they come from LangChain."""
        await ask(served.model(), SAY)

        headers = served.requests[0].headers
        assert (headers["http-referer"], headers["x-title"]) == ("https://docs.langchain.com", "LangChain")
        assert "x-openrouter-categories" not in headers
        assert headers["authorization"] == f"Bearer {served.emulator.api_key}"

    def test_own_attribution(self, served: Served) -> None:
        """An application names itself."""
        fields: dict[str, Any] = {"app_url": "https://a.example", "app_title": "Mine", "app_categories": ["cli", "it"]}

        served.model(**fields).invoke(SAY)

        headers = served.requests[0].headers
        names = ("http-referer", "x-title", "x-openrouter-categories")
        assert [headers[name] for name in names] == ["https://a.example", "Mine", "cli,it"]

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_no_attribution(self, served: Served, nothing: Any) -> None:
        """Nothing is sent of what is unset."""
        served.model(app_url=nothing, app_title=nothing, app_categories=[]).invoke(SAY)

        headers = served.requests[0].headers
        assert {"http-referer", "x-title", "x-openrouter-categories"}.isdisjoint(headers)

    def test_default_headers(self, served: Served) -> None:
        """Own headers are sent, and win over ours in any case of letters."""
        served.model(default_headers={"X-Mine": "1", "HTTP-REFERER": "https://b.example"}).invoke(SAY)

        headers = served.requests[0].headers
        assert (headers["x-mine"], headers["http-referer"], headers["x-title"]) == (
            "1",
            "https://b.example",
            "LangChain",
        )


class TestRequests:
    async def test_messages(self, served: Served, ask: Ask) -> None:
        """Each kind of message has its role."""
        call = {"name": "Weather", "args": {"city": "Oslo"}, "id": "call_1"}
        messages = [
            SystemMessage("Be brief."),
            HumanMessage("Weather?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage("Sunny", tool_call_id="call_1"),
            ChatMessage(content="Speak plainly.", role="developer"),
            HumanMessage(SAY),
        ]

        await ask(served.model(), messages)

        assert served.bodies[0]["messages"] == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "Weather", "arguments": '{"city": "Oslo"}'},
                    }
                ],
            },
            {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"},
            {"role": "developer", "content": "Speak plainly."},
            {"role": "user", "content": SAY},
        ]

    async def test_parameters(self, served: Served, ask: Ask) -> None:
        """Fields, `model_kwargs`, bound and per-call arguments are all in the body; tracing's own are not."""
        model = served.model(
            VERSATILE_MODEL,
            temperature=0.5,
            model_kwargs={"top_k": 40},
            reasoning={"effort": "low"},
            openrouter_provider={"order": ["openai"]},
            plugins=[{"id": "web"}],
            session_id="s",
            trace={"trace_id": "t"},
        )

        await ask(
            model, SAY, stop=["END"], session_id="other", ls_structured_output_format={"kwargs": {}, "schema": {}}
        )

        wanted = {
            "model": VERSATILE_MODEL,
            "temperature": 0.5,
            "top_k": 40,
            "reasoning": {"effort": "low"},
            "provider": {"order": ["openai"]},
            "plugins": [{"id": "web"}],
            "session_id": "other",
            "trace": {"trace_id": "t"},
            "stop": ["END"],
        }
        body = served.bodies[0]
        assert {key: body[key] for key in wanted} == wanted
        assert set(body) - set(wanted) <= {"messages", "stream", "stream_options"}

    def test_session_of_the_environment(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """An empty session is none, and a trace that is not set is not sent."""
        monkeypatch.setenv("OPENROUTER_SESSION_ID", "")

        served.model().invoke(SAY)

        assert {"session_id", "trace"}.isdisjoint(served.bodies[0])

    @pytest.mark.parametrize("style", STREAMS)
    @pytest.mark.parametrize("wanted", [True, False])
    async def test_stream_usage(self, served: Served, style: str, wanted: bool) -> None:
        """A stream asks for its usage unless told not to."""
        await STREAMS[style](served.model(stream_usage=wanted), SAY)

        assert served.bodies[0]["stream"] is True
        assert served.bodies[0].get("stream_options") == ({"include_usage": True} if wanted else None)

    def test_not_streamed(self, served: Served) -> None:
        """`stream` is always said."""
        served.model().invoke(SAY)

        assert served.bodies[0]["stream"] is False
        assert "stream_options" not in served.bodies[0]

    @pytest.mark.parametrize(
        ("argument", "header"),
        [
            ({"http_headers": {"X-Call": "1"}}, ("x-call", "1")),
            ({"http_referer": "https://c.example"}, ("http-referer", "https://c.example")),
            ({"x_open_router_title": "Call"}, ("x-openrouter-title", "Call")),
            ({"x_open_router_categories": "cli"}, ("x-openrouter-categories", "cli")),
            ({"x_open_router_metadata": "enabled"}, ("x-openrouter-metadata", "enabled")),
        ],
    )
    async def test_transport_arguments(self, served: Served, ask: Ask, argument: Any, header: Any) -> None:
        """The arguments that the official package hands to its SDK do here what they do there."""
        await ask(served.model(), SAY, timeout_ms=30_000, **argument)

        assert served.requests[0].headers[header[0]] == header[1]
        assert set(served.bodies[0]) <= {"model", "messages", "stream", "stream_options"}

    async def test_server_url(self, served: Served, ask: Ask) -> None:
        """`server_url` sends one call elsewhere."""
        model = served.model(base_url="http://127.0.0.1:9/nowhere")

        assert (await ask(model, SAY, server_url=served.emulator.base_url)).text == "blue"


class TestAnswers:
    async def test_metadata(self, served: Served, ask: Ask) -> None:
        """An answer tells model, provider, reasons, usage and cost, once each, streamed or not."""
        answer = await ask(served.model(), SAY)

        metadata = answer.response_metadata
        assert answer.text == "blue"
        assert metadata["model_provider"] == "openrouter"
        assert metadata["model_name"] == MODEL
        assert (metadata["finish_reason"], metadata["native_finish_reason"]) == ("stop", "completed")
        assert metadata["id"].startswith("gen-")
        assert isinstance(metadata["created"], int)
        record = served.emulator.generations[metadata["id"]]
        assert (metadata["provider"], metadata["cost"]) == (record["provider_name"], record["total_cost"])
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["input_tokens"] == record["tokens_prompt"]
        assert answer.usage_metadata["output_tokens"] == record["tokens_completion"]

    async def test_tool_call(self, served: Served, ask: Ask) -> None:
        """A tool call is LangChain's, with an id."""
        answer = await ask(served.model().bind_tools([Weather], tool_choice="any"), "How is Oslo?")

        (call,) = answer.tool_calls
        assert (call["name"], call["args"], call["type"]) == ("Weather", {"city": "Oslo"}, "tool_call")
        assert call["id"]
        assert answer.response_metadata["finish_reason"] == "tool_calls"

    async def test_reasoning(self, served: Served, ask: Ask) -> None:
        """Reasoning is in `additional_kwargs` under the official names."""
        answer = await ask(served.model("anthropic/claude-sonnet-4.5", reasoning={"effort": "low"}), "Hello")

        text = answer.additional_kwargs["reasoning_content"]
        assert text
        assert [detail["text"] for detail in answer.additional_kwargs["reasoning_details"]] == [text]

    async def test_logprobs(self, served: Served, ask: Ask) -> None:
        """Log probabilities are in the metadata, one for each token."""
        answer = await ask(served.model(logprobs=True), SAY)

        tokens = answer.response_metadata["logprobs"]["content"]
        assert "".join(token["token"] for token in tokens) == "blue"

    @pytest.mark.parametrize("style", STREAMS)
    async def test_stream_of_chunks(self, served: Served, style: str) -> None:
        """A stream is chunks; its last one has the usage, and a finish reason told twice is told once."""
        served.fail(Fault(kind="duplicate_finish"))
        model = served.model()
        chunks = list(model.stream("Hello")) if style == "stream" else [chunk async for chunk in model.astream("Hello")]

        assert all(isinstance(chunk, AIMessageChunk) for chunk in chunks)
        reasons = [c.response_metadata["finish_reason"] for c in chunks if "finish_reason" in c.response_metadata]
        assert reasons == ["stop"]
        assert [chunk.usage_metadata is not None for chunk in chunks].count(True) == 1

    def test_generate(self, served: Served) -> None:
        """`generate` tells model, id and time in `llm_output`, and gives each of `n` answers."""
        result = served.model(n=2).generate([[HumanMessage("Hello")]])

        assert result.llm_output is not None
        (generations,) = result.generations
        assert len(generations) == 2
        assert all(isinstance(one, ChatGeneration) and one.text for one in generations)
        assert generations[0].generation_info == {"finish_reason": "stop", "logprobs": None}

    def test_chat_result(self) -> None:
        """`_create_chat_result` reads a plain dict, with the counts and times as whole numbers."""
        body = {
            "id": "gen-1",
            "object": "chat.completion",
            "created": 1700000000.0,
            "model": "openai/gpt-5.5-2026",
            "provider": "OpenAI",
            "system_fingerprint": "fp",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
            "usage": {
                "prompt_tokens": 10.0,
                "completion_tokens": 5.0,
                "total_tokens": 15.0,
                "cost": 0.25,
                "cost_details": {"upstream_inference_cost": 0.2},
                "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
        }

        result = ChatOpenRouter(model="openai/gpt-5.5", api_key="k")._create_chat_result(body)  # type: ignore[arg-type]

        assert result.llm_output == {
            "model_name": "openai/gpt-5.5-2026",
            "id": "gen-1",
            "created": 1700000000,
            "object": "chat.completion",
        }
        message: Any = result.generations[0].message
        assert message.usage_metadata == {
            "input_tokens": 10,
            "output_tokens": 5,
            "total_tokens": 15,
            "input_token_details": {"cache_read": 0, "cache_creation": 4},
            "output_token_details": {"reasoning": 3},
        }
        wanted = {"provider": "OpenAI", "system_fingerprint": "fp", "cost": 0.25}
        assert {key: message.response_metadata[key] for key in wanted} == wanted
        assert message.response_metadata["cost_details"] == {"upstream_inference_cost": 0.2}

    def test_unknown_stays_absent(self) -> None:
        """What an answer does not say is not made up."""
        body = {"choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}

        result = ChatOpenRouter(model="m", api_key="k")._create_chat_result(body)  # type: ignore[arg-type]

        message: Any = result.generations[0].message
        absent = {"provider", "cost", "cost_details", "native_finish_reason", "system_fingerprint"}
        assert absent.isdisjoint(message.response_metadata)
        assert message.usage_metadata is None


class TestErrors:
    async def test_in_a_good_response(self, served: Served, ask: Ask) -> None:
        """An error with status 200 is a `ValueError` in the official words."""
        served.fail(Fault(kind="error_in_200", status=502, message="Upstream down"))

        with pytest.raises(
            ValueError, match=r"OpenRouter API returned an error.*: Upstream down \(code: 502\)"
        ) as caught:
            await ask(served.model(), SAY)
        assert isinstance(caught.value, OpenRouterError)

    @pytest.mark.parametrize("style", STREAMS)
    async def test_in_a_stream(self, served: Served, style: str) -> None:
        """So is one in the middle of a stream."""
        served.fail(Fault(kind="midstream_error", form="no_choices", status=502, message="Broke", after=2))

        with pytest.raises(ValueError, match=r"OpenRouter API returned an error during streaming: Broke \(code: 502\)"):
            await STREAMS[style](served.model(), "Hello")

    @pytest.mark.parametrize("style", ["invoke", "ainvoke"])
    async def test_no_choices(self, served: Served, style: str) -> None:
        """An answer without choices is a `ValueError` that says so."""
        served.fail(Fault(kind="empty"))
        model = served.model()

        with pytest.raises(ValueError, match="no choices") as caught:
            _ = model.invoke(SAY) if style == "invoke" else await model.ainvoke(SAY)
        assert isinstance(caught.value, EmptyResponseError)
