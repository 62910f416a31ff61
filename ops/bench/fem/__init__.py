"""The finite element bench: the same discrete systems solved by ours and by other libraries, in CPU seconds."""
