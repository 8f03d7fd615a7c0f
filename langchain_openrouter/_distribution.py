"""The check that no other distribution has put its files over ours."""

from __future__ import annotations

import warnings
from importlib import metadata

__all__ = ["OFFICIAL", "OURS", "REPAIR", "warn_of_official_distribution"]

OURS = "langchain-openrouter-plus"
OFFICIAL = "langchain-openrouter"
"""LangChain's own distribution, which installs a package of the same name into the same folder."""

REPAIR = (
    f"pip uninstall -y {OFFICIAL}",
    f"pip install --force-reinstall --no-deps {OURS}",
)
"""The commands that leave ours alone and whole. Removing the other one deletes the files that both
have (`__init__.py`, `chat_models.py`), so ours has to be laid down again after it."""


def warn_of_official_distribution() -> None:
    """Warn when `langchain-openrouter` is installed too, and name the commands that repair it."""
    try:
        official = metadata.distribution(OFFICIAL)
    except metadata.PackageNotFoundError:
        return
    warnings.warn(
        f"Both `{OFFICIAL}` {official.version} and `{OURS}` are installed. They share the package "
        f"`langchain_openrouter`, so some of its files are the other's, and removing either breaks "
        f"both. To keep `{OURS}`, run: `{REPAIR[0]}`, then: `{REPAIR[1]}`",
        UserWarning,
        stacklevel=3,
    )
