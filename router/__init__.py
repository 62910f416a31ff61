"""The gRPC edge: one path from bytes to bytes."""
