"""Who is calling: tokens (RFC 9068, RFC 8725), passwords, sessions and their revocation, signed links and heads.

May import settings, store and domain; no GraphQL and no HTTP.
A token that was found right is not checked again until it expires: checking costs more than many an answer.
"""
