"""What may be chosen together: rules, availability of options, suggestions, completion, price.

May import catalogue and shared.
Sets of options are bits of an integer, and answers are exact within a budget of 20,000 steps of search (decision 0010):
evaluating takes 0.01 ms, all options of a large model with reasons and prices 0.5 to 1.1 ms (benchmarks/RESULTS.md).
"""
