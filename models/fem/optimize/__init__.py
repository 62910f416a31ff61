"""Design and inverse problems: optimisers as values and steps, and the models that use them."""
