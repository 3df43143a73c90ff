"""What to try next: the text that the demonstration prints when everything runs."""

from dataclasses import dataclass
from datetime import timedelta

from app.ops.demo.customer import EMAIL, MODEL, PASSWORD
from app.ops.demo.passes import Passes
from seeds.buyer import Bought

DAY = timedelta(days=1)
GUIDE = """
ZeroDistance is running. {clock}

Your unit    {code}   {model}, order {number}, {price}
             {start}
Customer     {email} / {password}

1. Open this address: GraphiQL, signed in as the customer
{url}/#token={customer}

2. Watch your unit there: every step from the order to your door, then live
subscription {{ productSteps(code: "{code}", after: 0) {{ sequence stage kind occurredAt label }} }}

3. Set the tokens below in a shell, and ask from there
curl -s {url}/graphql -H "Authorization: Bearer $CUSTOMER" -H "Content-Type: application/json" \\
  -d '{{"query": "{{ product(code: \\"{code}\\") {{ status progress eta {{ latest }} }} }}"}}'

Tokens, good for 12 hours. Others: .venv/bin/python -m app token --help
CUSTOMER={customer}
FACTORY_FOSHAN={factory}
CARRIER_HUAXIA={carrier}
PARTNER={partner}
STAFF={staff}

Ctrl-C stops everything. What happens on all lines now (factory clock, UTC):
"""


@dataclass(frozen=True)
class Guide:
    """What the text needs to know. `speed` is that of the factory clock."""

    url: str
    speed: float
    starts_in: timedelta
    bought: Bought
    customer: str
    passes: Passes

    def __str__(self) -> str:
        bearers = self.passes.bearers
        return GUIDE.format(
            url=self.url,
            clock=self._clock(),
            start=self._start(),
            code=self.bought.codes[0],
            number=self.bought.number,
            price=self.bought.price,
            model=MODEL,
            email=EMAIL,
            password=PASSWORD,
            customer=self.customer,
            factory=bearers.factories["FOSHAN"],
            carrier=bearers.carriers["HUAXIA"],
            partner=self.passes.partner,
            staff=self.passes.staff,
        )

    def _clock(self) -> str:
        if self.speed == 1:
            return "The factory clock is the wall clock."
        return f"The factory clock runs {self.speed:g} times faster: a day in {DAY.total_seconds() / self.speed:.0f} s."

    def _start(self) -> str:
        seconds = max(0.0, self.starts_in.total_seconds()) / self.speed
        return f"Its production begins as the line's shifts allow: in about {seconds:.0f} s."
