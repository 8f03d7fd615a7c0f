"""One call, measured: what is told of an answer, of a failure, and of what is no plain chat model."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from langchain_openrouter import BudgetExceededError, track_cost
from langchain_openrouter.evaluation import Trial, arun_trial, run_trial
from langchain_openrouter.evaluation.trial import describe_error, name_of
from tests.evaluation.compared import CATALOG, COST, TEN_TOKENS, Scripted, saying

if TYPE_CHECKING:
    from collections.abc import Callable


def _arun_trial(*args: Any, **kwargs: Any) -> Trial:
    return asyncio.run(arun_trial(*args, **kwargs))


@pytest.fixture(params=[run_trial, _arun_trial], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Callable[..., Trial]:
    """Give both ways to run a trial."""
    ways: Callable[..., Trial] = request.param
    return ways


def told(trial: Trial) -> Any:
    """Give everything of a trial but its times."""
    answer = trial.answer and trial.answer.text
    return answer, trial.error, trial.refused, trial.prompt_tokens, trial.completion_tokens, trial.cost


def test_an_answer_is_measured(run: Callable[..., Trial]) -> None:
    """The whole answer, its tokens and its cost are told, and the first piece comes before the end."""
    model = Scripted(says=saying("one two three"), usage=TEN_TOKENS, pause=0.02)

    trial = run(model, "Count!", catalog=CATALOG, input_index=3, repeat=2)

    assert told(trial) == ("one two three", None, False, 4, 6, COST)
    assert (trial.input, trial.input_index, trial.repeat, trial.model) == ("Count!", 3, 2, "made/up")
    assert trial.succeeded
    assert trial.first_token_s is not None
    assert trial.latency_s is not None
    assert model.pause * 0.9 <= trial.first_token_s <= trial.latency_s - model.pause * 2.7
    assert trial.tokens_per_second == pytest.approx(6 / (trial.latency_s - trial.first_token_s))


def test_without_streaming(run: Callable[..., Trial]) -> None:
    """Nobody knows when an answer began that came whole; its speed is that of the whole time."""
    for trial in (
        run(Scripted(says=saying("a b"), usage=TEN_TOKENS), "?", stream=False, catalog=CATALOG),
        run(Scripted(says=saying("a b"), usage=TEN_TOKENS, streams=False), "?", catalog=CATALOG),
    ):
        assert told(trial) == ("a b", None, False, 4, 6, COST)
        assert trial.first_token_s is None
        assert trial.latency_s is not None
        assert trial.tokens_per_second == pytest.approx(6 / trial.latency_s)


def test_what_is_not_told_is_unknown(run: Callable[..., Trial]) -> None:
    """A model that tells no usage has neither tokens nor speed nor cost, not zero of them."""
    trial = run(Scripted(), "Hello", catalog=CATALOG)

    assert told(trial) == ("Hello", None, False, None, None, None)
    assert trial.tokens_per_second is None


def test_a_failure_is_told(run: Callable[..., Trial]) -> None:
    """An error ends in the trial, by its class and first line, with the time it took; nothing sent costs nothing."""
    trial = run(Scripted(says=lambda _: ValueError("No.\nNever.")), "?")

    assert told(trial) == (None, "ValueError: No.", False, None, None, Decimal(0))
    assert not trial.succeeded
    assert trial.latency_s is not None
    assert trial.first_token_s is None


def test_a_refusal_is_told_or_raised(run: Callable[..., Trial]) -> None:
    """A budget's no is in the trial, costs nothing and sends nothing; or it is raised, where that is asked."""
    model = Scripted(usage=TEN_TOKENS)
    with track_cost(budget="$0.01", catalog=CATALOG):
        trial = run(model, "?")
        with pytest.raises(BudgetExceededError):
            run(model, "?", raise_budget=True)

    assert trial.refused
    assert trial.error is not None
    assert trial.error.startswith("UnknownPriceError: ")
    assert trial.cost == 0
    assert model.counts.calls == 0


def test_other_errors_are_not_raised_with_budgets(run: Callable[..., Trial]) -> None:
    """`raise_budget` raises refusals of budgets only."""
    trial = run(Scripted(says=lambda _: ValueError("No.")), "?", raise_budget=True)

    assert trial.error == "ValueError: No."
    assert not trial.refused


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_the_end_of_the_program_is_raised(error: BaseException) -> None:
    """What ends the program is not kept as the failure of a model."""
    with pytest.raises(type(error)):
        run_trial(Scripted(says=lambda _: error), "?", stream=False)


async def test_a_cancellation_is_raised() -> None:
    """A cancelled trial ends at once, with the cancellation."""
    task = asyncio.create_task(arun_trial(Scripted(pause=30), "?"))
    await asyncio.sleep(0.05)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_chain(run: Callable[..., Trial]) -> None:
    """A chain that gives text is streamed too, and the tokens and costs of its calls are found inside of it."""
    model = Scripted(usage=TEN_TOKENS, pause=0.02)
    chain = ChatPromptTemplate.from_template("Say {word} twice") | model | StrOutputParser()

    trial = run(chain, {"word": "no"}, catalog=CATALOG)

    assert told(trial) == ("Say no twice", None, False, 4, 6, COST)
    assert trial.first_token_s is not None
    assert trial.first_token_s >= model.pause * 0.9
    assert trial.model == "RunnableSequence"


