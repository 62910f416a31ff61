"""faraday/v1/finite_element.proto."""
