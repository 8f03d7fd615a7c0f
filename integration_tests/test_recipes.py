"""The recipes of docs/recipes.md do what they say; that they run at all, test_docs.py sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.test_docs import EXAMPLE, ROOT

if TYPE_CHECKING:
    from integration_tests.support import Served

PAGE = (ROOT / "docs" / "recipes.md").read_text()


def recipe(title: str) -> dict[str, Any]:
    """Run the program of a recipe by itself, and give its names."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    names: dict[str, Any] = {"__name__": "example"}
    for example in EXAMPLE.finditer(section):
        exec(compile(example.group(1), title, "exec"), names)  # noqa: S102  # what it is for
    return names


@pytest.mark.usefixtures("environment")
class TestRecipes:
    def test_draft_then_refine(self, served: Served) -> None:
        """The good model is asked once, after the drafts, and reads both; each model is paid for."""
        names = recipe("Draft, then refine")

        *drafts, last = served.bodies
        assert sorted(body["model"] for body in drafts) == sorted(names["models"][:2])
        assert last["model"] == names["models"][2]
        assert last["messages"][0]["content"].count("Answer in short notes") == 2
        assert sorted(names["cost"].by("model")) == sorted(names["models"])

    def test_cascade(self, served: Served) -> None:
        """The cheap models agree, so the good one is not asked."""
        names = recipe("Cascade in LCEL")

        assert names["results"] == ["42", "4"]
        assert "anthropic/claude-sonnet-4.5" not in {body["model"] for body in served.bodies}
        assert names["cascade"].savings.accepted == 2

    def test_agent(self, served: Served) -> None:
        """One model keeps the thread, and the thread's budget has each call once."""
        names = recipe("A routed agent with a budget and a fallback")

        (model,) = {body["model"] for body in served.bodies}
        assert names["message"].response_metadata["routing"]["model"] == model
        assert names["message"].response_metadata["routing"]["policy"] == "sticky"
        assert len(list(names["ledger"].records())) == len(served.bodies) == 3

    def test_other_providers(self, served: Served) -> None:
        """The own machine answers what it can; what needs tools goes to OpenRouter, with the reason."""
        names = recipe("Together with models of other providers")

        assert [body["model"] for body in served.bodies] == [names["told"]["model"]] == ["openai/gpt-4o-mini"]
        assert list(names["told"]["rejected"]) == ["own/small"]

    def test_fleet(self, served: Served) -> None:
        """All workers are within one budget, and when little of it is left, a cheaper model answers."""
        names = recipe("A fleet with one budget for the day")

        assert names["answered"] == [names["MODELS"][0]] * 5
        assert len(served.bodies) == 21
        assert names["late"][0] in names["MODELS"][2:]
        assert names["Ledger"].open(names["URL"]).in_flight() == 0
