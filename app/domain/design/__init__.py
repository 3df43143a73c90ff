"""A customer's design: its revisions, people, proposals and publication.

May import configuration, catalogue and shared.
"""
