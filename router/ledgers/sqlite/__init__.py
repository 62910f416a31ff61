"""The ledger in one SQLite file on a local disk, shared by the processes of one host."""
