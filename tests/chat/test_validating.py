"""`model_validation`: a request that its model cannot serve is warned of once, refused unsent, or not looked at."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import datetime as dt
import pickle
import subprocess
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core import exceptions as core
from langchain_core.load import dumpd
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import ConfigurableField
from pydantic import ValidationError

from langchain_openrouter import (
    ChatOpenRouter,
    ModelNotFoundError,
    ModelValidationError,
    ModelValidationWarning,
    errors,
)
from langchain_openrouter.catalog import Catalog, Problem, use
from tests.helpers.asking import FUNCTION
from tests.helpers.fake import KEY, MODEL, Server, answer_body, delta, events, whole
from tests.helpers.styles import STYLES, invoke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.helpers.styles import Ask

OTHER, ENDING, NOBODY = "acme/other-2", "acme/ending-3", "acme/model-9"
LIMITED = {"supported_parameters": ["max_tokens"], "top_provider": {"max_completion_tokens": 100}}
WARM = ("unsupported_parameter", "temperature")
LONG = ("max_tokens", "max_tokens")


@pytest.fixture(autouse=True)
def _facts() -> Iterator[None]:
    """Let the catalog be one of three models that can do next to nothing."""
    soon = str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7))
    ending = {"id": ENDING, "expiration_date": soon}
    use(Catalog.from_response([{"id": MODEL, **LIMITED}, {"id": OTHER, **LIMITED}, ending]))
    yield
    use(None)


def server_for(ask: Ask) -> Server:
    """Make a server that answers this call style."""
    return Server(events(delta("Hi"), delta("", finish_reason="stop")) if ask.streams else whole(answer_body("Hi")))


def warned(*calls: Callable[[], Any]) -> list[tuple[str, str]]:
    """Call each, and give kind and subject of every problem that was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls:
            call()
    messages = [each.message for each in caught]
    assert all(isinstance(message, ModelValidationWarning) for message in messages)
    return [(each.problem.kind, each.problem.subject) for each in messages if isinstance(each, ModelValidationWarning)]


def test_warnings_are_the_default() -> None:
    """So they are without a word, and there are three words."""
    field: Any = ChatOpenRouter.model_fields["model_validation"]

    assert field.default == "warn"
    assert ChatOpenRouter(model=MODEL, api_key=KEY).model_validation == "warn"  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="model_validation"):
        Server().model(model_validation="loud")


class TestWarn:
    def test_the_request_is_sent(self, ask: Ask) -> None:
        """As given, after a word that names model, reason, remedy and the switch."""
        server = server_for(ask)
        model = server.model(model_validation="warn", temperature=0.5)

        with pytest.warns(ModelValidationWarning) as caught:
            assert ask(model).content == "Hi"

        (warning,) = caught
        text = str(warning.message)
        assert server.body["temperature"] == 0.5
        for word in (repr(MODEL), "`temperature`", "Leave it out", "sent as given", '`model_validation="off"`'):
            assert word in text

    def test_a_model_that_the_catalog_does_not_know(self, ask: Ask) -> None:
        """May be newer than the catalog: it is asked, and the models that may have been meant are named."""
        server = server_for(ask)

        with pytest.warns(ModelValidationWarning, match=rf"Did you mean .*'{MODEL}'"):
            assert ask(server.model(model_validation="warn", model=NOBODY)).content == "Hi"
        assert server.body["model"] == NOBODY

    def test_once_for_each_model_and_problem(self) -> None:
        """However a model is called; a further problem and a further model are told, once."""
        streams = [server_for(ask).model(model_validation="warn", temperature=1) for ask in STYLES.values()]
        for model, ask in zip(streams, STYLES.values(), strict=True):
            assert warned(lambda: ask(model), lambda: ask(model), lambda: ask(model, "Bye")) == [WARM]  # noqa: B023

        model = Server().model(model_validation="warn", temperature=1)
        assert warned(lambda: invoke(model), lambda: model.batch(["a"] * 20)) == [WARM]
        assert warned(lambda: asyncio.run(model.abatch(["a"] * 20))) == []
        assert warned(lambda: invoke(model, max_tokens=101), lambda: invoke(model, max_tokens=102)) == [LONG]
        assert warned(lambda: invoke(model, model=OTHER), lambda: invoke(model, model=OTHER)) == [WARM]
        assert warned(lambda: invoke(model)) == []

    def test_in_a_batch(self) -> None:
        """Threads that find the same at the same time tell it once."""
        model = Server().model(model_validation="warn", temperature=1)

        assert warned(lambda: model.batch(["a"] * 60, config={"max_concurrency": 30})) == [WARM]

    def test_of_what_was_bound_to_it(self) -> None:
        """A model with bound arguments, for structured answers or in a chain is the same model."""
        model = Server(whole(answer_body('{"a": 1}'))).model(model_validation="warn")
        bound = model.bind(temperature=1)
        structured: Any = model.with_structured_output({"title": "t", "type": "object"}, method="json_mode")

        assert warned(lambda: invoke(bound), lambda: invoke(bound), lambda: invoke(model, temperature=2)) == [WARM]
        found = warned(lambda: structured.invoke("Hi"), lambda: structured.invoke("Hi"), lambda: invoke(bound))
        assert found == [("unsupported_parameter", "response_format")]
        assert warned(lambda: invoke(model.bind_tools([FUNCTION]))) == [("unsupported_parameter", "tools")]

    def test_each_model_object_tells(self) -> None:
        """Two models of one name are two; a copy knows what was told."""
        server = Server()
        first, second = (server.model(model_validation="warn", temperature=1) for _ in range(2))

        assert warned(lambda: invoke(first), lambda: invoke(second)) == [WARM, WARM]
        for again in (copy.copy(first), copy.deepcopy(first), first.model_copy(update={"seed": None})):
            assert warned(lambda: invoke(again)) == []  # noqa: B023

    @pytest.mark.parametrize("where", [{"top_k": 1}, {"model_kwargs": {"top_k": 1}}, {"extra_body": {"top_k": 1}}])
    def test_wherever_it_was_said(self, where: dict[str, Any]) -> None:
        """In a field, beside the fields, or in a call: what counts is the request, and what it leaves out."""
        said, unsaid = Server().model(model_validation="warn", **where), Server().model(model_validation="warn")

        assert warned(lambda: invoke(said)) == [("unsupported_parameter", "top_k")]
        assert warned(lambda: invoke(unsaid, **where)) == [("unsupported_parameter", "top_k")]
        assert warned(lambda: invoke(Server().model(model_validation="warn", top_k=1), top_k=None)) == []

    def test_a_model_that_has_warned_equals_its_twin(self) -> None:
        """What was told is no part of what a model is."""
        model = Server().model(model_validation="warn", temperature=1)
        twin = copy.deepcopy(model)
        assert model == twin

        assert warned(lambda: invoke(model)) == [WARM]
        assert model == twin

    def test_a_warning_can_be_pickled(self) -> None:
        """As test runners with many processes do."""
        warning = ModelValidationWarning(Problem("max_tokens", MODEL, "max_tokens", "Too many.", "Ask for less."))
        again = pickle.loads(pickle.dumps(warning))  # noqa: S301

        assert (str(again), again.problem) == (str(warning), warning.problem)


