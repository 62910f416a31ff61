"""Requests of faraday.v1.NeuralOperatorService, to and from the tasks and results of the operators' models."""
