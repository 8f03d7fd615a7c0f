"""The final answer of a text: what remains when everything around it is left out."""

from __future__ import annotations

import re

from langchain_openrouter.agreement import choices, structured
from langchain_openrouter.agreement.asked import NOTHING_ASKED, Asked, read_question
from langchain_openrouter.agreement.cleaning import one_spelling, readable, spoken, without_markdown
from langchain_openrouter.agreement.code import has_code, looks_like_code, write_code
from langchain_openrouter.agreement.echo import without_echo
from langchain_openrouter.agreement.formulas import plain_latex
from langchain_openrouter.agreement.marks import Mark, last_mark
from langchain_openrouter.agreement.messages import is_tool_call
from langchain_openrouter.agreement.solutions import conclusion, ends_with, is_worked
from langchain_openrouter.agreement.values import Value, read_value
from langchain_openrouter.agreement.words import is_refusal, sentences, words

__all__ = ["final_answer", "find_final", "find_text"]

_SHORT = 8
"""Words. What is longer is no short answer, and is compared as a whole."""

_ANSWER_KEYS = ("answer", "final_answer", "choice", "option", "letter", "label", "result")
_YES = frozenset({"yes", "yeah", "yep", "true", "correct", "right", "indeed", "affirmative"})
_NO = frozenset({"no", "nope", "false", "incorrect", "wrong", "negative"})
_FIRST_WORD = re.compile(
    r"\W{0,3}(?:(yes|no)\b(?!\s(?:and\sno|one|idea|doubt|matter|way|information|evidence)\b)|([a-z]+)\b(?=\W*$|[.,:;!]))",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"\b(?:is|are|was|it's|that's)\s(?:\w+ly\s)?(true|false|correct|incorrect|yes|no)\W*$", re.IGNORECASE
)
_COPULA = re.compile(r"\b(?:is|are|was|were|equals|makes|gives|totals)\b", re.IGNORECASE)
_TELLS = re.compile(r":|\b(?:is|are|was|were)\b", re.IGNORECASE)
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|so|hence)[:,]?\s(?:the\sanswer\sis\s)?(yes|no|true|false)\W*$", re.IGNORECASE
)
_BECAUSE = re.compile(r"(?:,\s|\s)(?:because|since it|as it)\b.*", re.IGNORECASE | re.DOTALL)
_EXPLAINS = re.compile(r"\W*(?:explanation|reason(?:ing)?|because|note|why|justification)\b", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"\s*(?:[-*•]|\d{1,2}[.)])\s|\W*(?:it\s(?:really\s)?depends|it(?:\sis|'s)\s(?:hard|difficult|possible|impossible|likely|important|"
    r"tricky|complicated|said|believed)|sure|certainly|of\scourse|okay|ok|well|great|good|yes|no|let|there|here|this|that|these|to|"
    r"first|i|we|both|many|several|some|thank|absolutely|hello|hi|hmm|in\sorder)\b|.*[:?!]$",
    re.IGNORECASE,
)
_FEW = 5
"""Words that the first of several sentences may add to the question, to be the answer by itself."""

_LONGEST_FACT, _LONGEST_TOLD = 40, 120
"""Words, with all explanations, of an answer to a question for a fact, and for a number that needs no calculation."""

_ONLY_WORDS = re.compile(r"[\s'\"-]*(?:[^\W\d_]+[\s'\"-]+)*(?:[^\W\d_]+)?\.?")
_READ = (4_000, 12_000)
"""Characters from the begin and from the end of a long text, between which no final answer is looked for."""

_NEAR = (200, 600)
"""Characters from the begin or the end, within which a marked text is an answer; elsewhere it may be any sentence."""

_NEXT_EXAMPLE = re.compile(r"\n\s*(?:question|q|human|user|problem)\s?\d*\s?[:.]", re.IGNORECASE)


def final_answer(answer: str, question: str | None = None) -> str | None:
    r"""Give what an answer comes to, in one form: what `AutoAgreement` compares.

    Args:
        answer: An answer, with whatever stands around it: its reasoning, Markdown, LaTeX, an explanation.
        question: What was asked. It tells options from words, and numbers asked for from those that happen to be
            there; without it, less is recognised.

    Returns:
        The label of an option (`"B"`), a number (`"42"`, `"0.5"`, `"1/3"`), a formula, `"yes"` or `"no"`, JSON or code
        in one form, or the words of the answer in small letters without articles and punctuation. `None` where
        nothing is found, or where it contradicts itself.

    Example:
        >>> final_answer("I think the answer is **(B)** because ...")
        'B'
        >>> final_answer(r"So we get \boxed{\frac{1}{2}}.")
        '0.5'
        >>> final_answer("The capital of France is Paris.", "What is the capital of France?")
        'paris'
    """
    found = find_final(answer, read_question(question))
    return found.text if found else None


