"""An order: its address, quote, units, and what changes its total afterwards.

May import unit, line, design, configuration, catalogue and shared.
"""
