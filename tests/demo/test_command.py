"""The demo as a person runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from langchain_openrouter.catalog import snapshot
from langchain_openrouter.demo.place import chosen_models
from langchain_openrouter.demo.steps import STEPS
from langchain_openrouter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-W", "error", "-m", "langchain_openrouter.demo"]
NAMES = [step.name for step in STEPS]
MODEL, SECOND_MODEL = chosen_models()


def environment(**variables: str) -> dict[str, str]:
    """Give the environment of a person who has not set anything up, but for some variables."""
    private = ("OPENROUTER_", "LANGSMITH_", "LANGCHAIN_", "COLUMNS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    return {**clean, "OPENROUTER_CATALOG_CACHE": "off", **variables}


def run(*arguments: str, stdin: Any = subprocess.DEVNULL, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        stdin=stdin,
        capture_output=True,
        text=True,
        env=environment(**variables),
        timeout=60,
        check=False,
    )


def words(text: str) -> str:
    """Give a text without its line breaks, which depend on the length of addresses."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def shown() -> subprocess.CompletedProcess[str]:
    """Run the demo once without a key, for the tests that look at its output."""
    return run(COLUMNS="120")


class TestWithoutAKey:
    def test_it_works(self, shown: subprocess.CompletedProcess[str]) -> None:
        """It exits with 0, prints no error, and says that nothing was billed."""
        assert (shown.returncode, shown.stderr) == (0, "")
        opening = "There is no OPENROUTER_API_KEY, so an emulator of OpenRouter answers at http://127.0.0.1:"
        assert opening in words(shown.stdout)
        assert "nobody is billed" in shown.stdout

    def test_the_table_has_every_step(self, shown: subprocess.CompletedProcess[str]) -> None:
        """Each step is a row with model, provider, tokens, time and exact cost; the last row is their sum."""
        row = r"^ ✓ (\w+) +(\S+) +(\w[\w ]*?) +(\d+) +(\d+) +\d+\.\d\d s +\$(0\.\d+) $"
        rows = re.findall(row, shown.stdout, flags=re.MULTILINE)
        (footer,) = re.findall(r"^ Total +(\d+) +(\d+) +\d+\.\d\d s +\$(0\.\d+) $", shown.stdout, flags=re.MULTILINE)

        assert [one[0] for one in rows] == NAMES
        assert [one[1] for one in rows] == [MODEL] * 4 + [SECOND_MODEL, MODEL]
        assert [int(footer[0]), int(footer[1])] == [sum(int(one[place]) for one in rows) for place in (3, 4)]
        assert Decimal(footer[2]) == sum(Decimal(one[5]) for one in rows)

    def test_each_step_shows_its_point(self, shown: subprocess.CompletedProcess[str]) -> None:
        """The answer, the object, the tool's results and who took over are there to be read."""
        for text in (
            "7 * 8 = 56.",
            "Person(name='Ada Lovelace', city='London', born=1815)",
            "temperature('Oslo') → 'Oslo: 4 °C'",
            "temperature('Lima') → 'Lima: 19 °C'",
            f"{MODEL}: ServiceUnavailableError",
            f"so {SECOND_MODEL} answers instead:",
            "with 16,000 tokens it is not sent: it may cost $0.",
        ):
            assert text in shown.stdout

    def test_no_line_is_too_long(self) -> None:
        """On a narrow terminal nothing is cut off or broken by the terminal."""
        narrow = run(COLUMNS="80")

        assert narrow.returncode == 0
        assert max(len(line) for line in narrow.stdout.splitlines()) <= 80
        assert "…" not in narrow.stdout

    def test_words_appear_as_they_come(self) -> None:
        """A stream is seen to stream: its first words are there long before its last."""
        with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout is not None
            seen = b""
            times: dict[bytes, float] = {}
            while piece := os.read(process.stdout.fileno(), 64):
                seen += piece
                for mark in (b"You said: Why", b"Ada Lovelace was born"):
                    if mark in seen:
                        times.setdefault(mark, time.monotonic())

        assert times[b"Ada Lovelace was born"] - times[b"You said: Why"] > 0.3


