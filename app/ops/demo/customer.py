"""The customer of the demonstration: an account that stays, and one washing machine ordered in each run."""

from seeds.buyer import Bought, Market, buy, sign_in, sign_up
from seeds.client import Client, Refused

EMAIL, PASSWORD = "demo@zerodistance.example", "zero-distance-demo"
MODEL = "WM-FRONT-9"
HOME = Market("CN", "CNY", "en", "Foshan", "528000")
ENGRAVING = "Mia & Lin"
CHOSEN = {
    "COLOUR": ["TITANIUM"],
    "CAPACITY": ["KG_9"],
    "SPIN_SPEED": ["RPM_1400"],
    "DOOR": ["LEFT"],
    "FUNCTIONS": ["STEAM", "WIFI"],
    "PLUG": ["LOCAL"],
    "ENERGY_LABEL": ["LOCAL"],
}


async def buy_washing_machine(client: Client) -> Bought:
    """Sign up, or in where the account is there from an earlier run; design, quote and order."""
    try:
        customer = await sign_up(client, EMAIL, PASSWORD, "Mia Lin", "en")
    except Refused:
        customer = await sign_in(client, EMAIL, PASSWORD)
    selections = [{"group": group, "options": options} for group, options in CHOSEN.items()]
    return await buy(customer, MODEL, selections, HOME, ENGRAVING)
