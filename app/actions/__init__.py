"""One async function per mutation: authorise, load, let the domain decide, append."""
