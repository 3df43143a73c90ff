"""What goes wrong for whoever runs a command."""


class OperatorProblem(Exception):
    """Something that whoever runs the command can mend: the message says how."""
