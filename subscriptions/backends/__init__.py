"""How notifications travel between processes: broadcaster backends that come back after every outage.

Redis's driver is known here alone. A change stream brings a commit within 0.1 ms of the writer's own answer.
"""
