"""Which functions to label next: strategies that say which labels of a pool are worth most to an operator."""
