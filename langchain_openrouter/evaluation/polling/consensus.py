"""`consensus`: what several models agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from langchain_openrouter.evaluation.asking import aask_all, ask_all
from langchain_openrouter.evaluation.polling.council import ConsensusOptions, Council
from langchain_openrouter.evaluation.trial import arun_trial, run_trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.runnables import Runnable

    from langchain_openrouter.evaluation.polling.voting import Consensus
    from langchain_openrouter.evaluation.sets import ModelSet
    from langchain_openrouter.routing.models import ModelLike

    Models: TypeAlias = (
        ModelSet | Sequence[ModelLike | Runnable[Any, Any]] | Mapping[str, ModelLike | Runnable[Any, Any]]
    )

__all__ = ["aconsensus", "consensus"]


def consensus(prompt: LanguageModelInput, models: Models, **options: Unpack[ConsensusOptions]) -> Consensus:
    """Ask several models the same, and find what they agree on.

    The share that agrees is a part of all answers that were asked for, so a model that fails agrees with nobody, and
    does not stop the rest.

    Args:
        prompt: What they are asked.
        models: The name of a set (see `ModelSet`), a list of ids, models of the catalog, chat models and chains, with
            the one whose words you like best first, or a dict that names them.
        **options: See `ConsensusOptions`.

    Returns:
        The answer, how many agree with it, who differs, and what it cost.

    Raises:
        TypeError: A model is none, or cannot be asked for a schema.
        ValueError: An argument makes no sense.
        Exception: All models failed: the error of the last one.

    Example:
        >>> from langchain_core.language_models.fake_chat_models import FakeListChatModel
        >>> said = {"a": "Paris.", "b": "It's Paris", "c": "Lyon"}
        >>> models = {name: FakeListChatModel(responses=[answer]) for name, answer in said.items()}
        >>> found = consensus("What is the capital of France?", models, threshold=0.6)
        >>> found.reached, found.text, found.groups[0].models, found.dissent[0].models
        (True, 'Paris.', ('a', 'b'), ('c',))
    """
    council = Council(prompt, models, **options)
    with council.limited():
        council.close(ask_all(council.jobs, council.ask, council.width))
        if council.judge is not None:
            council.judged(run_trial(council.judge, council.bench(), **council.options))
        with council.reading():
            for name, (texts, question) in council.questions().items():
                council.grouped(name, council.agreement.group(texts, question))
    return council.result()


async def aconsensus(prompt: LanguageModelInput, models: Models, **options: Unpack[ConsensusOptions]) -> Consensus:
    """Ask several models the same asynchronously, and find what they agree on. See `consensus`."""
    council = Council(prompt, models, **options)
    with council.limited():
        council.close(await aask_all(council.jobs, council.aask, council.width))
        if council.judge is not None:
            council.judged(await arun_trial(council.judge, council.bench(), **council.options))
        with council.reading():
            for name, (texts, question) in council.questions().items():
                council.grouped(name, await council.agreement.agroup(texts, question))
    return council.result()
