"""Do mails say what happened, in the customer's language, with every figure that counts?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from app.domain.order.order import Product
from app.domain.shared.text import LANGUAGES
from app.domain.unit.conclusion import conclusions, decision_made
from app.domain.unit.decision import choices
from app.domain.unit.event import Event, StepKind
from app.domain.unit.journey import JournalEntry, Unit, append
from app.domain.unit.kinds.decision import Answer, DecisionKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.stage import ProductStatus
from app.domain.unit.state import State
from app.domain.unit.status import concessions, open_failures
from app.mail.letter import (
    LETTERS,
    Invitation,
    Letter,
    LetterContext,
    Speaker,
    is_mailed,
    letter_of,
    letter_of_invitation,
)
from tests.domain.build import MODEL, STATES, at, bought, event, fold, inspections, sign, text
from tests.domain.test_performance import issued, released
from tests.rows import rows

UNIT = Unit("7K3M9QXT2CHVE", MODEL.sku, 1, MODEL.line)
LINK = "https://app.example/products/7K3M-9QXT-2CHV-E"


def unit(state: State) -> Product:
    return bought(state, "7K3M9QXT2CHVE")


def entry_of(status: ProductStatus, happened: Event) -> JournalEntry:
    return append(UNIT, MODEL, STATES[status], happened, at(60), sign)


def asked() -> JournalEntry:
    (request,) = conclusions(STATES[ProductStatus.ON_HOLD], MODEL, "EUR", at(55))
    return entry_of(ProductStatus.ON_HOLD, request)


def defaulted() -> JournalEntry:
    state = fold([asked().step], STATES[ProductStatus.ON_HOLD])
    (made,) = conclusions(state, MODEL, "EUR", at(55) + timedelta(hours=48))
    return entry_of(ProductStatus.ON_HOLD, made)


def letter(entry: JournalEntry, locale: str | None) -> Letter:
    report = issued() if entry.step.kind == QualityKind.RELEASED else None
    return letter_of(LetterContext(entry, unit(entry.state), MODEL, LINK, report), locale)


ENTRIES: Mapping[StepKind, JournalEntry] = {entry.step.kind: entry for entry in (asked(), defaulted(), released())}


def test_there_is_a_letter_for_each_kind_that_is_told() -> None:
    assert set(ENTRIES) == set(LETTERS)


@rows("language", LANGUAGES)
@rows("kind", ENTRIES)
def test_each_letter_is_written_in_each_language(kind: StepKind, language: str) -> None:
    found = letter(ENTRIES[kind], f"{language}-XX")
    assert found.language == language
    assert "7K3M-9QXT-2CHV-E" in found.subject
    assert found.text.rstrip().endswith(LINK)
    assert "{" not in found.subject + found.text
    others = {letter(ENTRIES[kind], other).text for other in LANGUAGES if other != language}
    assert found.text not in others


def test_a_question_comes_with_evidence_choices_prices_deadline_and_default() -> None:
    text = letter(ENTRIES[DecisionKind.DECISION_REQUESTED], "de").text
    assert "Take it?" in text
    assert "Colour: 1,5, zulässig: ≥ 0, ≤ 1" in text
    assert "- So nehmen, zu geringerem Preis (-20,00\xa0€)\n" in text
    assert "- Nacharbeiten lassen (+2 Tage)\n" in text
    assert "04.11.2026" in text
    assert "Danach gilt: Nacharbeiten lassen." in text


def test_a_discount_gives_back_the_tax_that_came_on_top() -> None:
    entry = ENTRIES[DecisionKind.DECISION_REQUESTED]
    found = letter_of(LetterContext(entry, unit(entry.state), MODEL, LINK, added_tax=Decimal("0.0725")), "en").text
    assert "(-€21.45)" in found


def test_a_value_with_more_digits_than_can_be_written_is_written_short() -> None:
    assert "1e+308" in Speaker("en").figure(1e308, "C62")


def test_a_report_s_letter_says_its_summary() -> None:
    assert issued().summary["fr"] in letter(ENTRIES[QualityKind.RELEASED], "fr").text


def test_a_report_s_letter_does_not_say_passed_of_what_was_accepted_as_it_is() -> None:
    assert "has passed its final inspection" in letter(ENTRIES[QualityKind.RELEASED], "en").text
    held = STATES[ProductStatus.ON_HOLD]
    (failure,) = open_failures(held, MODEL)
    offer = choices(concessions(MODEL, failure.evidence), "EUR")[0]
    conceded = fold([decision_made(failure, offer, at(70), key="k")], held)
    (release,) = conclusions(conceded, MODEL, "EUR", at(80))
    entry = append(UNIT, MODEL, conceded, release, at(80), sign)
    for language in LANGUAGES:
        said, usual = letter(entry, language).text, letter(ENTRIES[QualityKind.RELEASED], language).text
        assert said.split("\n\n")[1] != usual.split("\n\n")[1]
    assert "released with what was accepted as it is" in letter(entry, "en").text


def test_a_question_by_mail_names_all_that_failed() -> None:
    state = fold(inspections(50, COLOUR_DELTA=1.5, NOISE=75.0))
    (request,) = conclusions(state, MODEL, "EUR", at(55))
    entry = append(UNIT, MODEL, state, request, at(60), sign)
    plan = tuple(
        replace(c, concession=replace(c.concession, question=text(f"Take {c.code}?"))) if c.concession else c
        for c in MODEL.inspection_plan
    )
    model = replace(MODEL, inspection_plan=plan)
    said = letter_of(LetterContext(entry, unit(state), model, LINK), "fr").text
    assert all(f"Take {code}?" in said for code in ("COLOUR_DELTA", "NOISE"))


def test_only_a_decision_that_the_deadline_made_is_told() -> None:
    made = ENTRIES[DecisionKind.DECISION_MADE].step
    by_customer = replace(made, payload=replace(made.carried(Answer), idempotency_key="k"))
    assert (is_mailed(made), is_mailed(by_customer)) == (True, False)
    assert not is_mailed(entry_of(ProductStatus.PLANNED, event(ProductionKind.OPERATION_STARTED, 10, "PRESSING")).step)


@rows("language", LANGUAGES)
def test_an_invitation_says_to_what_until_when_and_where_to_accept_it(language: str) -> None:
    link = "https://app.example/invitations"
    letter = letter_of_invitation(Invitation(MODEL, link, at(0)), language)
    assert letter.language == language
    assert "Washer" in letter.subject
    for part in ("Washer", "2026", "UTC", link):
        assert part in letter.text
    assert "{" not in letter.subject + letter.text
