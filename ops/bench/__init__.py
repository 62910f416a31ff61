"""Benches: ours and its peers side by side, in one form. `faraday bench --list` names them."""
