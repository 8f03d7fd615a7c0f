"""What a model is: the facts that OpenRouter publishes, bundled so that they are there without a network.

Example:
    >>> from langchain_openrouter.catalog import Catalog
    >>> catalog = Catalog.load("snapshot")
    >>> catalog.lookup("openai/gpt-4o:nitro").context_length
    128000
"""

from __future__ import annotations

from langchain_openrouter.catalog.availability import Availability
from langchain_openrouter.catalog.catalog import Catalog
from langchain_openrouter.catalog.endpoint import Endpoint, Percentiles
from langchain_openrouter.catalog.in_use import current, use
from langchain_openrouter.catalog.model import ArenaScore, Benchmarks, Model, ReasoningOptions
from langchain_openrouter.catalog.preset import Preset, PresetName, presets, register_preset
from langchain_openrouter.catalog.pricing import Pricing, PricingOverride, Rates
from langchain_openrouter.catalog.profile import find_profile, profile_of
from langchain_openrouter.catalog.query import Axis, Query, SortKey
from langchain_openrouter.catalog.source import Origin, Source
from langchain_openrouter.catalog.standing import Strength, Tier
from langchain_openrouter.catalog.validation import Problem, ProblemKind, problems
from langchain_openrouter.errors.catalog import ModelNotFoundError

__all__ = [
    "ArenaScore",
    "Availability",
    "Axis",
    "Benchmarks",
    "Catalog",
    "Endpoint",
    "Model",
    "ModelNotFoundError",
    "Origin",
    "Percentiles",
    "Preset",
    "PresetName",
    "Pricing",
    "PricingOverride",
    "Problem",
    "ProblemKind",
    "Query",
    "Rates",
    "ReasoningOptions",
    "SortKey",
    "Source",
    "Strength",
    "Tier",
    "current",
    "find_profile",
    "presets",
    "problems",
    "profile_of",
    "register_preset",
    "use",
]
