"""What the model says: text, tool calls, structures, reasoning, media, and their tokens."""
