"""The composition root and everything an operator touches."""
