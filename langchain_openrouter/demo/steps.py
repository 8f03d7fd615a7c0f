"""What the demo shows. A new step is a function here and a line in `STEPS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from langchain_openrouter import BudgetExceededError, OpenRouterError, track_cost
from langchain_openrouter.demo.stage import dollars

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.runnables import RunnableConfig

    from langchain_openrouter.demo.place import Place
    from langchain_openrouter.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to show.

    Args:
        name: In the table.
        about: What is to be seen, in a few words.
        run: Does it; raises when it does not work.
        calls: How many answers it may pay for, for the estimate.
    """

    name: str
    about: str
    run: Callable[[Place, Stage, RunnableConfig], None]
    calls: int = 1


class Person(BaseModel):
    """Who a text is about."""

    name: str
    city: str
    born: int = Field(description="Year of birth")


_A_NOVEL = 16_000
"""Tokens."""

_CELSIUS = {"Oslo": 4, "Lima": 19}


def temperature(city: str) -> str:
    """Tell the temperature in a city."""
    return f"{city}: {_CELSIUS.get(city, 12)} °C"


def _invoke(place: Place, stage: Stage, config: RunnableConfig) -> None:
    question = "What is 7 * 8? One short sentence, please."
    stage.question(question)
    stage.answer(place.model().invoke(question, config).text)


def _stream(place: Place, stage: Stage, config: RunnableConfig) -> None:
    question = "Why is the sky blue? Three sentences, please."
    stage.question(question)
    with stage.typing() as write:
        for chunk in place.model().stream(question, config):
            write(chunk.text)


def _structured(place: Place, stage: Stage, config: RunnableConfig) -> None:
    text = "Ada Lovelace was born in London in 1815."
    stage.question(text)
    person: Any = place.model().with_structured_output(Person, method="json_schema").invoke(text, config)
    if not isinstance(person, Person):
        raise TypeError(f"the model gave no Person but {person!r}")
    stage.answer(repr(person))


def _agent(place: Place, stage: Stage, config: RunnableConfig) -> None:
    question = "What is the temperature in Oslo and in Lima?"
    stage.question(question)
    agent: Any = create_agent(place.model(), tools=[temperature])
    messages = agent.invoke({"messages": [("user", question)]}, config)["messages"]
    results = {message.tool_call_id: message.text for message in messages if message.type == "tool"}
    calls = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    for call in calls:
        stage.remark(f"temperature({call['args'].get('city')!r}) → {results.get(call['id'])!r}")
    if not calls:
        raise RuntimeError("the model answered without its tool")
    stage.answer(messages[-1].text)


def _fallback(place: Place, stage: Stage, config: RunnableConfig) -> None:
    question = "Hello! Who are you, in one sentence?"
    stage.question(question)
    with place.failing() as (first, second):
        try:
            first.invoke(question)
        except OpenRouterError as error:
            stage.remark(f"{first.model}: {type(error).__name__}, {error.message}")
        answer = first.with_fallbacks([second], exceptions_to_handle=(OpenRouterError,)).invoke(question, config)
    stage.remark(f"so {answer.response_metadata['model_name']} answers instead:")
    stage.answer(answer.text)


def _budget(place: Place, stage: Stage, config: RunnableConfig) -> None:
    question = "Tell me a story, please. One sentence will do."
    stage.question(question)
    model, most = place.model(), place.estimate(1)
    if most:  # of a free model nothing need be refused, and of an unknown one nobody can say
        stage.remark(f"with track_cost(budget={dollars(most)!r}):")
        with track_cost(budget=most):
            try:
                model.invoke(question, max_tokens=_A_NOVEL)
            except BudgetExceededError as error:
                stage.remark(f"with {_A_NOVEL:,} tokens it is not sent: it may cost {dollars(error.asked)}")
            answer = model.invoke(question, config)
    else:
        answer = model.invoke(question, config)
    stage.answer(answer.text)


STEPS = (
    Step("Invoke", "one question, one answer", _invoke),
    Step("Stream", "the words as they come", _stream),
    Step("Structured", "structured output: a pydantic object instead of text", _structured),
    # Two calls are needed; a model that asks for one city after the other needs three.
    Step("Agent", "create_agent calls a tool and reads what it says", _agent, calls=3),
    Step("Fallback", "one model fails, and another takes over", _fallback),
    Step("Budget", "a call that may cost too much is refused before it is sent", _budget),
)
