"""``_PROFILES``: the profile of every model of the catalog by its id, made when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_openrouter.catalog import current, profile_of

if TYPE_CHECKING:
    from langchain_core.language_models.model_profile import ModelProfile

    _PROFILES: dict[str, ModelProfile]


def __getattr__(name: str) -> dict[str, ModelProfile]:
    if name != "_PROFILES":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    profiles = {model.id: profile_of(model) for model in current()}
    # Kept, so that a program that changes an entry finds its change again.
    globals()["_PROFILES"] = profiles
    return profiles
