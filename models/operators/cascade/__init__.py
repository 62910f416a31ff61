"""A surrogate's field goes in; it comes out as it was, corrected, certified or replaced by finite elements."""