def find_final(answer: str, asked: Asked) -> Value | None:
    """Give what an answer comes to.

    Args:
        answer: An answer as it came.
        asked: What the question asks for.

    Returns:
        It; `None` where nothing is found.
    """
    said = _out_of_json(_own_part(spoken(answer), asked), asked)
    if is_tool_call(said):
        return _structure(said, NOTHING_ASKED)
    if asked.options:
        return _plain(choices.pick(_ends(without_markdown(one_spelling(said))), asked.options))
    text = without_markdown(one_spelling(said))
    return _structure(said, asked) or (_open(text, asked) if asked.kind == "open" else _told(text, asked))


def _open(text: str, asked: Asked) -> Value | None:
    """Read an open text, of which only a box, or a text that is nothing but a formula, has a final answer."""
    mark = last_mark(_ends(text))
    if mark and mark.formal and not mark.doubted:
        return _marked(mark, asked, near=True)
    value = read_value(text, asked) or (ends_with(text, asked) if len(sentences(text)) == 1 else None)
    return value or _words(text)


def _told(text: str, asked: Asked) -> Value | None:
    """Read what a text tells, where neither its form nor the question's options help."""
    shown = _ends(text)
    mark = last_mark(shown)
    if mark:
        found = None if mark.doubted else _marked(mark, asked, near=_is_near(mark, shown))
        return found if found or mark.doubted else _words(text)
    if is_refusal(text):
        return None
    found = _short_answer(text, asked) or _sentence(shown, asked)
    return found or (_fact(text, asked) if asked.kind != "unknown" and len(sentences(text)) == 1 else _words(text))


def _ends(text: str) -> str:
    """Cut the middle out of a long text, so that reading it takes no longer than it is worth."""
    begin, end = _READ
    return text if len(text) <= begin + end else f"{text[:begin]}\n{text[-end:]}"


def _own_part(said: str, asked: Asked) -> str:
    """Leave out further questions and answers, with which a model goes on after a prompt of examples."""
    goes_on = _NEXT_EXAMPLE.search(said) if asked.completes else None
    return said[: goes_on.start()] if goes_on and said[: goes_on.start()].strip() else said


def _is_near(mark: Mark, text: str) -> bool:
    begin, end = _NEAR
    return mark.formal or mark.end <= begin or len(text) - mark.end <= end


def find_text(answer: str, asked: Asked) -> Value | None:
    """Give the words of an answer, without those that only repeat the question.

    Args:
        answer: An answer as it came.
        asked: What the question asks for.

    Returns:
        They, in one form; `None` where there are none.
    """
    text = readable(answer)
    mark = None if asked.kind == "open" else last_mark(text)
    if (mark and mark.doubted) or (not mark and is_refusal(text)):
        return None
    said = sentences(mark.text if mark else text)
    if said and (mark or len(said) == 1 or (asked.kind == "fact" and _tells_it(said, asked))):
        return _fact(said[0], asked)
    return _words(text)


def _out_of_json(said: str, asked: Asked) -> str:
    """Take an answer out of an object such as `{"answer": "B"}`, where nobody asked for JSON."""
    if asked.kind in {"json", "code", "open", "unknown"}:
        return said
    found = structured.whole_json(said)
    told = [str(found[key]) for key in _ANSWER_KEYS if key in found] if isinstance(found, dict) else []
    return told[0] if len(told) == 1 else said


def _structure(said: str, asked: Asked) -> Value | None:
    """Read JSON or code, where the answer is that and the question does not ask for something else."""
    found = structured.find_json(said) if asked.kind == "json" else structured.whole_json(said)
    if found is not structured.NOTHING:
        return _plain(structured.write_json(found))
    return _plain(write_code(said, functions_only=asked.kind == "code")) if _is_code(said, asked) else None


