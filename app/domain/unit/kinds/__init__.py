"""What each kind of step means, in one place for each kind: its row, its payload, and how it changes a unit's state.

A kind is added in its family's module alone. Nothing here knows a catalogue, a database or a clock.
"""
