"""The ledger under kill -9 and loss of power: clients, the world that hears them, what must hold, and the trials."""
