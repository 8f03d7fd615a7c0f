"""What several models agree on: `consensus`."""

from __future__ import annotations

from langchain_openrouter.evaluation.polling.consensus import aconsensus, consensus
from langchain_openrouter.evaluation.polling.council import ConsensusOptions
from langchain_openrouter.evaluation.polling.voting import AnswerGroup, Consensus, FieldVote

__all__ = ["AnswerGroup", "Consensus", "ConsensusOptions", "FieldVote", "aconsensus", "consensus"]
