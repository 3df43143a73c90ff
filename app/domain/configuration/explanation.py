"""Why a configuration cannot be built: a broken rule, or what stands in the way whatever else is chosen."""

from dataclasses import dataclass
from functools import lru_cache

from app.domain.catalogue.catalogue import Model, Option
from app.domain.shared.country import country_names
from app.domain.shared.text import Text, all_languages

MARKET = "MARKET"
"""Stands for a rule's code where an option, or the model itself, is not sold in the market."""
WITHDRAWN = "WITHDRAWN"
"""Stands for a rule's code where an option, or the model itself, is no longer offered."""
ONE_CHOICE = "ONE_CHOICE"
"""Stands for a rule's code where several are chosen in a group that allows one: it once allowed many."""
ENGRAVING = "ENGRAVING"
"""Stands for a rule's code where a text can no longer be engraved."""


@dataclass(frozen=True)
class Explanation:
    """Why a configuration cannot be built: the broken rule and the chosen options (`GROUP.OPTION`) that break it.

    No options: it is about the model itself, or about its engraving.
    """

    rule: str
    text: Text
    options: tuple[str, ...]


def model_obstacles(model: Model, country: str | None, sold: bool) -> tuple[Explanation, ...]:
    """Explain why nothing of a model can be bought: it is withdrawn, or not sold in the country."""
    if model.withdrawn:
        return (withdrawn(),)
    return () if country is None or sold else (not_sold(country),)


def option_obstacle(option: Option, name: str, country: str | None) -> Explanation | None:
    """Explain why an option, `GROUP.OPTION`, can be bought by nobody, or by nobody in the country."""
    if option.withdrawn:
        return withdrawn(name)
    if country is not None and option.markets is not None and country not in option.markets:
        return not_sold(country, name)
    return None


@lru_cache(maxsize=1024)
def withdrawn(name: str | None = None) -> Explanation:
    """Explain that an option, `GROUP.OPTION`, or without a name the model itself, is no longer offered."""
    text, options = (MODEL_WITHDRAWN, ()) if name is None else (OPTION_WITHDRAWN, (name,))
    return Explanation(WITHDRAWN, text, options)


@lru_cache(maxsize=1024)
def not_sold(country: str, name: str | None = None) -> Explanation:
    """Explain that an option, `GROUP.OPTION`, or without a name the model itself, is not for a market."""
    sentence, options = (MODEL_NOT_SOLD, ()) if name is None else (OPTION_NOT_SOLD, (name,))
    names = country_names(country)
    text = {language: words.format(country=names[language]) for language, words in sentence.items()}
    return Explanation(MARKET, text, options)


MODEL_NOT_SOLD = all_languages(
    "This model is not sold in the chosen country ({country}).",
    "该型号在所选国家或地区（{country}）不销售。",
    "Ce modèle n'est pas vendu dans le pays choisi ({country}).",
    "Dieses Modell wird im gewählten Land ({country}) nicht verkauft.",
)
OPTION_NOT_SOLD = all_languages(
    "This option is not sold in the chosen country ({country}).",
    "该选项在所选国家或地区（{country}）不销售。",
    "Cette option n'est pas vendue dans le pays choisi ({country}).",
    "Diese Option wird im gewählten Land ({country}) nicht verkauft.",
)
"""The country's name stands apart: its article and preposition are its own (in the, au, aux, in der)."""
MODEL_WITHDRAWN = all_languages(
    "This model is no longer offered.",
    "该型号已停止供应。",
    "Ce modèle n'est plus proposé.",
    "Dieses Modell wird nicht mehr angeboten.",
)
OPTION_WITHDRAWN = all_languages(
    "This option is no longer offered. Please choose another.",
    "该选项已停止供应，请另选一项。",
    "Cette option n'est plus proposée. Veuillez en choisir une autre.",
    "Diese Option wird nicht mehr angeboten. Bitte wählen Sie eine andere.",
)
ONE_CHOICE_ONLY = all_languages(
    "Only one of these can be chosen now.",
    "现在只能选择其中一项。",
    "Une seule de ces options peut désormais être choisie.",
    "Davon kann jetzt nur noch eines gewählt werden.",
)
NOT_ENGRAVED = all_languages(
    "This text can no longer be engraved on this model.",
    "该型号已无法刻印这段文字。",
    "Ce texte ne peut plus être gravé sur ce modèle.",
    "Dieser Text kann auf diesem Modell nicht mehr graviert werden.",
)
