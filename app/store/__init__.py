"""The only code that knows MongoDB: documents in, domain objects out."""
