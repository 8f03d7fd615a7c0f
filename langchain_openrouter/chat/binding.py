"""What `ChatOpenRouter` can be bound to: tools, and a structure to answer with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from typing_extensions import override

from langchain_openrouter.chat.structured import (
    Method,
    parser_for,
    response_format_for,
    structured,
    titled,
    tool_for,
)
from langchain_openrouter.chat.tools import to_wire_choice, to_wire_tools


class Binding(BaseChatModel):
    """`bind_tools` and `with_structured_output`."""

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Give the model tools.

        Args:
            tools: LangChain tools, functions, pydantic classes, `TypedDict`s or dicts. A dict whose `type` is not
                `function`, such as `{"type": "openrouter:web_search"}`, is a tool that runs at OpenRouter and is sent
                untouched.
            tool_choice: `"auto"`, `"none"`, `"required"` (or `"any"`), the name of a tool, `True` for the only one, or
                a dict of the wire.
            strict: Whether arguments must match the schema exactly. Default: the provider's choice.
            parallel_tool_calls: Whether the model may call several tools at once. Default: the provider's choice.
            **kwargs: Further parameters to bind.

        Returns:
            The model with the tools bound.

        Raises:
            ValueError: `tool_choice=True` with more than one tool.

        Example:
            ```python
            def weather(city: str) -> str:
                "Tell the weather in a city."
                return "sunny"


            model.bind_tools([weather]).invoke("How is the weather in Paris?").tool_calls
            ```
        """
        converted = to_wire_tools(tools, strict=strict)
        choice = to_wire_choice(tool_choice, converted)
        if choice is not None:
            kwargs["tool_choice"] = choice
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(tools=converted, **kwargs)

    @override
    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        method: Method = "function_calling",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Make the model answer with a structure.

        Args:
            schema: A pydantic class, a `TypedDict`, a JSON schema, or a function of OpenAI's form.
            method: `"function_calling"` forces a tool whose arguments are the structure; `"json_schema"` uses
                structured outputs of the provider; `"json_mode"` asks for any JSON object, and the prompt must say
                which (the schema may be `None`).
            include_raw: Whether to return `{"raw", "parsed", "parsing_error"}` and raise nothing.
            strict: Whether the answer must match the schema exactly; with `"json_schema"` the schema is made strict.
                Default: the provider's choice.
            **kwargs: Further parameters to bind; `tools` and `tool_choice` among them are for `"json_schema"` only.

        Returns:
            A runnable that gives an object of the pydantic class, else a dict.

        Raises:
            ValueError: No schema, or an unknown method.
            StructuredOutputError: When it runs: the answer was cut off, was a refusal, or has no structure.

        Example:
            ```python
            class Person(BaseModel):
                name: str
                age: int


            model.with_structured_output(Person).invoke("Ada is 36.")
            ```
        """
        if method not in {"function_calling", "json_schema", "json_mode"}:
            msg = (
                "Unrecognized method argument. Expected one of 'function_calling', 'json_schema' or 'json_mode'. "
                f"Received: '{method}'"
            )
            raise ValueError(msg)
        if schema is None and method != "json_mode":
            msg = f"schema must be specified when method is '{method}'. Received None."
            raise ValueError(msg)
        shown: dict[str, Any] = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
        if method == "function_calling":
            name, shown["schema"] = tool_for(schema)
            tools: list[Any] = [titled(schema)]
            model = self.bind_tools(tools, tool_choice=name, strict=strict, ls_structured_output_format=shown, **kwargs)
        elif method == "json_schema":
            response_format, shown["schema"] = response_format_for(schema, strict=strict)
            model = self.bind(response_format=response_format, ls_structured_output_format=shown, **kwargs)
        else:
            shown["schema"] = response_format_for(schema, strict=None)[1] if schema is not None else {}
            model = self.bind(response_format={"type": "json_object"}, ls_structured_output_format=shown, **kwargs)
        return structured(model, parser_for(schema, method), method, include_raw=include_raw)
