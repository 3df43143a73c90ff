"""Everything on one machine, to try: the server, a simulated factory, and what happens, line by line."""
