"""The doctor: checks every invariant of the stored data and repairs what is derived. May import what ops may.

A million steps take 77 s on two cores, `--quick` 56 to 64 s (benchmarks/RESULTS.md, decision 0017).
"""
