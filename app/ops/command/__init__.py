"""The command line, one module a command: its options, and what they ask of the rest of `app.ops`.

`app.__main__` imports only the module of the command that was given.
"""
