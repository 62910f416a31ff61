"""Neural operators: maps between functions, learnt from finite elements, that say how sure they are."""
