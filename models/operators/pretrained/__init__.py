"""The operators that come with the system, and what made them; `python -m ops.pretrained` makes their files."""
