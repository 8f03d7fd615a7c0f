"""What fails in the official package, as scenarios that work here: what comes in. `test_lessons` has the list."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from integration_tests.support import MODEL, STREAMS, STYLES, Ask, Served, as_asked, delta, recorded, streamed, whole
from langchain_openrouter import (
    IncompleteStreamError,
    InvalidResponseError,
    MissingOutputError,
    OpenRouterError,
    PaymentRequiredError,
    RateLimitError,
    RefusedOutputError,
    ServerError,
    TruncatedOutputError,
)
from langchain_openrouter.emulator import Emulator, Fault

SAY = "Reply with exactly 'blue'."
REASONING = {"reasoning": {"effort": "low"}}
FORMS = ["documented", "no_choices", "null_finish", "string_code", "choice_error"]


def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It is sunny in {city}."


def total_tokens(message: AIMessage) -> int:
    """Give the sum that an answer tells."""
    assert message.usage_metadata is not None
    return message.usage_metadata["total_tokens"]


class TestFacts:
    async def test_who_answered(self, served: Served, ask: Ask) -> None:
        """The provider, its own finish reason and the way of the request are told."""
        metadata = (await ask(served.model(router_metadata=True), SAY)).response_metadata

        assert (metadata["provider"], metadata["native_finish_reason"]) == ("OpenAI", "completed")
        assert metadata["openrouter_metadata"]["requested"] == MODEL
        assert metadata["id"] in served.emulator.generations

    async def test_service_tier(self, served: Served, ask: Ask) -> None:
        """The tier that served the request is told."""
        assert (await ask(served.model(service_tier="flex"), SAY)).response_metadata["service_tier"] == "flex"

    async def test_byok(self, ask: Ask) -> None:
        """With one's own key the cost is 0, and what the provider takes is beside it."""
        with Emulator(byok=["openai"]) as emulator:
            metadata = (await ask(Served(emulator).model(), SAY)).response_metadata

        assert (metadata["cost"], metadata["is_byok"]) == (0, True)
        assert metadata["cost_details"]["upstream_inference_cost"] > 0

    async def test_server_tool_use(self, served: Served, ask: Ask) -> None:
        """What a web search did is told, and the pages it found are citations."""
        answer = await ask(served.model(plugins=[{"id": "web"}]), "Hello")

        assert answer.response_metadata["server_tool_use"]["web_search_requests"] == 1
        citations = answer.content_blocks[0].get("annotations")
        assert isinstance(citations, list)
        assert [citation["type"] for citation in citations] == ["citation", "citation"]

    async def test_details(self, served: Served, ask: Ask) -> None:
        """Every kind of token is counted, under LangChain's name or its own."""
        usage = {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {
                "audio_tokens": 1,
                "cache_write_tokens": 2,
                "cached_tokens": 3,
                "image_tokens": 4,
                "video_tokens": 5,
            },
            "completion_tokens_details": {"audio_tokens": 6, "image_tokens": 7, "reasoning_tokens": 8},
        }

        served.fail(as_asked(ask, {"content": "Hi"}, usage=usage))
        answer = await ask(served.model(), "Hello")

        assert answer.usage_metadata == {
            "input_tokens": 100,
            "output_tokens": 50,
            "total_tokens": 150,
            "input_token_details": {"audio": 1, "cache_creation": 2, "cache_read": 3, "image": 4, "video": 5},
            "output_token_details": {"audio": 6, "image": 7, "reasoning": 8},
        }


class TestMedia:
    async def test_images(self, served: Served, ask: Ask) -> None:
        """A generated image is an image block."""
        answer = await ask(served.model("google/gemini-2.5-flash-image", modalities=["image", "text"]), "Draw a cat")

        kinds = [block["type"] for block in answer.content_blocks]
        assert kinds.count("image") == 1

    async def test_audio(self, served: Served, ask: Ask) -> None:
        """Sound is an audio block, whole, however many pieces it came in."""
        model = served.model(
            "openai/gpt-audio-mini",
            modalities=["text", "audio"],
            extra_body={"audio": {"voice": "alloy", "format": "pcm16"}},
        )
        answer = await ask(model, "Say hello")

        (block,) = [block for block in answer.content_blocks if block["type"] == "audio"]
        assert block.get("base64")
        assert answer.additional_kwargs["audio"]["transcript"]

    async def test_refusal(self, served: Served, ask: Ask) -> None:
        """A refusal is told, and is no empty answer."""
        served.fail(as_asked(ask, {"content": None, "refusal": "I won't."}))
        answer = await ask(served.model(), "Hello")

        assert answer.additional_kwargs["refusal"] == "I won't."

    async def test_reasoning_content(self, served: Served, ask: Ask) -> None:
        """Reasoning under the name that DeepSeek gave it is reasoning."""
        served.fail(as_asked(ask, {"content": "4", "reasoning_content": "2 + 2"}))
        answer = await ask(served.model(), "Hello")

        assert answer.additional_kwargs["reasoning_content"] == "2 + 2"


