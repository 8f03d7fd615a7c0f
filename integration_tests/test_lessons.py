"""What fails in the official package, as scenarios that work here: what goes out. The answers are in the second file.

Each line of the list of failures that a client can show (research notes on langchain-openrouter 0.2.9):

=====================================================  =========================================================
failure                                                test
=====================================================  =========================================================
2.1 crash or vanish: route, n, transforms, usage, …    TestParameters.test_reaches_the_wire
2.1 `reasoning` loses max_tokens, exclude, enabled     TestParameters.test_reasoning
2.1 `provider` is dropped, whole or in part            TestParameters.test_provider
2.1 a plugin newer than the SDK is refused             TestParameters.test_reaches_the_wire
2.1 `openrouter:*` tools are refused                   TestParameters.test_server_tools
2.1 a title that is not ASCII is refused               TestParameters.test_title_in_any_script
2.1 the caller's `model_kwargs` is changed             test_official_contract: test_unknown_arguments
2.2 names are dropped                                  TestMessages.test_names
2.2 media in tool messages are wrapped as UNKNOWN      TestMessages.test_media_in_tool_messages
2.2 images in system messages, strings in lists, …     TestMessages.test_blocks
2.2 audio by URL, plain-text blocks are refused        TestMessages.test_blocks
2.2 assistant images, annotations are not sent back    TestMessages.test_assistant_extras
2.2 unknown reasoning details are wrapped              TestMessages.test_unknown_reasoning_details
2.2 invalid tool calls end the loop                    TestMessages.test_invalid_tool_calls
2.2 streamed reasoning details are corrupted           TestMessages.test_streamed_reasoning
2.3 retries, time-outs, Retry-After (all lines)        test_faults
2.4 provider, native reason, BYOK, metadata            test_lessons_answers: TestFacts
2.4 images, audio, annotations, refusal are dropped    test_lessons_answers: TestMedia
2.4 audio, video, image token details are dropped      test_lessons_answers: TestFacts.test_details
2.4 missing, null, float fields end a good answer      test_lessons_answers: TestLenient
2.4 200 with an error, JSON for a stream, bad bodies   test_lessons_answers: TestBodies
2.5 mid-stream errors are swallowed, EOF is success    test_lessons_answers: TestBrokenStreams
2.5 fallbacks                                          test_fallbacks
2.5 "ff", v1 blocks, usage twice, n > 1                test_lessons_answers: TestStreams
2.6 CPU                                                scripts/benchmark.py
2.6 construction                                       test_resources: TestMany
2.6 sockets, loops, threads, fork, abandoned streams   test_resources
2.6 pickle, deepcopy                                   test_langchain: TestCopies
2.6 token counting                                     test_langchain: test_trim_messages
2.6 proxies, own clients                               test_resources: TestClients
2.6 structured output                                  test_lessons_answers: TestStructuredOutput
2.6 flags of the standard suite                        test_standard_integration
=====================================================  =========================================================
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from integration_tests.downloads import encoded
from integration_tests.support import MODEL, REASONING_MODELS, STREAMS, Ask, Served
from langchain_openrouter import OpenRouterError

SAY = "Reply with exactly 'blue'."
PNG = f"data:image/png;base64,{encoded('.png')}"
PDF = f"data:application/pdf;base64,{encoded('.pdf')}"
IMAGE_PART = {"type": "image_url", "image_url": {"url": PNG}}


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


async def sent(served: Served, ask: Ask, model: Any, messages: Any = SAY, **kwargs: Any) -> dict[str, Any]:
    """Ask, and give the body that was sent. Whether the API likes its values is not the client's business."""
    with contextlib.suppress(OpenRouterError):
        await ask(model, messages, **kwargs)
    body: dict[str, Any] = served.bodies[-1]
    return body


