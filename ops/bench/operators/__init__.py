"""The bench of neural operators: speed, accuracy and honesty, beside neuraloperator and what the issue wants."""
