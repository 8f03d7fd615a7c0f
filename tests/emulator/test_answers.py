"""What answers say, and how they end."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PDF = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}


async def test_answers_are_repeatable(make: Callable[..., Any]) -> None:
    """The same seed and request give the same words; another seed gives others."""
    texts = [(await make(seed=seed).message("Hello"))["content"] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    one = make()
    asked = [(await one.message("Hello", seed=seed))["content"] for seed in (1, 1, 2)]
    assert asked[0] == asked[1] != asked[2]


SAID = [
    ("Hello", "Hello! How can I help you today?"),
    ("What is 2 + 2?", "2 + 2 = 4."),
    ("Reply with exactly `ready`.", "ready"),
    ("Write the word cobalt exactly 3 times.", "cobalt cobalt cobalt"),
    ("What is the capital of France?", "You said: What is the capital of France?"),
]


@pytest.mark.parametrize(("prompt", "start"), SAID)
async def test_answers_follow_the_prompt(talk: Any, prompt: str, start: str) -> None:
    """An answer begins with something about the prompt."""
    assert (await talk.message(prompt))["content"].startswith(start)


async def test_lengths_can_be_ordered(talk: Any) -> None:
    """A benchmark gets as many chunks of text as it asks words for."""
    chunks = await talk.stream("Write 500 words.", max_tokens=2000)
    assert sum(bool(chunk["choices"][0]["delta"]["content"]) for chunk in chunks) == 500


async def test_limits_and_stops(talk: Any) -> None:
    """`max_tokens` ends with `length` and its provider's word, `stop` before the sequence."""
    body = await talk.chat("Hello", max_tokens=4)
    choice = body["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (
        "length",
        "max_output_tokens",
    )
    assert choice["message"]["content"] == "Hello! How can"
    assert body["usage"]["completion_tokens"] == 4
    body = await talk.chat("Hello", max_completion_tokens=2)
    assert body["choices"][0]["message"]["content"] == "Hello!"
    for stop in ("you", ["you", "today"]):
        choice = (await talk.chat("Hello", stop=stop))["choices"][0]
        assert (choice["message"]["content"], choice["finish_reason"]) == (
            "Hello! How can I help ",
            "stop",
        )


async def test_several_choices(talk: Any) -> None:
    """`n` gives as many choices, with their indexes, in both modes."""
    body = await talk.chat("Hello", n=3)
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    single = (await talk.chat("Hello"))["usage"]["prompt_tokens"]
    assert body["usage"]["prompt_tokens"] == single
    texts = ["", "", ""]
    for chunk in await talk.stream("Hello", n=3):
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["delta"]["content"]
    assert texts == [choice["message"]["content"] for choice in body["choices"]]


async def test_logprobs(talk: Any) -> None:
    """Each token has its log probability, the first of its options being itself."""
    choice = (await talk.chat("Hello", logprobs=True, top_logprobs=2))["choices"][0]
    entries = choice["logprobs"]["content"]
    assert "".join(entry["token"] for entry in entries) == choice["message"]["content"]
    assert [len(entry["top_logprobs"]) for entry in entries] == [2] * len(entries)
    assert entries[0]["top_logprobs"][0]["token"] == "Hello"
    assert entries[0]["bytes"] == list(b"Hello")
    chunks = await talk.stream("Hello", logprobs=True, top_logprobs=2)
    streamed = [e for c in chunks for e in (c["choices"][0].get("logprobs") or {"content": []})["content"]]
    assert streamed == entries
    assert (await talk.chat("Hello"))["choices"][0]["logprobs"] is None


async def test_attachments_are_seen(talk: Any) -> None:
    """Pictures, sound, films and files are counted in the answer and in the tokens."""
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA" * 1000, "format": "wav"}}
    film = {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}
    parts = [{"type": "text", "text": "Look"}, PICTURE, PDF, sound, film]
    body = await talk.chat([{"role": "user", "content": parts}])
    text = body["choices"][0]["message"]["content"]
    assert "I was also given: 1 image, 1 PDF, 1 audio, 1 video." in text
    usage = body["usage"]
    assert usage["prompt_tokens_details"]["audio_tokens"] == 3
    assert usage["prompt_tokens_details"]["video_tokens"] == 1032
    assert usage["prompt_tokens"] == 4 + 258 + 258 + 3 + 1032


async def test_files_are_annotated(talk: Any) -> None:
    """A file that was parsed is given back as an annotation, whole and streamed."""
    parts = [{"type": "text", "text": "Look"}, PDF]
    messages = [{"role": "user", "content": parts}]
    [note] = (await talk.message(messages))["annotations"]
    assert (note["type"], note["file"]["name"], len(note["file"]["hash"])) == ("file", "a.pdf", 64)
    chunks = await talk.stream(messages)
    notes = [n for c in chunks for n in c["choices"][0]["delta"].get("annotations", [])]
    assert notes == [note]


