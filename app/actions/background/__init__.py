"""What a process does without being asked: sweep, planner and outbox, each for ever, under leases where one is enough.

May import what actions may. A line on which nothing happens costs the planner 3 ms a look (decisions 0005, 0050).
"""
