"""What travels: messages and parameters out, answers and streams in. Pure functions and plain objects, no I/O."""
