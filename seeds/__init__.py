"""The factories' catalogue as data files, and the simulated factory: a client of the public API.

May import domain for what the files say; the simulator knows nothing but the public API.
"""
