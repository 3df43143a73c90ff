"""Read the viewer, call one thing, map. No rules and no queries live here."""