class TestJson:
    def test_rows(self) -> None:
        """`--json` prints the rows and nothing else; a cost is text, so that no digit is lost."""
        result = run("--json")

        rows = json.loads(result.stdout)
        assert (result.returncode, result.stderr) == (0, "")
        assert [row["step"] for row in rows] == NAMES
        assert [row["calls"] for row in rows] == [1, 1, 1, 2, 1, 1]
        assert all(row["error"] is None and Decimal(row["cost"]) > 0 for row in rows)
        first = rows[0]
        prices = snapshot.load()[MODEL]["pricing"]
        owed = first["tokens_in"] * Decimal(prices["prompt"]) + first["tokens_out"] * Decimal(prices["completion"])
        assert Decimal(first["cost"]) == owed

    def test_failures(self) -> None:
        """A step that fails says why, the next ones are run all the same, and the exit code is 1."""
        result = run("--json", "--model", "no/such-model")

        rows = json.loads(result.stdout)
        assert result.returncode == 1
        assert ["UnknownModelError" in (row["error"] or "") for row in rows] == [True] * 4 + [False, True]
        assert [row["calls"] for row in rows] == [0, 0, 0, 0, 1, 0]

    def test_another_model(self) -> None:
        """`--model` chooses who answers."""
        rows = json.loads(run("--json", "--model", "anthropic/claude-haiku-4.5").stdout)

        assert [row["model"] for row in rows] == [
            *["anthropic/claude-haiku-4.5"] * 4,
            SECOND_MODEL,
            "anthropic/claude-haiku-4.5",
        ]


@pytest.fixture
def openrouter() -> Iterator[Emulator]:
    """Serve what stands in for OpenRouter itself: the demo only knows a key and an address."""
    with Emulator(api_key="sk-or-v1-very-secret", credits=1) as emulator:
        yield emulator


def account(openrouter: Emulator) -> dict[str, str]:
    """Give the variables of a person who has a key."""
    return {"OPENROUTER_API_KEY": openrouter.api_key, "OPENROUTER_API_BASE": openrouter.base_url}


class TestWithAKey:
    def test_agreed_beforehand(self, openrouter: Emulator) -> None:
        """With `--yes` it spends; its total is what the account was charged, to the last digit, and was foreseen.

        Where nobody can inject a fault, a model that does not exist is what fails.
        """
        foreseen = run(**account(openrouter))
        assert openrouter.requests == []
        result = run("--yes", COLUMNS="120", **account(openrouter))

        (total,) = re.findall(r"^ Total .* \$(0\.\d+) $", result.stdout, flags=re.MULTILINE)
        (estimate,) = re.findall(r"which cost at most \$(0\.\d+)\.", foreseen.stderr)
        assert (result.returncode, result.stderr) == (0, "")
        assert f"OpenRouter answers at {openrouter.base_url}, and bills it to you." in words(result.stdout)
        assert Decimal(total) == openrouter.spent < Decimal(estimate) < Decimal("0.01")
        assert openrouter.api_key not in result.stdout
        asked = [request.json["model"] for request in openrouter.requests]
        assert asked[-3:] == ["nobody/a-model-that-does-not-exist", MODEL, MODEL]

    def test_nobody_there_to_ask(self, openrouter: Emulator) -> None:
        """Without a terminal and without `--yes` it spends nothing, says what to do, and exits with 2."""
        result = run(**account(openrouter))

        assert result.returncode == 2
        assert "pass --yes, or unset OPENROUTER_API_KEY to see the emulator" in result.stderr
        assert openrouter.requests == []

    @pytest.mark.parametrize(("reply", "code"), [("y", 0), ("n", 2), ("", 2)])
    def test_the_question(self, openrouter: Emulator, reply: str, code: int) -> None:
        """At a terminal it asks, and takes only a yes for a yes."""
        terminal, stdin = pty.openpty()
        try:
            os.write(terminal, f"{reply}\n".encode())
            result = run(stdin=stdin, **account(openrouter))
        finally:
            os.close(terminal)
            os.close(stdin)

        assert result.returncode == code
        assert "Go on? [y/N]" in result.stderr
        assert bool(openrouter.requests) is (code == 0)

    def test_an_unpriced_model(self, openrouter: Emulator) -> None:
        """Where the catalog has no price, the estimate says so instead of a number."""
        result = run("--model", "nobody/knows", **account(openrouter))

        assert "an amount that the catalog does not know" in result.stderr


def test_a_missing_extra() -> None:
    """Without the extra it says what to install."""
    without = "import sys; sys.modules['rich.console'] = None\nfrom langchain_openrouter.demo.__main__ import main\n"

    result = subprocess.run(
        [sys.executable, "-c", without + "sys.exit(main([]))"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
    assert "pip install 'langchain-openrouter-plus[demo]'" in result.stderr
