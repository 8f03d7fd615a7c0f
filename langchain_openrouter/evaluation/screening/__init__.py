"""Many models on few prompts, the better half on more: `screen`."""

from __future__ import annotations

from langchain_openrouter.evaluation.screening.progress import ScreenProgress
from langchain_openrouter.evaluation.screening.result import Screening
from langchain_openrouter.evaluation.screening.screen import ascreen, screen
from langchain_openrouter.evaluation.screening.screener import ScreenOptions
from langchain_openrouter.evaluation.screening.standings import Outcome, ScreenedModel

__all__ = ["Outcome", "ScreenOptions", "ScreenProgress", "ScreenedModel", "Screening", "ascreen", "screen"]
