"""Model profiles under the path where programs written for the official package look for them."""

__all__: list[str] = []
