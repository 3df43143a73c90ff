"""Pure rules: no I/O, no clock. Everything here can be tested with values alone."""
