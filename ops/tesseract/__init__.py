"""Every model of the router over HTTP, with the endpoints of Pasteur Labs' Tesseract: its clients work unchanged."""
