"""Where a ledger keeps what it knows: one protocol, and a store for each kind of deployment."""
