"""Everything that goes wrong, by mistake of the client or on demand."""