class TestStrict:
    def test_nothing_is_sent(self, ask: Ask) -> None:
        """A request that cannot be served is refused with all that is wrong, again and again."""
        server = server_for(ask)
        model = server.model(model_validation="strict", temperature=1, max_tokens=101, max_retries=3)

        for _ in range(2):
            with pytest.raises(ModelValidationError) as caught:
                ask(model)
            assert [(each.kind, each.subject) for each in caught.value.problems] in ([WARM, LONG], [LONG, WARM])
            for each in caught.value.problems:
                assert each.message in str(caught.value)
                assert each.remedy in str(caught.value)
            assert '`model_validation="warn"`' in str(caught.value)
        assert server.requests == []

    def test_an_unknown_model(self, ask: Ask) -> None:
        """Comes with up to three that may have been meant; so does a fallback that nobody knows."""
        server = server_for(ask)
        for fields in ({"model": NOBODY}, {"models": [OTHER, NOBODY]}):
            with pytest.raises(ModelNotFoundError) as caught:
                ask(server.model(model_validation="strict", **fields))
            assert caught.value.name == NOBODY
            assert MODEL in caught.value.suggestions
            assert len(caught.value.suggestions) <= 3
            assert repr(MODEL) in str(caught.value)
        assert server.requests == []

    def test_a_good_request_is_sent(self, ask: Ask) -> None:
        """With the longest answer that the model gives, and nothing is said."""
        server = server_for(ask)

        assert ask(server.model(model_validation="strict", max_tokens=100)).content == "Hi"
        assert len(server.requests) == 1

    @pytest.mark.parametrize(("name", "kind"), [(ENDING, "expiring_model"), ("model-1", "short_name")])
    def test_what_may_work_is_asked(self, ask: Ask, name: str, kind: str) -> None:
        """A model that is there yet, a name that OpenRouter may know: a word, once, and no refusal."""
        server = server_for(ask)
        model = server.model(model_validation="strict", model=name)

        assert warned(lambda: ask(model), lambda: ask(model)) == [(kind, name)]
        assert len(server.requests) == 2

    def test_in_a_batch(self) -> None:
        """The good are answered, the others are refused, and only the good are sent."""
        server = Server()
        model = server.model(model_validation="strict").bind(max_tokens=100)
        image = [HumanMessage([{"type": "image", "url": "https://x/y.png"}])]
        use(Catalog.from_response([{"id": MODEL, "architecture": {"input_modalities": ["text"]}}]))

        answers = model.batch(["Hi", image, "Hi"], return_exceptions=True)

        assert [type(each).__name__ for each in answers] == ["AIMessage", "ModelValidationError", "AIMessage"]
        assert len(server.requests) == 2

    @pytest.mark.parametrize("fields", [{"model": NOBODY}, {"temperature": 1, "max_tokens": 101}])
    def test_errors_have_their_families(self, fields: dict[str, Any]) -> None:
        """They are caught like the answers that they spare, are not worth a retry, and can be pickled."""
        with pytest.raises(errors.OpenRouterError) as caught:
            invoke(Server().model(model_validation="strict", **fields))

        error = caught.value
        unknown = "model" in fields
        assert isinstance(error, errors.UnknownModelError if unknown else errors.BadRequestError)
        assert isinstance(error, core.ModelNotFoundError if unknown else core.ModelInvalidRequestError)
        assert not error.is_retryable
        assert error.status_code is None
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (type(again), str(again)) == (type(error), str(error))
        assert vars(again) == vars(error)


