"""A cascade of chat models that say what they are told."""

from __future__ import annotations

import asyncio
import copy
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from langchain_openrouter import AuthenticationError, BudgetExceededError, Cascade, RateLimitError
from langchain_openrouter.cascade import Agreed, Case, Judged, MeanLogprob, Verdict
from tests.helpers.scripted import Scripted
from tests.helpers.styles import STYLES, Ask

if TYPE_CHECKING:
    from collections.abc import Mapping


def trio(one: Any, two: Any, strong: Any = "strong", **fields: Any) -> tuple[Cascade, list[Scripted]]:
    """Two cheap models and a strong one."""
    models = [
        Scripted(model="cheap/one", says=[one], cost=0.001),
        Scripted(model="cheap/two", says=[two], cost=0.002),
        Scripted(model="strong/one", says=[strong], cost=0.03),
    ]
    return Cascade(models=models, **{"accept": Agreed(by="text"), **fields}), models


def told(message: AIMessage) -> dict[str, Any]:
    """What the cascade wrote onto an answer."""
    record: dict[str, Any] = message.response_metadata["cascade"]
    return record


def test_two_cheap_answers_that_agree_are_accepted_and_the_strong_model_is_not_asked(ask: Ask) -> None:
    """The first of them is the answer, whatever the way of calling."""
    cascade, (one, two, strong) = trio("Paris.", "paris")

    answer = ask(cascade, "The capital of France?")

    assert answer.text == "Paris."
    assert (len(one.asked), len(two.asked), len(strong.asked)) == (1, 1, 0)
    record = told(answer)
    assert (record["model"], record["stage"], record["accepted"], record["confidence"]) == ("cheap/one", 0, True, 1.0)
    assert record["cost"] == "0.003"


def test_where_they_disagree_the_last_model_answers(ask: Ask) -> None:
    """Its answer is taken as it is; the saved share is negative, since the cheap calls came on top."""
    cascade, (one, two, strong) = trio("Paris", "Lyon", "Marseille")

    answer = ask(cascade, "The capital of France?")

    assert answer.text == "Marseille"
    assert [len(each.asked) for each in (one, two, strong)] == [1, 1, 1]
    record = told(answer)
    assert (record["model"], record["stage"], record["accepted"]) == ("strong/one", 1, False)
    assert (record["cost"], record["cost_of_last"]) == ("0.033", "0.03")
    assert record["saved"] == pytest.approx(-0.1)
    assert [each["model"] for each in record["calls"]] == ["cheap/one", "cheap/two", "strong/one"]


@pytest.mark.parametrize(("third", "model"), [("Lyon", "cheap/two"), ("Nice", "strong/one")])
def test_a_further_cheap_model_joins_the_vote(third: str, model: str) -> None:
    """It is asked only where the first two disagree, and may agree with either."""
    models = [
        Scripted(model="cheap/one", says=["Paris"]),
        Scripted(model="cheap/two", says=["Lyon"]),
        Scripted(model="middle/one", says=[third]),
        Scripted(model="strong/one", says=["Bordeaux"]),
    ]

    answer = Cascade(models=models, accept=Agreed(by="text")).invoke("The capital of France?")

    assert told(answer)["model"] == model
    assert len(models[3].asked) == (model == "strong/one")


def test_two_groups_of_equal_size_contradict_each_other() -> None:
    """Two against two is no agreement, though two are enough."""
    panel = [Scripted(model=f"cheap/{i}", says=[said]) for i, said in enumerate(["a", "b", "a", "b"])]
    strong = Scripted(model="strong/one", says=["c"])

    answer = Cascade(models=[panel, strong], accept=Agreed(by="text")).invoke("?")

    assert answer.text == "c"


def test_without_a_quorum_more_than_half_have_to_agree() -> None:
    """Two of four are not, three are."""
    for fourth, text in (("c", "strong"), ("a", "a")):
        panel = [Scripted(model=f"cheap/{i}", says=[said]) for i, said in enumerate(["a", "b", "a", fourth])]
        strong = Scripted(model="strong/one", says=["strong"])

        answer = Cascade(models=[panel, strong], accept=Agreed(by="text", quorum=None)).invoke("?")

        assert answer.text == text


def test_one_cheap_model_is_asked_three_times_at_a_temperature() -> None:
    """Agreement with itself; at temperature 0 it would mean nothing."""
    cheap = Scripted(model="cheap/one", says=["a", "b", "a"])
    strong = Scripted(model="strong/one", says=["strong"])

    answer = Cascade(models=[cheap, strong], accept=Agreed(by="text")).invoke("?")

    assert answer.text == "a"
    assert [call["temperature"] for call in cheap.asked] == [0.7, 0.7, 0.7]
    cheap.asked.clear()
    Cascade(models=[cheap, strong], accept=Agreed(by="text")).invoke("?", temperature=0.3)
    assert cheap.asked[0]["temperature"] == 0.3


