"""Published operators on samples that they never saw: measured, and calibrated anew."""
