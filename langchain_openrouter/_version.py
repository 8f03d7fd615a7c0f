"""The version of the distribution `langchain-openrouter-plus`."""

__version__ = "0.1.0"