def test_a_cheap_failure_says_nothing_and_the_strong_model_answers(ask: Ask) -> None:
    """A refused call cost nothing; what it cost is not unknown."""
    cascade, (_, _, strong) = trio(RateLimitError("Slow down.", status_code=429), "Paris", "Rome")

    answer = ask(cascade, "?")

    assert answer.text == "Rome"
    assert len(strong.asked) == 1
    record = told(answer)
    assert [each["error"] for each in record["calls"]] == ["RateLimitError", None, None]
    assert record["cost"] == "0.032"


@pytest.mark.parametrize("error", [AuthenticationError("Wrong key."), BudgetExceededError("No.")])
def test_what_no_model_survives_is_raised(ask: Ask, error: Exception) -> None:
    """A wrong key, a budget that says no: the strong model would be refused, too."""
    cascade, (_, _, strong) = trio(error, "Paris")

    with pytest.raises(type(error)):
        ask(cascade, "?")
    assert not strong.asked


def test_an_empty_answer_agrees_with_nobody() -> None:
    """Two empty answers are no agreement."""
    cascade, _ = trio("", "", "said")

    assert cascade.invoke("?").text == "said"


def test_the_error_of_the_last_model_is_raised(ask: Ask) -> None:
    """Cheap answers that did not convince do not take its place."""
    cascade, _ = trio("a", "b", RateLimitError("Slow down."))

    with pytest.raises(RateLimitError):
        ask(cascade, "?")


def test_an_unknown_cost_makes_the_whole_unknown_and_nothing_is_said_to_be_saved() -> None:
    """Unknown is not zero."""
    models = [Scripted(model=name, says=["a"]) for name in ("cheap/one", "cheap/two", "strong/one")]

    record = told(Cascade(models=models, accept=Agreed(by="text")).invoke("?"))

    assert (record["cost"], record["cost_of_last"], record["saved"]) == (None, None, None)


def test_the_saved_share_is_reckoned_at_the_last_models_price_for_the_same_tokens() -> None:
    """The last model was not asked, so its price is an estimate: that of the catalog."""
    usage = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    said = AIMessage("yes", usage_metadata=usage)
    cheap = [Scripted(model=f"cheap/{i}", says=[said], cost=0.0001) for i in range(2)]
    cascade = Cascade(
        models=[cheap, "openai/gpt-4o-mini"], accept=Agreed(by="text"), model_options={"api_key": "sk-or-v1-0"}
    )

    record = told(cascade.invoke("?"))

    assert Decimal(record["cost_of_last"]) == Decimal("0.00021")  # 1000 at $0.15 and 100 at $0.60 a million
    assert record["saved"] == pytest.approx(1 - 0.0002 / 0.00021)
    assert cascade.savings.saved == pytest.approx(record["saved"])


def test_savings_count_all_answers(ask: Ask) -> None:
    """Accepted early or not, streamed or not."""
    cascade, _ = trio("a", "a")
    other, _ = trio("a", "b", savings=cascade.savings)

    ask(cascade, "?")
    ask(other, "?")

    assert (cascade.savings.calls, cascade.savings.accepted) == (2, 1)


@pytest.mark.parametrize("style", ["invoke", "ainvoke"])
def test_the_cheap_calls_run_in_parallel(style: str) -> None:
    """Each begins before the first of them ends."""
    panel = [Scripted(model=f"cheap/{i}", says=["a"], seconds=0.3) for i in range(3)]
    cascade = Cascade(models=[panel, Scripted(model="strong/one")], accept=Agreed(by="text"))

    STYLES[style](cascade, "?")

    spans = [span for model in panel for span in model.spans]
    assert max(began for began, _ in spans) < min(ended for _, ended in spans)


