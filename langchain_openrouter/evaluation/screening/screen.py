"""`screen`: many models on few prompts, the best of them on more, until few are left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from langchain_openrouter.evaluation.asking import aask_all, ask_all
from langchain_openrouter.evaluation.screening.screener import Screener

if TYPE_CHECKING:
    from langchain_openrouter.evaluation.screening.marking import ScreenScorer
    from langchain_openrouter.evaluation.screening.result import Screening
    from langchain_openrouter.evaluation.screening.screener import Models, Prompts, ScreenOptions

__all__ = ["ascreen", "screen"]


def screen(models: Models, prompts: Prompts, scorer: ScreenScorer, **options: Unpack[ScreenOptions]) -> Screening:
    """Find the best of many models with few calls: after each stage only the best part is asked more.

    A call that fails does not stop the rest; a model that fails everything leaves. A score that is not known is not 0:
    it is left out of the mean, and counted.

    Args:
        models: The name of a set (see `ModelSet`), a list of ids, models of the catalog, chat models and chains, or a
            dict that names them.
        prompts: What they are asked. All models get the same ones, in an order drawn by `seed`.
        scorer: A function of an answer, its prompt and its reference that gives a number, a truth value, or `None`
            where it cannot tell; it may be asynchronous. Or a judge. More is better.
        **options: See `ScreenOptions`.

    Returns:
        The ranking, what it cost, and what it saved.

    Raises:
        TypeError: A model is none, or the scorer cannot score.
        ValueError: An argument makes no sense, or the checkpoint is of another screening.
        OSError: The checkpoint cannot be written, or another program is writing to it.

    Example:
        >>> from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel
        >>> from langchain_core.runnables import RunnableLambda
        >>> models = {"parrot": ParrotFakeChatModel(), "mute": RunnableLambda(lambda prompt: "…")}
        >>> screening = screen(models, ["yes", "no"], lambda answer, prompt, _: answer.text == prompt, progress=False)
        >>> screening.winner, screening["mute"].score
        ('parrot', 0.0)
    """
    screener = Screener(models, prompts, scorer, **options)
    with screener.begun():
        while not screener.is_over:
            with screener.orderly():
                screener.end_stage(ask_all(screener.missing(), screener.ask, screener.width, screener.tell))
    return screener.result()


async def ascreen(
    models: Models, prompts: Prompts, scorer: ScreenScorer, **options: Unpack[ScreenOptions]
) -> Screening:
    """Find the best of many models with few calls, asynchronously. See `screen`; a cancellation is raised."""
    screener = Screener(models, prompts, scorer, **options)
    with screener.begun():
        while not screener.is_over:
            with screener.orderly():
                screener.end_stage(await aask_all(screener.missing(), screener.aask, screener.width, screener.tell))
    return screener.result()
