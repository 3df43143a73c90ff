"""The roots of reading and writing, put together from the fields of each noun."""

import strawberry

from resolvers.account import AccountMutation, AccountQuery
from resolvers.catalogue import CatalogueQuery
from resolvers.collaboration import CollaborationMutation, CollaborationQuery
from resolvers.design import DesignMutation, DesignQuery
from resolvers.line_plan import LinePlanMutation, LinePlanQuery
from resolvers.node import NodeQuery
from resolvers.order import OrderMutation, OrderQuery
from resolvers.product import ProductMutation, ProductQuery
from resolvers.quality import QualityMutation, QualityQuery
from schema.quote import QuoteExpired
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible

TYPES = InvalidInput, NotFound, NotAllowed, Conflict, QuoteExpired, Frozen, NotPossible
"""Types that belong to the schema although no field may return them by name."""


@strawberry.type(description="What can be read.")
class Query(
    NodeQuery,
    AccountQuery,
    CatalogueQuery,
    DesignQuery,
    CollaborationQuery,
    OrderQuery,
    ProductQuery,
    LinePlanQuery,
    QualityQuery,
):
    pass


@strawberry.type(description="What can be done. Each answers a union: first the success, the others implement Refusal.")
class Mutation(
    AccountMutation,
    DesignMutation,
    CollaborationMutation,
    OrderMutation,
    ProductMutation,
    LinePlanMutation,
    QualityMutation,
):
    pass