def _is_code(said: str, asked: Asked) -> bool:
    """Say whether code is the answer, and not a way to it."""
    if asked.kind == "code" or (asked.kind == "unknown" and looks_like_code(said)):
        return True
    if asked.kind in {"number", "yes or no", "true or false"} or not has_code(said):
        return False
    return last_mark(readable(said.rpartition("```")[2])) is None


def _marked(mark: Mark, asked: Asked, *, near: bool) -> Value | None:
    """Read what is marked as the answer."""
    text = plain_latex(mark.text) if mark.formal else mark.text
    if asked.kind == "unknown" and (letter := choices.read_letter(text)) is not None:
        return _plain(letter)
    first = text if mark.formal else _BECAUSE.sub("", next(iter(sentences(text)), ""))
    value = _truth(first, asked) or read_value(first, asked, formal=mark.formal, marked=True)
    if not value and asked.kind == "number" and not mark.formal:
        value = conclusion(first, asked)
    if value or not near:
        return value
    return _plain("".join(text.split())) if mark.formal and not _ONLY_WORDS.fullmatch(text) else _fact(first, asked)


def _short_answer(text: str, asked: Asked) -> Value | None:
    """Read an answer that says nothing else."""
    if len(words(text)) > _SHORT * 2 and asked.kind not in {"unknown", "yes or no", "true or false"}:
        return None
    if asked.kind in {"unknown", "fact"} and (letter := _letter(text, asked)):
        return _plain(letter)
    return _truth(text, asked) or read_value(text, asked)


def _letter(text: str, asked: Asked) -> str | None:
    letter = choices.pick_letter(text)
    return letter if asked.kind == "unknown" or len(words(text)) == 1 else None


def _truth(text: str, asked: Asked) -> Value | None:
    """Read yes or no: the first word where that was asked for, else the only one."""
    polar = asked.kind in {"yes or no", "true or false"}
    first = _FIRST_WORD.match(text)
    word = (first[1] or first[2]).casefold() if first else ""
    stated = (_STATES.search(text) or _CONCLUDES.search(text)) if polar else None
    if stated and word not in _YES | _NO:
        word = stated[1].casefold()
    alone = words(text) == [word]
    if word not in _YES | _NO or not (polar or (alone and word in {"yes", "no", "true", "false"})):
        return None
    if not polar:
        return Value(word)
    yes, no = ("true", "false") if asked.kind == "true or false" else ("yes", "no")
    return Value(yes if word in _YES else no)


def _sentence(text: str, asked: Asked) -> Value | None:
    """Read an answer from the sentence that tells it."""
    if asked.kind in {"number", "unknown"} and is_worked(text):
        return conclusion(text, asked)
    if asked.kind == "number":
        return conclusion(text, asked) if len(words(text)) <= _LONGEST_TOLD else None
    said = sentences(text)
    if not said or asked.kind not in {"fact", "unknown"}:
        return None
    if len(said) == 1:
        return None if said[0].endswith("?") else _single(said[0], asked)
    return _fact(said[0], asked) if asked.kind == "fact" and _tells_it(said, asked) else None


def _single(sentence: str, asked: Asked) -> Value | None:
    """Read an answer of one sentence."""
    if asked.kind == "fact":
        return ends_with(sentence, asked) or _fact(sentence, asked)
    copulas = list(_COPULA.finditer(sentence))
    return read_value(sentence[copulas[-1].end() :], asked) if copulas else None


def _tells_it(said: list[str], asked: Asked) -> bool:
    """Say whether the first of several sentences is the answer, and the others explain it."""
    if _EXPLAINS.match(said[1]):
        return True
    if sum(len(words(each)) for each in said) > _LONGEST_FACT:
        return False
    return len(without_echo(words(said[0]), asked.echo)) <= _FEW and not _INTRODUCES.match(said[0])


def _fact(sentence: str, asked: Asked) -> Value | None:
    """Read the words that a sentence adds to the question, or the alternative that it chooses."""
    said = words(sentence)
    told = without_echo(said, asked.echo)
    if told == said and _chosen(sentence) in asked.alternatives:
        return Value(_chosen(sentence))
    return _plain(" ".join(told))


def _chosen(sentence: str) -> str:
    """Give what follows the last verb or colon."""
    before = list(_TELLS.finditer(sentence))
    return " ".join(words(sentence[before[-1].end() :])) if before else ""


def _words(text: str) -> Value | None:
    return _plain(" ".join(words(text)))


def _plain(text: str | None) -> Value | None:
    return Value(text) if text else None