def test_several_calls_add_up(run: Callable[..., Trial]) -> None:
    """Of a chain of two calls, tokens and costs are sums, and the speed is by the whole time."""
    model = Scripted(usage=TEN_TOKENS)

    trial = run(model | (lambda message: message.text) | model, "Hello", catalog=CATALOG)

    assert told(trial) == ("Hello", None, False, 8, 12, 2 * COST)
    assert trial.latency_s is not None
    assert trial.tokens_per_second == pytest.approx(12 / trial.latency_s)


def test_a_text_that_comes_whole_has_no_first_token(run: Callable[..., Trial]) -> None:
    """A chain around a model that does not stream gives one text, which says nothing of its begin."""
    assert run(Scripted(streams=False) | StrOutputParser(), "Hello").first_token_s is None


class Pair:
    """Something with the method of pydantic's models."""

    def model_dump(self, mode: str) -> dict[str, str]:
        return {"mode": mode}


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("a text", "a text"),
        (AIMessage("a message"), "a message"),
        (HumanMessage("of another role"), "of another role"),
        ({"messages": [HumanMessage("Why?"), AIMessage("So.")]}, "So."),
        ({"messages": []}, '{"messages": []}'),
        ({"größe": 1}, '{"größe": 1}'),
        ([Pair(), Decimal("0.1")], '[{"mode": "json"}, "0.1"]'),
    ],
)
def test_what_is_no_message_becomes_one(run: Callable[..., Trial], output: Any, text: str) -> None:
    """Texts, states of agents and structures are answers too; what tells LangChain of no call has no cost."""
    trial = run(RunnableLambda(lambda _: output), "?")

    assert isinstance(trial.answer, AIMessage)
    assert told(trial) == (text, None, False, None, None, None)


def test_an_answer_with_usage_of_nobody_knows_which_call(run: Callable[..., Trial]) -> None:
    """Where LangChain is told of no call, tokens and cost are those of the message."""
    usage: Any = TEN_TOKENS
    message = AIMessage("So.", usage_metadata=usage, response_metadata={"model_name": "made/up"})

    assert told(run(RunnableLambda(lambda _: message), "?", catalog=CATALOG)) == ("So.", None, False, 4, 6, COST)


def test_what_cannot_be_written_is_a_failure(run: Callable[..., Trial]) -> None:
    """An output that no message can be made of fails the trial, not the program."""
    loop: list[Any] = []
    loop.append(loop)

    trial = run(RunnableLambda(lambda _: loop), "?")

    assert trial.answer is None
    assert trial.error == "ValueError: Circular reference detected"


def test_the_users_config_is_kept(run: Callable[..., Trial]) -> None:
    """Callbacks and tags of the user reach the call; a run id, which one call only can have, does not."""
    seen = []

    class Watch(BaseCallbackHandler):
        def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
            seen.append((kwargs["tags"], str(kwargs["run_id"])))

    run_id = "01234567-89ab-cdef-0123-456789abcdef"
    config = {"callbacks": [Watch()], "tags": ["mine"], "run_id": run_id}
    run(Scripted(), "?", config=config)

    assert [tags for tags, _ in seen] == [["mine"]]
    assert seen[0][1] != run_id
    assert config["run_id"] == run_id


def test_a_callback_of_the_surrounding_run_is_told() -> None:
    """Inside of another run, such as a node of a graph, its callbacks see the call."""
    seen = []

    class Watch(BaseCallbackHandler):
        def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
            seen.append(kwargs["parent_run_id"])

    chain: RunnableLambda[str, Trial] = RunnableLambda(lambda _: run_trial(Scripted(), "?"))
    chain.invoke("?", {"callbacks": [Watch()]})

    assert len(seen) == 1
    assert seen[0] is not None


def test_a_cached_answer_says_nothing_of_speed(run: Callable[..., Trial]) -> None:
    """What LangChain's cache answers is marked, costs nothing, and has no speed."""
    model = Scripted(usage=TEN_TOKENS, cache=InMemoryCache())

    first, second = (run(model, "?", stream=False, catalog=CATALOG) for _ in range(2))

    assert (first.cached, first.cost) == (False, COST)
    assert (second.cached, second.cost, second.tokens_per_second) == (True, Decimal(0), None)


def test_names() -> None:
    """A model goes by its own name, with bound arguments too; a chain by LangChain's."""
    model = Scripted()

    assert name_of(model) == "made/up"
    assert name_of(model.bind(stop=["x"]).with_config(tags=["y"])) == "made/up"
    assert name_of(model.bind(stop=["x"]).with_retry()) == "made/up"
    assert name_of(RunnableLambda(saying("x"), name="mine")) == "mine"
    assert run_trial(model, "?", name="other").model == "other"


def test_errors_without_words() -> None:
    """An error that says nothing is its class; a key that one tells is masked."""
    assert describe_error(ValueError()) == "ValueError"
    assert describe_error(ValueError("bad key sk-or-v1-0123456789abcdef")) == "ValueError: bad key sk-or-***"
    assert describe_error(KeyError("\n x\ny")) == "KeyError: '\\n x\\ny'"
