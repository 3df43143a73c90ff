"""What customers are told by mail, and how it is sent."""
