"""ZeroDistance: the backend between a customer and the factory that builds their appliance."""
