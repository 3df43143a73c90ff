"""How rings travel between processes: broadcaster backends that come back after every outage."""
