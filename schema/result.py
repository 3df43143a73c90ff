"""What the mutations on orders and units answer: first the success, then each refusal that may come instead."""

from typing import Annotated

import strawberry

from schema.links import Decision, Nonconformance, Order, Product, Step
from schema.quote import QuoteExpired
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible

PlaceOrderResult = Annotated[
    Order | InvalidInput | NotFound | QuoteExpired | NotPossible,
    strawberry.union("PlaceOrderResult", description="The order, or why the request was refused."),
]
ChangeShippingAddressResult = Annotated[
    Order | InvalidInput | NotFound | NotPossible,
    strawberry.union(
        "ChangeShippingAddressResult", description="The order after the change, or why the request was refused."
    ),
]
CancelOrderResult = Annotated[
    Order | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("CancelOrderResult", description="The order after the change, or why the request was refused."),
]
ChangeProductResult = Annotated[
    Product | InvalidInput | NotFound | NotAllowed | Frozen | Conflict | NotPossible,
    strawberry.union("ChangeProductResult", description="The unit after the change, or why the request was refused."),
]
ChooseDeliverySlotResult = Annotated[
    Product | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union(
        "ChooseDeliverySlotResult", description="The unit after the change, or why the request was refused."
    ),
]
DecideResult = Annotated[
    Decision | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("DecideResult", description="The decision after the answer, or why the request was refused."),
]
DisposeNonconformanceResult = Annotated[
    Nonconformance | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union(
        "DisposeNonconformanceResult",
        description="The nonconformance after the disposition, or why the request was refused.",
    ),
]
RecordStepResult = Annotated[
    Step | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union(
        "RecordStepResult",
        description="The step that the report made, now or when it was first sent, or why the report was refused.",
    ),
]
