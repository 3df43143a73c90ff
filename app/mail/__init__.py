"""What customers are told by mail: letters in their language, and senders. May import settings, store and domain.

A mail follows from the journal and is sent from an outbox, so that none is forgotten or sent twice (decision 0029).
"""
