"""Serves an emulator: `python -m langchain_openrouter.emulator`."""

from __future__ import annotations

import argparse
import contextlib
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from langchain_openrouter.emulator.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Sequence


def _dollars(text: str) -> Decimal | None:
    if text.lower() in {"none", "unlimited"}:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        msg = f"`{text}` is neither an amount nor `unlimited`"
        raise argparse.ArgumentTypeError(msg) from None


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m langchain_openrouter.emulator",
        description="Serve a local OpenRouter until Ctrl-C.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes any free one")
    parser.add_argument("--credits", type=_dollars, default=Decimal(10), help="dollars to spend, or `unlimited`")
    parser.add_argument("--seed", type=int, default=0, help="of everything that looks random")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted.

    Args:
        argv: Arguments; those of the process by default.

    Returns:
        The exit status.
    """
    options = _arguments(argv)
    emulator = Emulator(host=options.host, port=options.port, credits=options.credits, seed=options.seed)
    with contextlib.suppress(KeyboardInterrupt), emulator:
        lines = (f"OPENROUTER_API_BASE={emulator.base_url}", f"OPENROUTER_API_KEY={emulator.api_key}")
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        emulator.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
