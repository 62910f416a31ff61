"""Hot accounts charged on the host: a part of each is leased from the cluster's ledger to the host's own."""
