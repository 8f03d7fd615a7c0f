"""When do answers of models say the same."""

from __future__ import annotations

from langchain_openrouter.agreement.embedding import EmbeddingAgreement
from langchain_openrouter.agreement.final import final_answer
from langchain_openrouter.agreement.judge import JUDGE_PROMPT, JudgeAgreement
from langchain_openrouter.agreement.messages import answer_text
from langchain_openrouter.agreement.naming import AgreementLike, as_agreement
from langchain_openrouter.agreement.pairs import PairAgreement
from langchain_openrouter.agreement.protocol import Agreement
from langchain_openrouter.agreement.simple import (
    AutoAgreement,
    ChoiceAgreement,
    CodeAgreement,
    JSONAgreement,
    NumberAgreement,
    TextAgreement,
)

__all__ = [
    "JUDGE_PROMPT",
    "Agreement",
    "AgreementLike",
    "AutoAgreement",
    "ChoiceAgreement",
    "CodeAgreement",
    "EmbeddingAgreement",
    "JSONAgreement",
    "JudgeAgreement",
    "NumberAgreement",
    "PairAgreement",
    "TextAgreement",
    "answer_text",
    "as_agreement",
    "final_answer",
]