class TestParameters:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("route", "fallback"),
            ("n", 2),
            ("transforms", ["middle-out"]),
            ("verbosity", "low"),
            ("usage", {"include": True}),
            ("models", ["google/gemini-2.5-flash"]),
            ("top_k", 40),
            ("min_p", 0.05),
            ("service_tier", "flex"),
            ("modalities", ["text"]),
            ("image_config", {"aspect_ratio": "1:1"}),
            ("cache_control", {"type": "ephemeral"}),
            ("user", "someone"),
            ("logit_bias", {"50256": -100}),
            ("prediction", {"type": "content", "content": "blue"}),
            ("plugins", [{"id": "from-the-future", "level": 3}]),
            ("a_parameter_of_tomorrow", {"nested": [1, None]}),
        ],
    )
    async def test_reaches_the_wire(self, served: Served, ask: Ask, name: str, value: Any) -> None:
        """A parameter of a call is sent as it was given, whether or not we have heard of it."""
        model = served.model(model_validation="off")  # the catalog has heard of most, and of who supports them

        assert (await sent(served, ask, model, **{name: value}))[name] == value

    async def test_extra_body_and_headers(self, served: Served, ask: Ask) -> None:
        """`extra_body` has the last word, and `extra_headers` are headers."""
        body = await sent(
            served, ask, served.model(), extra_body={"temperature": 1, "new": True}, extra_headers={"X-A": "b"}
        )

        assert (body["temperature"], body["new"]) == (1, True)
        assert served.requests[-1].headers["x-a"] == "b"

    @pytest.mark.parametrize("style", STREAMS)
    async def test_stream_usage_of_a_call(self, served: Served, style: str) -> None:
        """A call can do without its usage."""
        assert "stream_options" not in await sent(served, STREAMS[style], served.model(), stream_usage=False)

    @pytest.mark.parametrize(
        "reasoning",
        [
            {"max_tokens": 2000},
            {"effort": "high", "exclude": True, "enabled": True},
            {"effort": "low", "summary": "concise"},
            {"from_the_future": 1},
        ],
    )
    async def test_reasoning(self, served: Served, ask: Ask, reasoning: Any) -> None:
        """Every key of `reasoning` is sent, from the constructor and from a call."""
        name = "anthropic/claude-sonnet-4.5"

        assert (await sent(served, ask, served.model(name, reasoning=reasoning)))["reasoning"] == reasoning
        assert (await sent(served, ask, served.model(name), reasoning=reasoning))["reasoning"] == reasoning

    # A value that no provider understands is sent all the same, and may be warned about.
    @pytest.mark.filterwarnings("ignore::UserWarning")
    @pytest.mark.parametrize(
        "provider",
        [
            {"max_price": {"prompt": 1, "completion": 2}, "data_collection": "deny", "zdr": True},
            {"order": "anthropic", "zdr": True},
            {"allow_fallbacks": "nope", "only": ["openai"]},
            {"data_collection": "denyy", "order": ["openai"]},
            {"sort": "beauty", "quantizations": ["int3"]},
            {"preferred_min_throughput": 50, "a_key_of_tomorrow": [1]},
        ],
    )
    async def test_provider(self, served: Served, ask: Ask, provider: Any) -> None:
        """Provider preferences are sent whole: privacy and price limits never vanish."""
        assert (await sent(served, ask, served.model(openrouter_provider=provider)))["provider"] == provider
        assert (await sent(served, ask, served.model(), openrouter_provider=provider))["provider"] == provider
        assert (await sent(served, ask, served.model(), provider=provider))["provider"] == provider

    async def test_server_tools(self, served: Served, ask: Ask) -> None:
        """Tools that run at OpenRouter are passed on untouched, beside one's own."""
        tools: list[Any] = [{"type": "openrouter:web_search", "parameters": {"max_results": 3}}, {"type": "web_search"}]

        body = await sent(served, ask, served.model().bind_tools([*tools, weather]))

        assert body["tools"][:2] == tools
        assert body["tools"][2]["function"]["name"] == "weather"

    async def test_title_in_any_script(self, served: Served, ask: Ask) -> None:
        """A title outside ASCII arrives, in UTF-8."""
        await ask(served.model(app_title="Приложение"), SAY)

        assert served.requests[-1].headers["x-title"].encode("latin-1").decode() == "Приложение"


