"""The audit log: who did what to whose privacy, in a chain that shows every change and forgets persons on request."""
