"""Refuses what OpenRouter refuses."""
