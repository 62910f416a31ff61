"""Where privacy is paid: accounts that cannot be overspent, in stores that pass tests/conformance/ledgers."""
