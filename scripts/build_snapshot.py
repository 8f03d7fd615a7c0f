"""Turn an answer of OpenRouter's ``GET /models`` into the snapshot that the package carries.

    curl -s https://openrouter.ai/api/v1/models > models.json
    python scripts/build_snapshot.py models.json
    python scripts/build_snapshot.py --check

The snapshot holds facts only: ids, numbers, prices, parameters, modalities, dates. The same answer
and date give the same file. ``--check`` writes nothing and fails when the file is not what this
script makes, either of MODELS_JSON or, without it, of the file's own content.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from langchain_openrouter.catalog import snapshot

SNAPSHOT = Path(__file__).parents[1] / "langchain_openrouter" / "catalog" / snapshot.FILE_NAME

LONGEST_FACT = 200
"""Characters; a longer string is prose under a new key, and a person has to look at it."""


def main() -> int:
    """Build or check the snapshot as the command line says, and return the exit code."""
    options = _parse_arguments()
    if options.check:
        return _check(options)
    answer = json.loads(options.models_json.read_bytes())
    day = options.date or dt.datetime.now(dt.UTC).date()
    text = facts(answer, day)
    options.output.write_bytes(pack(text))
    print(f"{options.output}: {len(answer['data'])} models of {day}, {len(text)} bytes unpacked")
    return 0


def facts(answer: dict[str, Any], day: dt.date) -> bytes:
    """Return the snapshot's JSON: the answer's records in their order, keys sorted, prose and links left out."""
    records = [_facts_of(record) for record in answer["data"]]
    content = {"data": records, "date": day.isoformat()}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def pack(text: bytes) -> bytes:
    """Compress without a time stamp, so that equal content gives equal bytes."""
    return gzip.compress(text, compresslevel=9, mtime=0)


def _facts_of(record: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in record.items() if key not in snapshot.NOT_FACTS}
    for text in _strings_in(kept):
        if len(text) > LONGEST_FACT:
            message = f"{record['id']}: {text[:60]!r}… looks like prose; name its key in catalog.snapshot.NOT_FACTS"
            raise ValueError(message)
    return kept


def _strings_in(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings_in(item)]
    return [value] if isinstance(value, str) else []


def _check(options: argparse.Namespace) -> int:
    # The unpacked bytes are compared: zlib's implementations differ in how they pack.
    present = gzip.decompress(options.output.read_bytes())
    bundled = json.loads(present)
    answer = json.loads(options.models_json.read_bytes()) if options.models_json else bundled
    day = options.date or dt.date.fromisoformat(bundled["date"])
    if facts(answer, day) == present:
        print(f"{options.output}: as the script makes it")
        return 0
    remedy = "build it again with scripts/build_snapshot.py MODELS_JSON"
    print(f"{options.output}: differs from what the script makes; {remedy}", file=sys.stderr)
    return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models_json", type=Path, nargs="?", help="a GET /models answer")
    parser.add_argument("--date", type=dt.date.fromisoformat, help="day of the answer, YYYY-MM-DD (UTC)")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--output", type=Path, default=SNAPSHOT, help="the snapshot's file")
    options = parser.parse_args()
    if not options.check and options.models_json is None:
        parser.error("MODELS_JSON is needed unless --check is given")
    return options


if __name__ == "__main__":
    raise SystemExit(main())
