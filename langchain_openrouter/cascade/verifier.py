"""A rule that asks a model whether an answer is right."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from langchain_openrouter.cascade.case import Case, Verdict
from langchain_openrouter.costs import price
from langchain_openrouter.routing.models import ModelLike, chat_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AIMessage

__all__ = ["Verifier"]

_PROMPT = """You check answers. Question:

<question>
{question}
</question>

Answer to check:

<answer>
{answer}
</answer>

Is the answer correct and complete? Think about it. Then end with a line that has one number, from 0 (surely wrong) to
100 (surely right)."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Verifier:
    """Accepts an answer that another model finds right.

    Args:
        model: The model that is asked: an id, or a chat model.
        threshold: How sure it has to be, 0 to 1.
        prompt: What it is asked, with `{question}` and `{answer}`; its reply has to end with a number from 0 to 100.
    """

    model: ModelLike
    threshold: float = 0.7
    prompt: str = _PROMPT

    @property
    def asks_for(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def weigh(self, case: Case) -> Verdict:
        """Ask about the latest answers."""
        model = chat_model(self.model, **case.model_options)
        return self._verdict([(model.invoke(self._asked(case, each)), i) for i, each in case.latest])

    async def aweigh(self, case: Case) -> Verdict:
        """Ask about the latest answers, asynchronously."""
        model = chat_model(self.model, **case.model_options)
        replies = await asyncio.gather(*(model.ainvoke(self._asked(case, each)) for _, each in case.latest))
        return self._verdict([(reply, i) for reply, (i, _) in zip(replies, case.latest, strict=True)])

    def _asked(self, case: Case, answer: AIMessage) -> str:
        return self.prompt.format(question=case.question, answer=answer.text)

    def _verdict(self, replies: Sequence[tuple[AIMessage, int]]) -> Verdict:
        costs = [price(reply).total for reply, _ in replies]
        cost = None if None in costs else sum((each for each in costs if each is not None), Decimal(0))
        known = [(score, -i) for reply, i in replies if (score := _score(reply)) is not None]
        if not known:
            return Verdict(None, None, "the verifier gave no number", cost)
        best, position = max(known)
        said = f"the verifier is {best:.0%} sure; {self.threshold:.0%} is wanted"
        return Verdict(-position if best >= self.threshold else None, best, said, cost)


def _score(message: AIMessage) -> float | None:
    found = _NUMBER.findall(message.text)
    return min(float(found[-1]) / 100, 1.0) if found else None
