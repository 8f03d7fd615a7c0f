"""A local OpenRouter for tests and for trying things without a key.

It answers `/chat/completions`, `/responses`, `/embeddings`, `/models` and the account's endpoints
as OpenRouter does, checks requests as strictly, prices answers from the catalog, and breaks on
demand:

    from langchain_openrouter.emulator import Emulator, Fault

    with Emulator(faults=[Fault(kind="status", status=503, retry_after=1, nth=1)]) as emulator:
        ...  # a client for emulator.base_url with emulator.api_key

It needs the extra `emulator` (Starlette and uvicorn), and shares no code with the client.
"""

from __future__ import annotations

from langchain_openrouter.emulator.emulator import Emulator
from langchain_openrouter.emulator.failing.faults import Fault
from langchain_openrouter.emulator.services.replay import Exchange
from langchain_openrouter.emulator.state import RecordedRequest

__all__ = ["Emulator", "Exchange", "Fault", "RecordedRequest"]
