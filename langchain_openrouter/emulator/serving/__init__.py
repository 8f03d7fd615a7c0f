"""HTTP: which path does what, and how answers are sent, whole, in pieces or broken."""