class TestOff:
    def test_nothing_is_said(self, ask: Ask) -> None:
        """Of anything; warnings would be errors here."""
        server = server_for(ask)
        fields = {"model": NOBODY, "temperature": 1, "max_tokens": 10**9, "tools": [FUNCTION], "models": ["a/b"]}

        assert ask(server.model(model_validation="off", **fields)).content == "Hi"
        assert server.body["max_tokens"] == 10**9


def test_the_switch_is_no_parameter() -> None:
    """A call that carries it obeys or refuses; it is never sent to OpenRouter."""
    server = Server()
    with contextlib.suppress(TypeError):
        invoke(server.model(), model_validation="off")

    assert all("model_validation" not in body for body in server.bodies)


def test_the_switch_is_kept() -> None:
    """In what LangChain serialises, where it is not the default, and in what is configured."""
    model = Server().model(model_validation="strict", temperature=1)
    assert dumpd(model)["kwargs"]["model_validation"] == "strict"
    assert "model_validation" not in dumpd(Server().model(model_validation="warn"))["kwargs"]

    configured = model.configurable_fields(model_validation=ConfigurableField(id="care"))
    with pytest.raises(ModelValidationError):
        configured.invoke("Hi")
    assert configured.invoke("Hi", config={"configurable": {"care": "off"}}).content == "Hello."


def test_the_facts_in_use_count() -> None:
    """Those that `use` was given, from the next call on."""
    model = Server().model(model_validation="strict", temperature=1)
    use(Catalog.from_response([{"id": MODEL, "supported_parameters": ["temperature"]}]))
    assert invoke(model).content == "Hello."

    use(Catalog.from_response([{"id": OTHER}]))
    with pytest.raises(ModelNotFoundError):
        invoke(model)


OFFLINE = """
import sys
import httpx2
from langchain_openrouter import ChatOpenRouter

def refuse(request):
    raise AssertionError(request)

fields = {"api_key": "k", "http_client": httpx2.Client(transport=httpx2.MockTransport(refuse))}
opened = []
sys.addaudithook(lambda event, _: event.startswith("socket.") and opened.append(event))
for model in ("openai/gpt-4o", "nobody/nothing"):
    try:
        ChatOpenRouter(model=model, max_tokens=10**9, model_validation="strict", **fields).invoke("Hi")
    except Exception as error:
        print(type(error).__name__)
print(opened)
"""


def test_looking_costs_no_network() -> None:
    """The facts are at hand: no socket is opened and no name looked up, also by the first call of a process."""
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=False)

    assert (done.stdout.split("\n"), done.stderr) == (["ModelValidationError", "ModelNotFoundError", "[]", ""], "")


@pytest.mark.parametrize("name", ["openai/gpt-4o-mini", NOBODY])
def test_looking_is_quick(name: str) -> None:
    """Making a request takes less than twice as long, whether or not there was something to tell."""
    use(None)
    fields: dict[str, Any] = {"model": name, "api_key": KEY, "temperature": 0, "max_tokens": 500}
    on, off = (ChatOpenRouter(**fields, model_validation=switch) for switch in ("warn", "off"))
    messages = [SystemMessage("You are a helpful assistant. " * 5), HumanMessage("What is the weather in Oslo? " * 5)]
    tools = {"tools": [FUNCTION]}

    def seconds(model: ChatOpenRouter) -> float:
        began = time.thread_time()  # of this thread, so that a busy machine does not count
        for _ in range(50):
            model._prepare(messages, None, dict(tools), stream=False)
        return time.thread_time() - began

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelValidationWarning)
        pairs = [(seconds(on), seconds(off)) for _ in range(30)]
    assert min(pair[0] for pair in pairs) < 2 * min(pair[1] for pair in pairs)


def test_a_slip_in_the_switch_of_a_call() -> None:
    """A value that the constructor would refuse is refused in a call too, before anything is sent."""
    server = Server()

    with pytest.raises(ValueError, match="'warn', 'strict' or 'off'"):
        invoke(server.model(), model_validation="stric")
    assert server.bodies == []
