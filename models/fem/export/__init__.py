"""Fields as files: for ParaView, and as pictures."""
