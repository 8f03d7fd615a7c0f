"""Fixtures of this folder."""

from tests.helpers.environment import no_settings_of_this_machine

__all__ = ["no_settings_of_this_machine"]
