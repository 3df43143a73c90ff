"""What whoever runs an installation needs: command line, bootstrap, serving, logs, embedded database, doctor, demo.

May import everything but `app.main`, which `serve` names to uvicorn. `command` has one module for each command.
"""
