"""What the mutations on orders and units answer: first the success, then each refusal that may come instead."""

from typing import Annotated

import strawberry

from schema.links import Decision, Nonconformance, Order, Product, Step
from schema.quote import QuoteExpired
from schema.refusal import Conflict, Frozen, InvalidInput, NotAllowed, NotFound, NotPossible

PlaceOrderResult = Annotated[
    Order | InvalidInput | NotFound | QuoteExpired | NotPossible,
    strawberry.union("PlaceOrderResult", description="The order, or why not."),
]
ChangeShippingAddressResult = Annotated[
    Order | InvalidInput | NotFound | NotPossible,
    strawberry.union("ChangeShippingAddressResult", description="The order after it, or why not."),
]
CancelOrderResult = Annotated[
    Order | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("CancelOrderResult", description="The order after it, or why not."),
]
ChangeProductResult = Annotated[
    Product | InvalidInput | NotFound | NotAllowed | Frozen | Conflict | NotPossible,
    strawberry.union("ChangeProductResult", description="The unit after it, or why not."),
]
ChooseDeliverySlotResult = Annotated[
    Product | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("ChooseDeliverySlotResult", description="The unit after it, or why not."),
]
DecideResult = Annotated[
    Decision | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("DecideResult", description="The decision after it, or why not."),
]
DisposeNonconformanceResult = Annotated[
    Nonconformance | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("DisposeNonconformanceResult", description="The nonconformance after it, or why not."),
]
RecordStepResult = Annotated[
    Step | InvalidInput | NotFound | NotAllowed | NotPossible,
    strawberry.union("RecordStepResult", description="The step it made, now or before, or why not."),
]
