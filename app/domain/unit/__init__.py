"""One unit from order to doorstep: its journal's steps, what they add up to, ETA, nonconformances and performance.

`kinds` has one row per kind of step. May import line, design, configuration, catalogue and shared.
"""