class TestLenient:
    async def test_odd_fields(self, served: Served, ask: Ask) -> None:
        """Missing, null, fractional and empty fields do no harm: the answer and its tokens are those of a good one."""
        good = await ask(served.model(), SAY)
        served.fail(Fault(kind="odd_fields"))

        odd = await ask(served.model(), SAY)

        assert odd.text == good.text == "blue"
        assert total_tokens(odd) == total_tokens(good)
        assert odd.response_metadata["model_name"] == MODEL

    async def test_odd_calls(self, served: Served, ask: Ask) -> None:
        """Calls whose fragments repeat the name, or lack index or type, are the calls that were meant."""
        served.fail(Fault(kind="odd_calls"))

        answer = await ask(served.model().bind_tools([weather]), "What is the weather in Oslo and in Paris?")

        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [
            ("weather", {"city": "Oslo"}),
            ("weather", {"city": "Paris"}),
        ]
        assert len({call["id"] for call in answer.tool_calls}) == 2

    async def test_a_call_without_id(self, served: Served, ask: Ask) -> None:
        """A call without an id gets one, so that its result can be sent back."""
        function = {"name": "weather", "arguments": '{"city": "Oslo"}'}

        served.fail(as_asked(ask, {"tool_calls": [{"id": None, "type": "function", "function": function}]}))
        answer = await ask(served.model(), "Hello")

        (call,) = answer.tool_calls
        assert (call["name"], call["args"]) == ("weather", {"city": "Oslo"})
        assert call["id"]

    @pytest.mark.parametrize("style", STREAMS)
    async def test_a_garbage_line(self, served: Served, style: str) -> None:
        """One line that is no JSON does not cost the answer."""
        served.fail(Fault(kind="garbage_line"))

        assert (await STREAMS[style](served.model(), SAY)).text == "blue"

    async def test_keep_alive(self, served: Served, ask: Ask) -> None:
        """White space and comments before the answer are no part of it."""
        served.fail(Fault(kind="keepalive", seconds=0.2))

        assert (await ask(served.model(), SAY)).text == "blue"


class TestBodies:
    async def test_an_error_with_status_200(self, served: Served, ask: Ask) -> None:
        """The provider's message is what one reads, in the class of its code."""
        served.fail(Fault(kind="error_in_200", status=429, message="Slow down", metadata={"provider_name": "Azure"}))

        with pytest.raises(RateLimitError, match="Slow down") as caught:
            await ask(served.model(), SAY)
        assert (caught.value.status_code, caught.value.provider_name) == (429, "Azure")

    @pytest.mark.parametrize("style", STREAMS)
    async def test_json_for_a_stream(self, served: Served, style: str) -> None:
        """A server that answers a request for a stream with a whole answer is understood."""
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
        served.fail(whole({"content": "Hi"}, usage=usage))

        answer = await STREAMS[style](served.model(), "Hello")

        assert answer.text == "Hi"
        assert total_tokens(answer) == 3

    @pytest.mark.parametrize(
        ("status", "body", "cls"),
        [
            (429, {"error": {"code": "rate_limit", "message": "No"}}, RateLimitError),
            (429, {"error": "Too many"}, RateLimitError),
            (402, {"error": {"code": 402, "message": None}}, PaymentRequiredError),
            (402, {"detail": "Pay"}, PaymentRequiredError),
            (502, None, ServerError),
        ],
    )
    async def test_odd_errors(
        self, served: Served, ask: Ask, status: int, body: Any, cls: type[OpenRouterError]
    ) -> None:
        """However an error is written, its class is that of its status."""
        served.fail(recorded(body, status=status))

        with pytest.raises(cls) as caught:
            await ask(served.model(), "Hello")
        assert caught.value.status_code == status

    async def test_a_page(self, served: Served, ask: Ask) -> None:
        """A page of a proxy is an error of its status, without the page in the message."""
        served.fail(Fault(kind="html", status=503))

        with pytest.raises(ServerError) as caught:
            await ask(served.model(), SAY)
        assert "<html" not in str(caught.value).lower()

    async def test_not_an_answer(self, served: Served, ask: Ask) -> None:
        """Status 200 with something else than an answer is an error that shows it."""
        served.fail(recorded("<html><body>It works!</body></html>", "text/html"))

        with pytest.raises(InvalidResponseError, match="It works!"):
            await ask(served.model(), "Hello")


@pytest.mark.parametrize("style", STREAMS)
class TestBrokenStreams:
    @pytest.mark.parametrize("form", FORMS)
    async def test_an_error_in_the_middle(self, served: Served, style: str, form: Any) -> None:
        """Each form of an error inside a stream is raised, typed, with what had arrived."""
        whole_text = served.model().invoke("Hello").text
        served.fail(Fault(kind="midstream_error", form=form, status=502, message="Broke", after=3))

        with pytest.raises(OpenRouterError, match="Broke") as caught:
            await STREAMS[style](served.model(), "Hello")
        assert isinstance(caught.value, ValueError)
        assert caught.value.partial_message is not None
        assert whole_text.startswith(caught.value.partial_message.text)
        assert 0 < len(caught.value.partial_message.text) < len(whole_text)

    @pytest.mark.parametrize("kind", ["end_early", "cut"])
    async def test_an_end_too_soon(self, served: Served, style: str, kind: Any) -> None:
        """A stream that ends before its answer is no success, and what had arrived is not lost."""
        served.fail(Fault(kind=kind, after=3))

        with pytest.raises(OpenRouterError) as caught:
            await STREAMS[style](served.model(), "Hello")
        assert caught.value.partial_message is not None
        assert caught.value.partial_message.text
        if kind == "end_early":
            assert isinstance(caught.value, IncompleteStreamError)


