"""Read the viewer, call one thing, map. No rules and no queries live here; `root` assembles Query and Mutation.

May import schema, context, actions, store and domain; not subscriptions, transport or web.
"""
