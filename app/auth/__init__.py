"""Who is calling: tokens, passwords and what a bearer may do."""
