"""Answering with an operator that was published: the task, and the model that loads, answers, doubts and verifies."""
