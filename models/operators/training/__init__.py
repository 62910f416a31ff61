"""Training of neural operators, step by step: it may be watched, stopped, and taken up again to the last bit."""
