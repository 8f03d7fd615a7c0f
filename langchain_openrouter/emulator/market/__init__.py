"""The models, their providers and prices, and who serves a request."""
