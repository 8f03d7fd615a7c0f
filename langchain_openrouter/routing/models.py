"""Models as users name them: by an id, as a record of the catalog, or as a chat model of any provider."""

from __future__ import annotations

from typing import Any, TypeAlias

from langchain_core.language_models import BaseChatModel

from langchain_openrouter.catalog import Model

__all__ = ["ModelLike", "chat_model", "is_ours", "keeps_deadlines", "model_name"]

ModelLike: TypeAlias = str | Model | BaseChatModel
"""An id as in `Catalog.lookup`, a model of the catalog, or a chat model."""


def chat_model(model: ModelLike | Any, **fields: Any) -> BaseChatModel:
    """Give the chat model that somebody means.

    Args:
        model: An id or a record of the catalog, of which a `ChatOpenRouter` is made; a chat model is given back.
        **fields: Fields of the `ChatOpenRouter`, where one is made.

    Raises:
        TypeError: It is none of these.

    Example:
        >>> chat_model("openai/gpt-4o-mini", api_key="sk-or-v1-0").model_name
        'openai/gpt-4o-mini'
    """
    if isinstance(model, BaseChatModel):
        return model
    if isinstance(model, Model):
        model = model.id
    if isinstance(model, str):
        from langchain_openrouter.chat_models import ChatOpenRouter

        return ChatOpenRouter(model=model, **fields)
    msg = (
        f"{type(model).__name__} is no model. Pass an id such as 'author/name', a `Model` of the catalog, or a chat "
        "model; what `bind` or `bind_tools` made of one has to be unbound first."
    )
    raise TypeError(msg)


def model_name(model: ModelLike) -> str:
    """Give the name of a model: its id, or what a chat model of another provider calls itself.

    Args:
        model: An id, a record of the catalog, or a chat model.

    Example:
        >>> model_name("openai/gpt-4o-mini")
        'openai/gpt-4o-mini'
    """
    if isinstance(model, str):
        return model
    if isinstance(model, Model):
        return model.id
    named = (getattr(model, name, None) for name in ("model_name", "model", "model_id", "name"))
    return next((name for name in named if isinstance(name, str) and name), type(model).__name__)


def is_ours(model: BaseChatModel) -> bool:
    """Say whether a chat model is one of OpenRouter, which takes our arguments."""
    from langchain_openrouter.chat_models import ChatOpenRouter

    return isinstance(model, ChatOpenRouter)


def keeps_deadlines(model: BaseChatModel) -> bool:
    """Say whether a chat model ends by itself when its deadline is over; OpenRouter's other API knows none."""
    return is_ours(model) and not getattr(model, "use_responses_api", False)
