"""`consensus` and `aconsensus` with made-up models: votes, judges, failures, and arguments."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from langchain_openrouter.agreement import JudgeAgreement
from langchain_openrouter.errors import BudgetExceededError, RateLimitError, ServiceUnavailableError
from langchain_openrouter.evaluation.polling.consensus import aconsensus, consensus

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.evaluation.polling.voting import Consensus

QUESTION = "What is the capital of France?"


def wait_for_aconsensus(*args: Any, **options: Any) -> Consensus:
    """Run `aconsensus` to its end."""
    return asyncio.run(aconsensus(*args, **options))


@pytest.fixture(params=[consensus, wait_for_aconsensus], ids=["consensus", "aconsensus"])
def find(request: pytest.FixtureRequest) -> Callable[..., Consensus]:
    """Both ways."""
    way: Callable[..., Consensus] = request.param
    return way


def saying(**said: str | Exception) -> dict[str, Any]:
    """Models that say this, or fail with that."""

    def model(answer: str | Exception) -> Any:
        if isinstance(answer, str):
            return FakeListChatModel(responses=[answer])

        def fail(_: Any) -> str:
            raise answer

        return RunnableLambda(fail)

    return {name: model(answer) for name, answer in said.items()}


class TestVote:
    def test_agreement(self, find: Callable[..., Consensus]) -> None:
        """Answers that come to the same agree, whatever their words; the first one's words are the answer."""
        found = find(QUESTION, saying(a="Lyon", b="It's Paris.", c="paris", d="**Paris**"))

        assert (found.reached, found.share, found.text, found.method) == (True, 0.75, "It's Paris.", "vote")
        assert found.groups[0].models == ("b", "c", "d")
        assert [trial.model for trial in found.trials] == ["a", "b", "c", "d"]

    def test_the_question_helps(self, find: Callable[..., Consensus]) -> None:
        """The question is told to the agreement: it says what its letters stand for."""
        found = find("2 + 2? (A) 3 (B) 4", saying(a="(B)", b="B", c="A"))

        assert found.groups[0].models == ("a", "b")

    def test_an_agreement_of_ones_own(self, find: Callable[..., Consensus]) -> None:
        """A function says which answers agree."""
        found = find("?", saying(a="one", b="two", c="three"), agreement=lambda one, other: one[0] == other[0])

        assert found.groups[0].models == ("b", "c")

    def test_a_model_says_what_agrees(self, find: Callable[..., Consensus]) -> None:
        """An agreement may ask a model; what that costs is not known here, and counted."""
        agreement = JudgeAgreement(FakeListChatModel(responses=["[[1, 2], [3]]"]))
        found = find(QUESTION, saying(a="Paris", b="The city of light", c="Lyon"), agreement=agreement)

        assert found.groups[0].models == ("a", "b")
        assert (found.cost, found.unpriced_calls) == (None, 4)

    def test_repeats(self, find: Callable[..., Consensus]) -> None:
        """Each time a model is asked is a voice of its own."""
        models = {"a": FakeListChatModel(responses=["x", "y"]), "b": FakeListChatModel(responses=["y"])}
        found = find("?", models, repeats=2, max_concurrency=1)

        assert (found.text, found.share, found.groups[0].models) == ("y", 0.75, ("a", "b", "b"))
        assert [(trial.model, trial.repeat) for trial in found.trials] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]

    def test_tool_calls(self, find: Callable[..., Consensus]) -> None:
        """Equal tool calls agree."""

        def calling(city: str, words: str) -> GenericFakeChatModel:
            call = {"name": "weather", "args": {"city": city}, "id": words}
            return GenericFakeChatModel(messages=iter([AIMessage(words, tool_calls=[call])]))

        models = {"a": calling("Paris", "Hm"), "b": calling("Rome", "Hm"), "c": calling("Paris", "Let me see")}
        found = find("Weather?", models)

        assert (found.groups[0].models, found.reached) == (("a", "c"), True)


class TestFailures:
    def test_one_fails(self, find: Callable[..., Consensus]) -> None:
        """A model that fails stops nobody, and agrees with nobody."""
        found = find(QUESTION, saying(a=RateLimitError("Slow\ndown"), b="Paris", c="Paris", d=ValueError("no")))

        assert (found.share, found.reached, found.text) == (0.5, True, "Paris")
        assert [(trial.model, trial.error) for trial in found.failures] == [
            ("a", "RateLimitError: Slow"), ("d", "ValueError: no"),
        ]  # fmt: skip

    def test_all_fail(self, find: Callable[..., Consensus]) -> None:
        """Where all fail, the error of the last model is raised, as it was."""
        last = ServiceUnavailableError("Down", retry_after=3)
        with pytest.raises(ServiceUnavailableError) as raised:
            find(QUESTION, saying(a=RateLimitError("Slow"), b=last))

        assert raised.value is last

    def test_nothing_is_no_answer(self, find: Callable[..., Consensus]) -> None:
        """What gives nothing has failed."""
        with pytest.raises(ValueError, match="gave no answer"):
            find("?", {"a": RunnableLambda(lambda _: None)})

    def test_refused(self, find: Callable[..., Consensus]) -> None:
        """A model whose call a budget refuses has failed; with nobody else, the refusal is raised."""
        refusal = BudgetExceededError("No more.", limit=1, spent=1, reserved=0)  # type: ignore[arg-type]
        dear = BudgetExceededError("One call may cost $0.01 at most.")
        found = find(QUESTION, saying(a="Paris", b=refusal, c=dear), max_concurrency=1)

        assert [(trial.model, trial.error, trial.refused, trial.cost) for trial in found.failures] == [
            ("b", "BudgetExceededError: No more.", True, Decimal(0)),
            ("c", "BudgetExceededError: No more.", True, Decimal(0)),
        ]
        with pytest.raises(BudgetExceededError, match=r"No more\."):
            find(QUESTION, saying(a=refusal))

    def test_a_call_too_dear(self, find: Callable[..., Consensus]) -> None:
        """A refusal that concerns one call only leaves the others alone."""
        dear = BudgetExceededError("One call may cost $0.01 at most.")
        found = find(QUESTION, saying(a=dear, b="Paris"))

        assert (found.text, found.share) == ("Paris", 0.5)
        assert found.failures[0].refused

    def test_an_agreement_that_fails(self, find: Callable[..., Consensus]) -> None:
        """Where an agreement's own call is refused, no answer is lost, and no two agree."""

        class Refused:
            def group(self, answers: Any, question: Any = None) -> Any:
                raise BudgetExceededError("No more.")

            async def agroup(self, answers: Any, question: Any = None) -> Any:
                raise BudgetExceededError("No more.")

        found = find(QUESTION, saying(a="Paris", b="Paris", c="Paris"), agreement=Refused())

        assert (found.reached, found.text, len(found.groups)) == (False, "Paris", 3)
        assert found.error == "BudgetExceededError: No more."


