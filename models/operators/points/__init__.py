"""Points that functions are known at: whether they can be taken, and how much of the domain each stands for."""
