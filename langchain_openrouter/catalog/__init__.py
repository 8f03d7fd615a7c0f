"""What a model is: the facts that OpenRouter publishes, bundled so that they are there without a network.

Example:
    >>> from langchain_openrouter import catalog
    >>> catalog.find_profile("openai/gpt-4o:online")["max_input_tokens"]
    128000
"""

from langchain_openrouter.catalog.profile import find_profile, find_record, profile_of

__all__ = ["find_profile", "find_record", "profile_of"]
