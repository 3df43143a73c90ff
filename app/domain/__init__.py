"""Pure rules: no I/O, no clock, no framework. Everything here can be tested with values alone.

Packages by noun import each other in one order: order > unit > line | design > configuration > catalogue > shared.
"""
