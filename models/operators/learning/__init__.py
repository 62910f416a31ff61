"""Active learning: choose what to label, label it by finite elements, train on all of it, and again."""
