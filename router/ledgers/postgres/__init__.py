"""The ledger of a cluster: one PostgreSQL database, shared by the routers of many hosts."""