@pytest.mark.parametrize("style", ["invoke", "ainvoke"])
async def test_a_failed_choice(served: Served, style: str) -> None:
    """`finish_reason: "error"` in a whole answer is an error, with or without details."""
    served.fail(whole({"content": "par"}, "error"))

    with pytest.raises(OpenRouterError):
        await STYLES[style](served.model(), "Hello")


@pytest.mark.parametrize("style", STREAMS)
class TestStreams:
    async def test_a_repeated_name(self, served: Served, style: str) -> None:
        """A name or id that comes with every fragment is said once."""
        call: dict[str, Any] = {"index": 0, "id": "call_1", "type": "function"}
        pieces = [{**call, "function": {"name": "f", "arguments": piece}} for piece in ('{"a"', ": 1}")]
        events = [delta({"tool_calls": [piece]}) for piece in pieces]

        served.fail(streamed(*events, delta({}, "tool_calls")))

        answer = await STREAMS[style](served.model(), "Hello")

        assert [(one["name"], one["args"], one["id"]) for one in answer.tool_calls] == [("f", {"a": 1}, "call_1")]

    async def test_v1_blocks(self, served: Served, style: str) -> None:
        """With `output_version="v1"` reasoning and tool call are blocks of their own."""
        model = served.model("openai/gpt-5-mini", output_version="v1", **REASONING)

        answer = await STREAMS[style](model.bind_tools([weather]), "What is the weather in Oslo?")

        kinds = [block["type"] for block in answer.content_blocks]
        assert "reasoning" in kinds
        assert kinds[-1] == "tool_call"
        assert "name" not in next(block for block in answer.content_blocks if block["type"] == "reasoning")

    async def test_usage_twice(self, served: Served, style: str) -> None:
        """When usage comes twice, the last one counts, and nothing is added up."""
        good = await STREAMS[style](served.model(), SAY)
        served.fail(Fault(kind="duplicate_usage"))

        answer = await STREAMS[style](served.model(), SAY)

        assert answer.usage_metadata == good.usage_metadata
        assert answer.response_metadata["cost"] == 2 * good.response_metadata["cost"]

    async def test_finish_twice(self, served: Served, style: str) -> None:
        """A finish reason that comes twice is told once."""
        served.fail(Fault(kind="duplicate_finish"))

        assert (await STREAMS[style](served.model(), SAY)).response_metadata["finish_reason"] == "stop"

    async def test_several_answers(self, served: Served, style: str) -> None:
        """With `n` a stream streams the first answer, and the others are not lost."""
        both = served.model(n=2).generate([[HumanMessage("Hello")]]).generations[0]

        answer = await STREAMS[style](served.model(n=2), "Hello")

        assert answer.text == both[0].text
        (other,) = answer.response_metadata["other_choices"]
        assert other["message"]["content"] == both[1].text


class Report(BaseModel):
    """The weather in a city."""

    city: str


class TestStructuredOutput:
    async def test_text_instead_of_the_tool(self, served: Served, ask: Ask) -> None:
        """A model that answers with text is an error that shows the text, not `None`."""
        served.fail(as_asked(ask, {"content": "Oslo is nice"}))

        with pytest.raises(MissingOutputError, match="Oslo is nice"):
            await ask(served.model().with_structured_output(Report), "Hello")

    @pytest.mark.parametrize("method", ["function_calling", "json_schema"])
    async def test_refusal(self, served: Served, ask: Ask, method: Any) -> None:
        """A refusal is told as one."""
        served.fail(as_asked(ask, {"content": None, "refusal": "I won't."}))

        with pytest.raises(RefusedOutputError, match=r"I won't\."):
            await ask(served.model().with_structured_output(Report, method=method), "Hello")

    async def test_truncation(self, served: Served, ask: Ask) -> None:
        """An answer that a token limit cut off says so."""
        model = served.model(max_tokens=3).with_structured_output(Report, method="json_schema")

        with pytest.raises(TruncatedOutputError, match="cut off"):
            await ask(model, "The weather in Oslo")

    def test_no_title(self, served: Served) -> None:
        """A schema needs no title."""
        schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

        for method in ("json_schema", "function_calling"):
            structured: Any = served.model().with_structured_output(schema, method=method)
            assert structured.invoke("Oslo is a city.") == {"city": "Oslo"}

    def test_strict(self, served: Served) -> None:
        """`strict` makes the schema strict: everything required, and nothing besides."""
        served.model().with_structured_output(Report, method="json_schema", strict=True).invoke("Oslo is a city.")

        form = served.bodies[0]["response_format"]["json_schema"]
        assert (form["strict"], form["schema"]["additionalProperties"]) == (True, False)
        assert form["schema"]["required"] == ["city"]
