"""Which part of a text says what is wanted, and which is the material that it is wanted of."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_openrouter.tasks.folding import has_unspaced

__all__ = ["QUESTION_MARKS", "Layout", "lay_out"]

QUESTION_MARKS = ("?", "\uff1f", "\u061f")

_BEGIN, _END = 290, 140
"""Characters at begin and end of a long text that say what is wanted; scripts without spaces need half of them."""

_PASSAGE = 180
"""Characters that make a line a passage, or half of them."""

_QUESTION = 260
"""Characters. What is asked about a passage is shorter than that."""

_OPENING = 200
"""Characters of a long first line that may say what is wanted."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a text that matter.

    Args:
        instruction: What seems to say what is wanted.
        asks_about_passage: Whether a short question or order stands before or after a long passage.
        is_question: Whether that is a question.
    """

    instruction: str
    asks_about_passage: bool = False
    is_question: bool = False


def lay_out(text: str) -> Layout:
    r"""Tell the instruction from the material.

    Example:
        >>> lay_out("Who won the race?\n" + "It was a sunny day at the lake. " * 10).instruction
        'Who won the race?'
    """
    share = 2 if has_unspaced(text) else 1
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    short = [line for line in lines if len(line) < _PASSAGE // share]
    if not short or len(short) == len(lines):
        return Layout(_ends(text, share))
    instruction = "\n".join(short)
    asks = len(instruction) < _QUESTION and (lines[0] is short[0] or lines[-1] is short[-1])
    is_question = any(line.endswith(QUESTION_MARKS) for line in short)
    if lines[0] is not short[0] and not (asks and is_question):
        instruction = f"{lines[0][:_OPENING]}\n{instruction}"
    return Layout(_ends(instruction, share), asks, is_question)


def _ends(text: str, share: int) -> str:
    begin, end = _BEGIN // share, _END // share
    return text if len(text) <= begin + end else f"{text[:begin]}\n{text[-end:]}"