def with_logprobs(text: str, *logprobs: float) -> AIMessage:
    """An answer whose tokens have these log-probabilities."""
    content = [{"token": text, "logprob": each} for each in logprobs]
    return AIMessage(text, response_metadata={"logprobs": {"content": content}})


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (with_logprobs("sure", -0.05, -0.15), "sure"),
        (with_logprobs("unsure", -0.05, -0.9), "strong"),
        (AIMessage("untold"), "strong"),
    ],
)
def test_an_answer_of_sure_tokens_is_accepted(ask: Ask, said: AIMessage, text: str) -> None:
    """The mean of all tokens decides; where it is not told, nobody knows. Log-probabilities are asked for."""
    cheap = Scripted(model="cheap/one", says=[said])
    strong = Scripted(model="strong/one", says=["strong"])

    answer = ask(Cascade(models=[cheap, strong], accept=MeanLogprob(-0.1)), "?")

    assert answer.text == text
    assert cheap.asked[0]["logprobs"] is True
    assert all("logprobs" not in call for call in strong.asked)


def test_a_function_may_judge_with_a_bool_or_a_number(ask: Ask) -> None:
    """It sees the answer and the case."""
    seen: list[Case] = []

    def judge(answer: AIMessage, case: Case) -> float:
        seen.append(case)
        return 0.9 if answer.text == "good" else 0.2

    for said, text in (("good", "good"), ("bad", "strong")):
        cheap, strong = Scripted(model="cheap/one", says=[said]), Scripted(model="strong/one", says=["strong"])
        answer = ask(Cascade(models=[cheap, strong], accept=judge), [HumanMessage("Is it?")])
        assert answer.text == text
        assert told(answer)["confidence"] == (0.9 if said == "good" else 0.2)
    assert seen[0].question == "Is it?"


def test_an_asynchronous_function_needs_an_asynchronous_call() -> None:
    """And says so, else."""

    async def judge(answer: AIMessage, case: Case) -> bool:
        await asyncio.sleep(0)
        return True

    cascade = Cascade(models=[Scripted(model="a/b", says=["x"]), Scripted(model="c/d")], accept=judge)

    assert asyncio.run(cascade.ainvoke("?")).text == "x"
    with pytest.raises(TypeError, match="ainvoke"):
        cascade.invoke("?")


def test_a_rule_of_the_user_may_be_a_class() -> None:
    """Whatever has `asks_for`, `weigh` and `aweigh` is a rule."""

    class Never:
        @property
        def asks_for(self) -> Mapping[str, Any]:
            return {"seed": 7}

        def weigh(self, case: Case) -> Verdict:
            return Verdict(None, 0.1, "never")

        async def aweigh(self, case: Case) -> Verdict:
            return self.weigh(case)

    cheap = Scripted(model="a/b", says=["x"])
    answer = Cascade(models=[cheap, Scripted(model="c/d", says=["y"])], accept=Never()).invoke("?")

    assert (answer.text, told(answer)["reason"], cheap.asked[0]["seed"]) == ("y", "never", 7)


@pytest.mark.parametrize("accept", ["agree", 7, None])
def test_what_is_no_rule_is_refused(accept: Any) -> None:
    """At construction."""
    with pytest.raises((ValueError, TypeError), match="accept="):
        Cascade(models=["a/b", "c/d", "e/f"], accept=accept)


def test_tools_reach_every_model_in_its_own_way() -> None:
    """They are bound by the model itself; a conversation with their results goes on."""
    call = {"name": "look", "args": {"at": "sea"}, "id": "1", "type": "tool_call"}
    cascade, (one, two, _) = trio(
        AIMessage("", tool_calls=[call]), AIMessage("", tool_calls=[{**call, "id": "2"}]), accept=Agreed()
    )

    def look(at: str) -> str:
        """Look at something."""
        return at

    answer = cascade.bind_tools([look]).invoke("Look at the sea.")

    assert answer.tool_calls[0]["args"] == {"at": "sea"}
    assert one.asked[0]["tools"] == two.asked[0]["tools"] == [look]
    messages = [HumanMessage("Look."), answer, ToolMessage("blue", tool_call_id="1")]
    assert cascade.bind_tools([look]).invoke(messages).tool_calls


def test_it_survives_pickling_and_copying() -> None:
    """Programs hand models to other processes."""
    cascade, _ = trio("a", "a")

    for other in (pickle.loads(pickle.dumps(cascade)), copy.deepcopy(cascade)):  # noqa: S301  # our own
        assert other.invoke("?").text == "a"


def test_a_verdict_for_an_answer_that_failed_is_an_error_of_the_rule() -> None:
    """It is told, and not taken for an answer."""

    class Wrong(Judged):
        def weigh(self, case: Case) -> Verdict:
            return Verdict(0)

    cheap = Scripted(model="a/b", says=[RateLimitError("Slow down.")])
    cascade = Cascade(models=[cheap, Scripted(model="c/d")], accept=Wrong(lambda *_: True))

    with pytest.raises(ValueError, match="which is none"):
        cascade.invoke("?")
