"""Long-running operations: kept durably, run by whichever worker is alive, watched and cancelled by their owners."""
