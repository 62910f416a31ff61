"""Faraday: `faraday.v1` is the contract, `faraday.client` the client."""
