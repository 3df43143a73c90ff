"""The factories' catalogue as data files, and the simulated factory: a client of the public API."""
