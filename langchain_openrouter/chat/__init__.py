"""The parts of `ChatOpenRouter`: its fields by theme, and what its methods need. The class is in `chat_models`."""
