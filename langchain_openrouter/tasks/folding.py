"""One spelling for words that people spell in several ways, and how a text is cut into words."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["count_words", "fold", "has_unspaced", "spellings", "tokens_of"]

_LETTERS = {
    **dict.fromkeys("\u0623\u0625\u0622", "\u0627"),  # Arabic alif, with or without its marks
    "\u0649": "\u064a",
    "\u0629": "\u0647",
    **dict.fromkeys(map(chr, (*range(0x64B, 0x653), 0x640)), None),  # vowels, which few write
    "\u093c": None,  # the dot below letters of Hindi, which many leave out
    "\u0307": None,  # what is left of the dotted capital I of Turkish
}
_FOLDED = str.maketrans(_LETTERS)
_TO_FOLD = re.compile(f"[{''.join(_LETTERS)}]")

# Marks of Indian scripts are no `\w`, though they are parts of words.
_TOKEN = re.compile(r"[\w\u0300-\u036f\u0900-\u0963\u0966-\u0dff]+")
_ASCII_TOKEN = re.compile(r"\w+", re.ASCII)
_ARTICLE = re.compile("\\b(?:[\u0648\u0641\u0628\u0643]?\u0627\u0644|[\u0648\u0641]?\u0644\u0644)(?=\\w{2})")
_ARABIC = re.compile("[\u0600-\u06ff]")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")
_UMLAUTS = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00df": "ss"})
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_JOINED_IN_ARABIC = ("\u0648", "\u0628", "\u0644")  # and, with, for


def fold(text: str) -> str:
    """Write a text in small letters, without marks that do not tell words apart.

    Example:
        >>> fold("Ünico\N{COMBINING DIAERESIS}de")
        'ünicöde'
    """
    if text.isascii():
        return text.lower()
    if _ARABIC.search(text):
        text = _ARTICLE.sub("", text)
    folded = unicodedata.normalize("NFC", text.lower())
    return folded.translate(_FOLDED) if _TO_FOLD.search(folded) else folded


def tokens_of(folded: str) -> list[str]:
    """Cut a text into words; what has no spaces between words is left out."""
    if folded.isascii():
        return _ASCII_TOKEN.findall(folded)
    return _TOKEN.findall(_UNSPACED.sub(" ", folded))


def count_words(folded: str, tokens: list[str]) -> int:
    """Count words, about: one of Chinese or Japanese has two letters."""
    return len(tokens) + (0 if folded.isascii() else sum(map(len, _UNSPACED.findall(folded))) // 2)


def has_unspaced(text: str) -> bool:
    """Say whether there are letters of Chinese or Japanese, which have no spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def spellings(word: str) -> set[str]:
    """Give the ways in which people write a word: with and without accents, in Arabic joined to short words.

    Example:
        >>> sorted(spellings("übersetz"))
        ['ubersetz', 'uebersetz', 'übersetz']
    """
    if word.isascii():
        return {word}
    if _ARABIC.search(word):
        return {word, *(joined + word for joined in _JOINED_IN_ARABIC)}
    bare = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_ACCENTS))
    return {word, bare, word.translate(_UMLAUTS)}