class TestJudge:
    def test_synthesis(self, find: Callable[..., Consensus]) -> None:
        """A judge writes the answer; the share is that of those who agree with it."""
        judge = FakeListChatModel(responses=['{"groups": [[1, 2], [3]], "answer": "Paris, of course."}'])
        found = find(QUESTION, saying(a="Paris", b="Paris", c="Paris"), method="judge", judge=judge)

        assert (found.text, found.share, found.reached, found.method) == ("Paris, of course.", 2 / 3, True, "judge")
        assert found.error is None

    def test_it_sees_answers_and_no_names(self, find: Callable[..., Consensus]) -> None:
        """The judge sees what was said, and not by whom; of who failed, nothing."""
        seen: list[str] = []

        class Watch(BaseCallbackHandler):
            def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
                seen.append(str(messages))

        judge = FakeListChatModel(responses=["{}"])
        models = saying(anna="Paris", bert="Lyon", carl=RateLimitError("Slow"))
        find(QUESTION, models, method="judge", judge=judge, config={"callbacks": [Watch()]})

        asked = seen[-1]
        assert all(text in asked for text in ("Paris", "Lyon", QUESTION))
        assert not any(name in asked for name in ("anna", "bert", "carl", "Slow"))

    def test_unreadable(self, find: Callable[..., Consensus]) -> None:
        """A judge that cannot be read leaves the answers, and nobody knows who agrees."""
        judge = FakeListChatModel(responses=["They are all fine."])
        found = find(QUESTION, saying(a="Paris", b="Paris"), method="judge", judge=judge)

        assert (found.text, found.reached, found.error) == ("Paris", False, "Its verdict cannot be read.")
        assert "The judge failed: Its verdict cannot be read." in str(found)

    def test_a_judge_that_fails(self, find: Callable[..., Consensus]) -> None:
        """A judge that fails loses no answer."""
        judge = GenericFakeChatModel(messages=iter([]))
        found = find(QUESTION, saying(a="Paris"), method="judge", judge=judge)

        assert (found.text, found.reached) == ("Paris", False)
        assert found.error is not None


class TestArguments:
    @pytest.mark.parametrize(
        ("wrong", "error", "told"),
        [
            ({"threshold": 0}, ValueError, "threshold=0 is no share"),
            ({"threshold": 1.1}, ValueError, "threshold=1.1 is no share"),
            ({"repeats": 0}, ValueError, "repeats=0 would ask nobody"),
            ({"max_concurrency": 0}, ValueError, "max_concurrency=0 would ask nobody"),
            ({"method": "guess"}, ValueError, "method='guess' is not known. Pass one of 'vote', 'judge', 'structured'"),
            ({"method": "judge"}, ValueError, "method='judge' needs judge="),
            ({"method": "structured"}, ValueError, "method='structured' needs schema="),
            ({"judge": FakeListChatModel(responses=[""])}, ValueError, "method='vote' takes no judge="),
            ({"schema": dict}, ValueError, "method='vote' takes no schema="),
            ({"agreement": "numbr"}, ValueError, "Did you mean 'number'"),
            ({"models": []}, ValueError, "holds no model"),
            (
                {"method": "structured", "schema": dict, "models": saying(a=ValueError())},
                TypeError,
                "'a' is no chat model",
            ),
            ({"budget": "much"}, ValueError, "much"),
        ],
    )
    def test_refused(self, wrong: dict[str, Any], error: type[Exception], told: str) -> None:
        """What makes no sense is refused by name, before anything is asked."""
        with pytest.raises(error, match=told):
            consensus(**{"prompt": QUESTION, "models": saying(a=AssertionError()), **wrong})


def test_config(find: Callable[..., Consensus]) -> None:
    """Tags and callbacks of the config reach each call."""
    seen: list[Any] = []

    class Watch(BaseCallbackHandler):
        def on_chat_model_start(self, *args: Any, tags: Any = None, **kwargs: Any) -> None:
            seen.append(tags)

    find(QUESTION, saying(a="x", b="y"), config={"callbacks": [Watch()], "tags": ["mine"]})

    assert seen == [["mine"], ["mine"]]
