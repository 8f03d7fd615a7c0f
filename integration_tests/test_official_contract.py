"""What a program written for the official `langchain-openrouter` relies on: fields, tools, structure, dumps.

The behaviours are those that the official package's own tests of its public face check; the tests are ours. What
travels is in `test_official_traffic`. Where ours differs by decision, the test says so.
"""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.load import dumpd, dumps, load
from langchain_core.runnables import RunnableBinding, RunnableSequence
from pydantic import BaseModel, SecretStr, ValidationError

from langchain_openrouter import ChatOpenRouter, __version__
from langchain_openrouter.chat_models import ChatOpenRouter as SameClass

MODEL = "openai/gpt-5.5"
KEY = "sk-or-v1-secret"


class Weather(BaseModel):
    """Tell the weather."""

    city: str


class Person(BaseModel):
    """A person."""

    name: str


SCHEMA = {"title": "Person", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
NAMED = {"type": "function", "function": {"name": "Weather"}}


def make(**fields: Any) -> ChatOpenRouter:
    """Give a model that is never called."""
    return ChatOpenRouter(**{"model": MODEL, "api_key": SecretStr(KEY), **fields})


def bound(model: ChatOpenRouter, tools: list[Any], **options: Any) -> dict[str, Any]:
    """Bind tools, and give what was bound."""
    binding = model.bind_tools(tools, **options)
    assert isinstance(binding, RunnableBinding)
    return dict(binding.kwargs)


class TestConstruction:
    def test_names(self) -> None:
        """The class is where programs look for it, and says what kind of model it is."""
        assert SameClass is ChatOpenRouter
        assert make()._llm_type == "openrouter-chat"
        assert (make().model_name, make().model) == (MODEL, MODEL)

    def test_the_model_must_be_named(self) -> None:
        """No model, no object."""
        with pytest.raises(ValidationError):
            ChatOpenRouter(api_key=SecretStr(KEY))  # type: ignore[call-arg]

    def test_key_as_argument(self) -> None:
        """The key is kept as a secret, under both of its names."""
        for fields in ({"api_key": KEY}, {"openrouter_api_key": KEY}):
            key = ChatOpenRouter(model=MODEL, **fields).openrouter_api_key  # type: ignore[arg-type]
            assert isinstance(key, SecretStr)
            assert key.get_secret_value() == KEY

    def test_key_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The environment variable holds the key when no argument does."""
        monkeypatch.setenv("OPENROUTER_API_KEY", "sk-from-environment")

        key = ChatOpenRouter(model=MODEL).openrouter_api_key

        assert key is not None
        assert key.get_secret_value() == "sk-from-environment"

    @pytest.mark.parametrize("fields", [{}, {"api_key": ""}])
    def test_no_key(self, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]) -> None:
        """Without a key the constructor says which variable to set."""
        monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)

        with pytest.raises(ValueError, match=r"OPENROUTER_API_KEY must be set\."):
            ChatOpenRouter(model=MODEL, **fields)

    def test_the_key_is_masked(self) -> None:
        """Neither `str` nor `repr` shows the key."""
        assert KEY not in str(make()) + repr(make())

    @pytest.mark.parametrize(
        ("variable", "field", "value"),
        [
            ("OPENROUTER_API_BASE", "openrouter_api_base", "https://proxy.example/v1"),
            ("OPENROUTER_APP_URL", "app_url", "https://app.example"),
            ("OPENROUTER_APP_TITLE", "app_title", "My app"),
            ("OPENROUTER_SESSION_ID", "session_id", "my-session"),
        ],
    )
    def test_environment(self, monkeypatch: pytest.MonkeyPatch, variable: str, field: str, value: str) -> None:
        """Each variable sets its field, and an argument wins over it."""
        monkeypatch.setenv(variable, value)

        assert getattr(make(), field) == value
        assert getattr(make(**{field: "given"}), field) == "given"

    @pytest.mark.parametrize("count", [0, -1])
    def test_n_is_positive(self, count: int) -> None:
        """Fewer than one answer cannot be asked for."""
        with pytest.raises(ValueError, match="greater than or equal to 1"):
            make(n=count)

    def test_n_with_streaming(self) -> None:
        """A streaming model gives one answer."""
        with pytest.raises(ValueError, match=r"n must be 1 when streaming\."):
            make(n=2, streaming=True)

    def test_unknown_arguments(self) -> None:
        """An argument that is no field goes to `model_kwargs`, with a warning; the caller's dict stays as it was."""
        given = {"known_to_the_caller": 1}

        with pytest.warns(UserWarning, match="unheard_of is not default parameter"):
            model = make(unheard_of=2, model_kwargs=given)

        assert model.model_kwargs == {"known_to_the_caller": 1, "unheard_of": 2}
        assert given == {"known_to_the_caller": 1}

    def test_given_twice(self) -> None:
        """The same argument in two places is an error."""
        with pytest.raises(ValueError, match=r"Found unheard_of supplied twice\."):
            make(unheard_of=1, model_kwargs={"unheard_of": 2})

    def test_a_field_in_model_kwargs(self) -> None:
        """A field belongs in its own argument."""
        with pytest.raises(ValueError, match="should be specified explicitly"):
            make(model_kwargs={"model_name": "other"})

    def test_headers_are_a_field(self, recwarn: pytest.WarningsRecorder) -> None:
        """`default_headers` is no unknown argument."""
        model = make(default_headers={"X-One": "1"})

        assert (dict(model.default_headers or {}), model.model_kwargs) == ({"X-One": "1"}, {})
        assert list(recwarn) == []

    def test_version_in_the_metadata(self) -> None:
        """Traces say which version made the call."""
        assert (make().metadata or {})["lc_versions"]["langchain-openrouter"] == __version__

    def test_validation_runs_twice_without_harm(self) -> None:
        """`validate_environment` may be called again, and a client that is there stays."""
        model: Any = make()  # mypy takes a validator for a descriptor
        client = model.client

        assert client is not None
        assert model.validate_environment().client is client

    def test_profile(self) -> None:
        """A known model has a profile, an unknown one has none; a variant has its base model's (ours by decision)."""
        profile = make().profile
        assert profile is not None
        assert profile["max_input_tokens"] > 0
        assert make(model="nobody/knows").profile is None
        assert make(model=f"{MODEL}:nitro").profile == profile


class TestParameters:
    @pytest.mark.parametrize(
        ("field", "name", "value"),
        [
            ("temperature", "temperature", 0.5),
            ("max_tokens", "max_tokens", 10),
            ("max_completion_tokens", "max_completion_tokens", 10),
            ("reasoning", "reasoning", {"effort": "high"}),
            ("openrouter_provider", "provider", {"order": ["anthropic"]}),
            ("route", "route", "fallback"),
            ("plugins", "plugins", [{"id": "web"}]),
            ("n", "n", 3),
            ("stop_sequences", "stop", ["END"]),
        ],
    )
    def test_set_ones_are_sent(self, field: str, name: str, value: Any) -> None:
        """What is set is a parameter under its name on the wire, and what is not set is none."""
        assert make(**{field: value})._default_params[name] == value
        assert name not in make()._default_params

    def test_tracing(self) -> None:
        """LangSmith is told provider, model, limits and stops, the stops always as a list."""
        params = make(max_tokens=12, temperature=0.5, stop="END")._get_ls_params()

        assert params == {
            "ls_provider": "openrouter",
            "ls_model_name": MODEL,
            "ls_model_type": "chat",
            "ls_temperature": 0.5,
            "ls_max_tokens": 12,
            "ls_stop": ["END"],
        }
        assert make(stop=["A", "B"])._get_ls_params()["ls_stop"] == ["A", "B"]


# LangChain says of its `load` that it may change.
@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
class TestSerialisation:
    def test_round_trip(self) -> None:
        """A dump loads to an equal model."""
        model = make(temperature=0.7, max_tokens=100)

        loaded = load(
            dumpd(model),
            valid_namespaces=["langchain_openrouter"],
            allowed_objects=[ChatOpenRouter],
            secrets_map={"OPENROUTER_API_KEY": KEY},
        )

        assert ChatOpenRouter.is_lc_serializable()
        assert loaded.model_dump(exclude={"client"}) == model.model_dump(exclude={"client"})

    def test_secrets_stay_out(self) -> None:
        """Neither the key nor a header is in a dump."""
        model = make(default_headers={"X-Token": "hidden-token"})

        assert KEY not in dumps(model)
        assert "hidden-token" not in dumps(model)
        assert "default_headers" not in dumpd(model)["kwargs"]


class TestBindTools:
    @pytest.mark.parametrize(
        ("choice", "sent"),
        [
            ("auto", "auto"),
            ("none", "none"),
            ("required", "required"),
            ("any", "required"),
            ("Weather", NAMED),
            (NAMED, NAMED),
            (True, NAMED),
        ],
    )
    def test_choice(self, choice: Any, sent: Any) -> None:
        """Each form of a choice is the form that the API takes."""
        assert bound(make(), [Weather], tool_choice=choice)["tool_choice"] == sent

    @pytest.mark.parametrize("choice", [None, False])
    def test_no_choice(self, choice: Any) -> None:
        """No choice leaves the key out."""
        assert "tool_choice" not in bound(make(), [Weather], tool_choice=choice)

    def test_true_needs_one_tool(self) -> None:
        """`True` stands for the only tool, so there must be one only."""
        with pytest.raises(ValueError, match="tool_choice can only be True when there is one tool"):
            make().bind_tools([Weather, Person], tool_choice=True)

    def test_tools(self) -> None:
        """A tool has OpenAI's form."""
        (tool,) = bound(make(), [Weather])["tools"]

        assert tool["type"] == "function"
        assert tool["function"]["name"] == "Weather"
        assert tool["function"]["description"] == "Tell the weather."
        assert "strict" not in tool["function"]

    def test_strict(self) -> None:
        """`strict` is a property of each tool."""
        assert bound(make(), [Weather], strict=True)["tools"][0]["function"]["strict"] is True

    def test_parallel_tool_calls(self) -> None:
        """It is sent when it is said, `False` too."""
        assert bound(make(), [Weather], parallel_tool_calls=False)["parallel_tool_calls"] is False
        assert "parallel_tool_calls" not in bound(make(), [Weather])

    def test_cache_control(self) -> None:
        """What stands beside a tool's function is kept."""
        tool = {"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}

        assert bound(make(), [tool])["tools"] == [tool]


def structured(schema: Any, **options: Any) -> dict[str, Any]:
    """Ask for a structure, and give what was bound for it."""
    chain: Any = make().with_structured_output(schema, **options)
    assert isinstance(chain, RunnableSequence)
    first = chain.first
    assert isinstance(first, RunnableBinding)
    return dict(first.kwargs)


class TestStructuredOutput:
    @pytest.mark.parametrize("schema", [Person, SCHEMA])
    def test_by_tool(self, schema: Any) -> None:
        """By default the structure is the arguments of a tool that must be called."""
        kwargs = structured(schema)

        assert kwargs["tool_choice"] == {"type": "function", "function": {"name": "Person"}}
        assert [tool["function"]["name"] for tool in kwargs["tools"]] == ["Person"]
        assert kwargs["ls_structured_output_format"]["kwargs"] == {"method": "function_calling", "strict": None}

    @pytest.mark.parametrize("schema", [Person, SCHEMA])
    def test_by_schema(self, schema: Any) -> None:
        """`json_schema` sends the schema under its name."""
        form = structured(schema, method="json_schema")["response_format"]

        assert form["type"] == "json_schema"
        assert form["json_schema"]["name"] == "Person"
        assert form["json_schema"]["schema"]["properties"]["name"]["type"] == "string"
        assert "strict" not in form["json_schema"]

    def test_strict(self) -> None:
        """`strict` reaches the tool, or the schema."""
        assert structured(Person, strict=True)["tools"][0]["function"]["strict"] is True
        form = structured(Person, method="json_schema", strict=True)["response_format"]
        assert form["json_schema"]["strict"] is True

    def test_json_mode(self) -> None:
        """`json_mode` is OpenRouter's own (ours by decision; the official package warns and sends a schema)."""
        assert structured(Person, method="json_mode")["response_format"] == {"type": "json_object"}

    @pytest.mark.parametrize("method", ["function_calling", "json_schema"])
    def test_no_schema(self, method: Any) -> None:
        """These two need a schema."""
        with pytest.raises(ValueError, match="schema must be specified"):
            make().with_structured_output(None, method=method)

    def test_unknown_method(self) -> None:
        """An unknown method is an error that says so."""
        with pytest.raises(ValueError, match="Unrecognized method argument"):
            make().with_structured_output(Person, method="telepathy")  # type: ignore[arg-type]