class TestMessages:
    async def test_names(self, served: Served, ask: Ask) -> None:
        """The name of a message is sent, for people and for models."""
        messages = [HumanMessage("Hello", name="anna"), AIMessage("Hi", name="bot"), HumanMessage(SAY, name="bert")]

        body = await sent(served, ask, served.model(), messages)

        assert [message["name"] for message in body["messages"]] == ["anna", "bot", "bert"]

    @pytest.mark.parametrize(
        ("block", "part"),
        [
            ({"type": "image", "base64": encoded(".png"), "mime_type": "image/png"}, IMAGE_PART),
            ({"type": "file", "base64": encoded(".pdf"), "mime_type": "application/pdf"}, {"file_data": PDF}),
            (
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded(".png")}},
                IMAGE_PART,
            ),
        ],
    )
    async def test_media_in_tool_messages(self, served: Served, ask: Ask, block: Any, part: Any) -> None:
        """An image or a PDF that a tool gives arrives as the API can take it."""
        call = {"name": "look", "args": {}, "id": "call_1"}
        messages = [
            HumanMessage("What is there?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage([{"type": "text", "text": "Here:"}, block], tool_call_id="call_1"),
        ]

        await ask(served.model(), messages)

        parts = served.bodies[-1]["messages"][-1]["content"]
        assert parts[0] == {"type": "text", "text": "Here:"}
        assert parts[1] == part or parts[1]["file"] == part

    @pytest.mark.parametrize(
        ("message", "wanted"),
        [
            (HumanMessage(["Look:", {"type": "image", "url": PNG}]), [{"type": "text", "text": "Look:"}, IMAGE_PART]),
            (
                HumanMessage([{"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}]),
                [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}],
            ),
            (
                HumanMessage([{"type": "audio", "url": "https://a.example/b.mp3"}]),
                [{"type": "input_audio", "input_audio": {"data": "https://a.example/b.mp3", "format": "mp3"}}],
            ),
            (
                HumanMessage([{"type": "text-plain", "text": "A note", "mime_type": "text/plain"}]),
                [{"type": "text", "text": "A note"}],
            ),
            (
                HumanMessage([{"type": "text", "text": "Long", "cache_control": {"type": "ephemeral"}}]),
                [{"type": "text", "text": "Long", "cache_control": {"type": "ephemeral"}}],
            ),
        ],
    )
    async def test_blocks(self, served: Served, ask: Ask, message: Any, wanted: Any) -> None:
        """Blocks of each dialect become parts of the API, and strings among them text."""
        body = await sent(served, ask, served.model("google/gemini-2.5-flash"), [message])

        assert body["messages"][0]["content"] == wanted

    async def test_image_in_a_system_message(self, served: Served, ask: Ask) -> None:
        """It follows in a message of the user, since the API takes only text from the system."""
        system = SystemMessage([{"type": "text", "text": "Our logo:"}, {"type": "image", "url": PNG}])

        await ask(served.model(), [system, HumanMessage(SAY)])

        assert served.bodies[-1]["messages"] == [
            {"role": "system", "content": [{"type": "text", "text": "Our logo:"}]},
            {"role": "user", "content": [IMAGE_PART]},
            {"role": "user", "content": SAY},
        ]

    async def test_strings_of_an_assistant(self, served: Served, ask: Ask) -> None:
        """Strings in an assistant's list are text, not nothing."""
        messages = [HumanMessage("Hello"), AIMessage(["Hi", " there"]), HumanMessage(SAY)]

        body = await sent(served, ask, served.model(), messages)

        assert [part["text"] for part in body["messages"][1]["content"]] == ["Hi", " there"]

    async def test_assistant_extras(self, served: Served, ask: Ask) -> None:
        """Images that the model made, and what it read in files, go back to it."""
        annotation = {"type": "file", "file": {"hash": "h", "content": [{"type": "text", "text": "Page 1"}]}}
        answer = AIMessage("Here", additional_kwargs={"images": [IMAGE_PART], "annotations": [annotation]})

        body = await sent(served, ask, served.model(), [HumanMessage("Draw"), answer, HumanMessage(SAY)])

        assert body["messages"][1]["images"] == [IMAGE_PART]
        assert body["messages"][1]["annotations"] == [annotation]

    async def test_unknown_reasoning_details(self, served: Served, ask: Ask) -> None:
        """A kind of detail that did not exist yesterday is sent back as it came, turn after turn."""
        details = [{"type": "reasoning.tomorrow", "index": 0, "payload": {"a": [1]}}]
        answer = AIMessage("Hi", additional_kwargs={"reasoning_details": details})

        body = await sent(served, ask, served.model(), [HumanMessage("Hello"), answer, HumanMessage(SAY)])

        assert body["messages"][1]["reasoning_details"] == details

    async def test_invalid_tool_calls(self, served: Served, ask: Ask) -> None:
        """A call that could not be read goes back in some form, and the conversation goes on."""
        broken: Any = {"name": None, "args": None, "id": "call_1", "error": "bad", "type": "invalid_tool_call"}
        messages = [
            HumanMessage("Hello"),
            AIMessage("", invalid_tool_calls=[broken]),
            ToolMessage("That was no call.", tool_call_id="call_1"),
            HumanMessage(SAY),
        ]

        assert (await ask(served.model(), messages)).text == "blue"
        (call,) = served.bodies[-1]["messages"][1]["tool_calls"]
        assert (call["id"], call["type"]) == ("call_1", "function")

    @pytest.mark.parametrize("name", REASONING_MODELS)
    async def test_streamed_reasoning(self, served: Served, ask: Ask, name: str) -> None:
        """Reasoning goes back as it came, streamed or not, for each recorded shape; the emulator refuses any change."""
        model = served.model(name, reasoning={"effort": "low"}).bind_tools([weather])
        question = HumanMessage("What is the weather in Oslo?")
        first = await ask(model, [question])
        result = ToolMessage(weather("Oslo"), tool_call_id=first.tool_calls[0]["id"])

        second = await ask(model, [question, first, result])

        assert "sunny" in second.text
        details = served.bodies[-1]["messages"][1]["reasoning_details"]
        assert [detail["type"] for detail in details] == REASONING_MODELS[name]
        assert served.bodies[-1]["model"] == name != MODEL
