"""How requests travel: connections, waiting, retries and server-sent events. Knows nothing of LangChain."""