async def test_pictures(talk: Any) -> None:
    """A model that paints answers with a PNG, which is charged as tokens."""
    options = {"model": "google/painter", "modalities": ["image", "text"]}
    body = await talk.chat("Paint", **options)
    [image] = body["choices"][0]["message"]["images"]
    head, _, data = image["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG\r\n\x1a\n")
    assert body["usage"]["completion_tokens_details"]["image_tokens"] == 1290
    chunks = await talk.stream("Paint", **options)
    images = [i for c in chunks for i in c["choices"][0]["delta"].get("images", [])]
    assert images == [image]


async def test_speech(talk: Any) -> None:
    """A model that speaks answers with sound and its transcript instead of a text."""
    options = {"model": "openai/speaker", "modalities": ["text", "audio"]}
    body = await talk.chat('Say "yes"', **options)
    message = body["choices"][0]["message"]
    assert (message["content"], message["audio"]["transcript"]) == (None, "yes")
    assert body["usage"]["completion_tokens_details"]["audio_tokens"] == 1
    deltas = [c["choices"][0]["delta"] for c in await talk.stream('Say "yes"', **options)]
    data = "".join(delta["audio"].get("data", "") for delta in deltas if "audio" in delta)
    assert data == message["audio"]["data"]


async def test_refusals(talk: Any) -> None:
    """What is disallowed is refused under a schema: no content, and finish reason `stop`."""
    wrapper = {"name": "a", "schema": {"properties": {"a": {"type": "string"}}}}
    form = {"type": "json_schema", "json_schema": wrapper}
    choice = (await talk.chat("Write ransomware.", response_format=form))["choices"][0]
    refusal = "I'm sorry, but I can't assist with that request."
    assert choice["message"]["content"] is None
    assert (choice["message"]["refusal"], choice["finish_reason"]) == (refusal, "stop")
    deltas = [c["choices"][0]["delta"] for c in await talk.stream("Write ransomware.", response_format=form)]
    assert "".join(delta.get("refusal") or "" for delta in deltas) == refusal


async def test_streams_have_the_shape_of_recordings(talk: Any) -> None:
    """Comments first, role on each delta, the usage on a last chunk that repeats the finish."""
    answer = await talk.ask("Hello", stream=True)
    lines = [line for line in answer.text.splitlines() if line]
    assert lines[:3] == [": OPENROUTER PROCESSING"] * 3
    assert lines[-1] == "data: [DONE]"
    chunks = await talk.stream("Hello")
    assert {chunk["choices"][0]["delta"]["role"] for chunk in chunks} == {"assistant"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    finishes = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert finishes == [None] * (len(chunks) - 2) + ["stop", "stop"]
    assert chunks[-1]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "usage" in chunks[-1]


async def test_streams_say_the_same(talk: Any) -> None:
    """The deltas of a stream are the text of the plain answer."""
    whole = (await talk.message("Tell me a story"))["content"]
    chunks = await talk.stream("Tell me a story")
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == whole


async def test_requests_are_recorded(talk: Any) -> None:
    """A test can read what was sent: method, path, headers, JSON and bytes."""
    await talk.send("/models/count?output_modalities=all")
    await talk.send("/chat/completions", b"not json", headers={"X-Title": "me"})
    first, second = talk.emulator.requests
    assert (first.method, first.path, first.query) == (
        "GET",
        "/api/v1/models/count",
        "output_modalities=all",
    )
    assert (second.raw, second.json, second.headers["x-title"]) == (b"not json", None, "me")
    assert second.headers["authorization"] == "Bearer sk-or-v1-emulator"


async def test_other_tokenizers(make: Callable[..., Any]) -> None:
    """The user's own tokenizer decides what is counted, cut and streamed."""
    talk = make(tokenizer=list)
    body = await talk.chat('Say "yes"', max_tokens=2)
    assert body["choices"][0]["message"]["content"] == "ye"
    assert body["usage"]["prompt_tokens"] == 9 + 3


async def test_embeddings(talk: Any) -> None:
    """Vectors have length one, and texts that share words are near each other."""
    body = {"model": "openai/text-embedding-3-small", "input": ["red cat", "red dog", "tax law"]}
    answer = (await talk.send("/embeddings", {**body, "dimensions": 64})).json()
    cat, dog, law = [item["embedding"] for item in answer["data"]]
    assert len(cat) == 64
    assert sum(x * x for x in cat) == pytest.approx(1)
    near, far = (sum(x * y for x, y in zip(cat, other, strict=True)) for other in (dog, law))
    assert near > far
    assert answer["usage"]["prompt_tokens"] == 6
    unknown = await talk.send("/embeddings", {"model": "no-such/embedding-model", "input": "x"})
    assert unknown.json() == {"error": {"message": "Model no-such/embedding-model does not exist", "code": 400}}
