"""One unit from order to doorstep: its journal's steps, what they add up to, ETA, nonconformances and performance.

May import line, design, configuration, catalogue and shared.
"""
