"""How a step reaches every watching phone: bell, feed, streams."""
