"""One async function per mutation: authorise, load, let the domain decide, append. `journal` is the one append.

May import deps, auth, mail, settings, store and domain; no GraphQL. Decisions are the domain's, queries the store's.
"""
