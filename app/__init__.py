"""ZeroDistance: the backend between a customer and the factory that builds their appliance.

Rooms import downwards only: main, ops > web | transport > resolvers | subscriptions | seeds > schema > context >
actions > deps > auth | mail > settings > store > domain | execution. The contracts in pyproject.toml check it.
"""
