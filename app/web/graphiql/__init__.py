"""The page on which a person tries the API: GraphiQL, served whole from here, with example operations."""

from app.web.graphiql.routes import routes

__all__ = ["routes"]
