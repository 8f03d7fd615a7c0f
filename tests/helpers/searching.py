"""What search should find, told from the plain records of models, one by one."""

from __future__ import annotations

import datetime as dt
import random
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from langchain_openrouter.catalog import Catalog
from tests.helpers.records import real_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_openrouter.catalog import Model

Record = dict[str, Any]


class Both:
    """Records, and the catalog that is made of them."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records
        self.catalog = Catalog.from_response(records)
        self.place = {record["id"]: number for number, record in enumerate(records)}

    def found(self, models: list[Model]) -> list[Record]:
        """Give the records of models."""
        return [self.records[self.place[model.id]] for model in models]

    @classmethod
    def recorded(cls) -> Both:
        """Take the recorded models."""
        return cls(real_records())

    @classmethod
    def varied(cls) -> Both:
        """Take the recorded models, and vary what they have alike: dates, discounts, missing values."""
        chance = random.Random(5)
        return cls([_varied(record, chance) for record in real_records()])


def _varied(record: Record, chance: random.Random) -> Record:
    record["created"] = chance.choice([0, 1_700_000_000, chance.randrange(1_700_000_000, 1_790_000_000)])
    if chance.random() < 0.2:
        record["expiration_date"] = f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    if chance.random() < 0.3:
        record["pricing"]["discount"] = chance.choice([0.1, 0.25, 1])
    if chance.random() < 0.2:
        gone = chance.choice(["context_length", "top_provider", "pricing", "benchmarks", "supported_parameters"])
        record[gone] = None
    return record


def of(record: Record, *path: str) -> Any:
    """Read a value of a record; `None` where it is not."""
    for key in path:
        record = (record or {}).get(key)  # type: ignore[assignment]
    return record


def dollars(record: Record, name: str) -> Fraction | None:
    """Read a price per million tokens."""
    written = of(record, "pricing", name)
    if written in {None, "-1"}:
        return None
    return Fraction(written) * (1 - Fraction(str(of(record, "pricing", "discount") or 0))) * 10**6


def blended(record: Record) -> Fraction | None:
    """Read the price of three tokens of the prompt and one of the answer."""
    prompt, completion = dollars(record, "prompt"), dollars(record, "completion")
    return None if prompt is None or completion is None else 3 * prompt + completion


def index(name: str) -> Callable[[Record], Any]:
    """Give the reading of a benchmark."""
    return lambda record: of(record, "benchmarks", "artificial_analysis", f"{name}_index")


VALUES: dict[str, Callable[[Record], Any]] = {
    "price": blended,
    "prompt_price": lambda record: dollars(record, "prompt"),
    "completion_price": lambda record: dollars(record, "completion"),
    "intelligence": index("intelligence"),
    "coding": index("coding"),
    "agentic": index("agentic"),
    "context": lambda record: of(record, "context_length") or of(record, "top_provider", "context_length"),
    "output": lambda record: of(record, "top_provider", "max_completion_tokens"),
    "created": lambda record: record["created"] or None,
    "id": lambda record: record["id"],
}


def at_least(axis: str) -> Callable[[Record, Any], bool]:
    """Give the test for a least value: one that is not told does not fit."""
    return lambda record, least: VALUES[axis](record) is not None and VALUES[axis](record) >= least


def at_most(axis: str) -> Callable[[Record, Any], bool]:
    """Give the test for a highest price: one that is not told does not fit."""
    return lambda record, most: VALUES[axis](record) is not None and VALUES[axis](record) <= Fraction(str(most))


def supported(record: Record) -> set[str]:
    """Read the parameters that are supported."""
    return set(record["supported_parameters"] or ())


def is_free(record: Record) -> bool:
    """Tell whether nothing costs anything, in no tier."""
    pricing = record["pricing"] or {}
    if pricing.get("discount") == 1:
        return dollars(record, "prompt") is not None and dollars(record, "completion") is not None
    entries = [pricing, *pricing.get("overrides", [])]
    prices = [each[key] for each in entries for key in each if key not in {"overrides", "discount"}]
    return {"prompt", "completion"} <= pricing.keys() and all(Fraction(price) == 0 for price in prices)


def is_there(record: Record, day: dt.date) -> bool:
    """Tell whether a model has come and not gone on a day."""
    came = record["created"] == 0 or dt.datetime.fromtimestamp(record["created"], dt.UTC).date() <= day
    return came and (record["expiration_date"] or "9999") >= day.isoformat()


def is_plain(record: Record) -> bool:
    """Tell whether a model is itself, no other one under another name."""
    return not re.search("^~|:|^openrouter/", record["id"])


def names(wanted: Any) -> set[str]:
    """Read one name or several."""
    return {wanted} if isinstance(wanted, str) else set(wanted)


def compact(text: str) -> str:
    """Leave nothing of a text but its letters and digits."""
    return "".join(each for each in text.casefold() if each.isalnum())


def holds_words(record: Record, text: str) -> bool:
    """Tell whether id and name hold each word."""
    whole = compact(record["id"]) + compact(record["name"])
    return all(compact(word) in whole for word in re.split(r"[\W_]+", text))


FITS: dict[str, Callable[[Record, Any], bool]] = {
    "text": holds_words,
    "tools": lambda record, wanted: ("tools" in supported(record)) is wanted,
    "structured_output": lambda record, wanted: ("structured_outputs" in supported(record)) is wanted,
    "reasoning": lambda record, wanted: (bool(of(record, "reasoning")) or "reasoning" in supported(record)) is wanted,
    "input": lambda record, wanted: names(wanted) <= set(of(record, "architecture", "input_modalities")),
    "output": lambda record, wanted: names(wanted) <= set(of(record, "architecture", "output_modalities")),
    "min_context": at_least("context"),
    "min_output": at_least("output"),
    "max_prompt_price": at_most("prompt_price"),
    "max_completion_price": at_most("completion_price"),
    "free": lambda record, wanted: is_free(record) is wanted,
    "open_weights": lambda record, wanted: bool(of(record, "hugging_face_id")) is wanted,
    "author": lambda record, wanted: (
        re.split("/", record["id"].lstrip("~"))[0] in {each.casefold() for each in names(wanted)}
    ),
    "parameters": lambda record, wanted: names(wanted) <= supported(record),
    "min_intelligence": at_least("intelligence"),
    "min_coding": at_least("coding"),
    "min_agentic": at_least("agentic"),
    "available_on": is_there,
    "plain": lambda record, wanted: not wanted or is_plain(record),
}
