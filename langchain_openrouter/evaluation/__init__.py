"""Several models on the same work: compared, screened, or asked for what they agree on.

Example:
    >>> from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel
    >>> from langchain_openrouter.evaluation import compare
    >>> compare("Good morning", {"parrot": ParrotFakeChatModel()}).trials[0].answer.text
    'Good morning'
"""

from __future__ import annotations

from langchain_openrouter.evaluation.comparing import (
    Comparison,
    ComparisonInterruptedError,
    ComparisonRow,
    acompare,
    compare,
)
from langchain_openrouter.evaluation.judging import Judge
from langchain_openrouter.evaluation.polling import (
    AnswerGroup,
    Consensus,
    ConsensusOptions,
    FieldVote,
    aconsensus,
    consensus,
)
from langchain_openrouter.evaluation.scoring import Metric
from langchain_openrouter.evaluation.screening import (
    Outcome,
    ScreenedModel,
    Screening,
    ScreenOptions,
    ScreenProgress,
    ascreen,
    screen,
)
from langchain_openrouter.evaluation.sets import ModelSet
from langchain_openrouter.evaluation.trial import Trial, arun_trial, run_trial

__all__ = [
    "AnswerGroup",
    "Comparison",
    "ComparisonInterruptedError",
    "ComparisonRow",
    "Consensus",
    "ConsensusOptions",
    "FieldVote",
    "Judge",
    "Metric",
    "ModelSet",
    "Outcome",
    "ScreenOptions",
    "ScreenProgress",
    "ScreenedModel",
    "Screening",
    "Trial",
    "acompare",
    "aconsensus",
    "arun_trial",
    "ascreen",
    "compare",
    "consensus",
    "run_trial",
    "screen",
]
