"""The stubs of the contract, written by `protos/generate.py`."""
