"""Experiments behind the promises: real processes, real faults, recorded histories, and checkers that judge them."""
