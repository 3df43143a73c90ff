"""The letters about steps and invitations: subject and text in the language of the reader.

They contain no names, so that none can leak, and no text that somebody else wrote.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal

from app.domain.catalogue.catalogue import Model
from app.domain.catalogue.unit_of_measure import with_unit
from app.domain.configuration.pricing import NO_TAX
from app.domain.order.order import Product
from app.domain.shared.text import LANGUAGES, Text, in_locale
from app.domain.unit.code import format_code
from app.domain.unit.decision import DecisionChoice, choices, default_choice
from app.domain.unit.event import StepKind
from app.domain.unit.evidence import Measurement
from app.domain.unit.journey import JournalEntry, Step
from app.domain.unit.kinds.decision import Answer, DecisionKind, Question
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.label import CHOICES
from app.domain.unit.performance import PerformanceReport
from app.domain.unit.status import concessions, released_as_it_is
from app.mail import words


@dataclass(frozen=True)
class Letter:
    language: str
    subject: str
    text: str


@dataclass(frozen=True)
class LetterContext:
    """What a letter about a step needs.

    `report`: the one that the release issued; `added_tax`: the rate of the tax that came on top of the unit's price.
    """

    entry: JournalEntry
    unit: Product
    model: Model
    link: str
    report: PerformanceReport | None = None
    added_tax: Decimal = NO_TAX


@dataclass(frozen=True)
class Invitation:
    """What a letter of invitation needs. The inviter and the design's title are seen only after signing in."""

    model: Model
    link: str
    expires_at: datetime


def is_mailed(step: Step) -> bool:
    """Return whether a step is mailed; of DECISION_MADE only those that the deadline made."""
    return step.kind in LETTERS and not (isinstance(step.payload, Answer) and not step.payload.by_default)


def letter_of(context: LetterContext, locale: str | None) -> Letter:
    """Write the letter about a step in the language of a locale."""
    speaker = Speaker.of(locale)
    subject, body = LETTERS[context.entry.step.kind]
    name = {"model": in_locale(context.model.name, speaker.language), "code": format_code(context.unit.code)}
    return speaker.letter(
        speaker.say(subject, **name), *body(context, speaker), speaker.say(words.CLOSING, link=context.link)
    )


def letter_of_invitation(invitation: Invitation, locale: str | None) -> Letter:
    """Write the letter about an invitation to a design, in the language of a locale."""
    speaker = Speaker.of(locale)
    model = in_locale(invitation.model.name, speaker.language)
    invited = speaker.say(words.INVITED, model=model, until=speaker.moment(invitation.expires_at))
    return speaker.letter(
        speaker.say(words.INVITATION, model=model), invited, speaker.say(words.ACCEPT, link=invitation.link)
    )


@dataclass(frozen=True)
class Speaker:
    language: str

    @classmethod
    def of(cls, locale: str | None) -> "Speaker":
        return cls(in_locale({language: language for language in LANGUAGES}, locale))

    def say(self, text: Text, **values: object) -> str:
        return in_locale(text, self.language).format(**values)

    def letter(self, subject: str, *paragraphs: str) -> Letter:
        return Letter(self.language, subject, "\n\n".join((self.say(words.GREETING), *paragraphs)) + "\n")

    def moment(self, at: datetime) -> str:
        return f"{format_datetime(at, 'medium', locale=self.language)} UTC"

    def figure(self, value: float, unit: str) -> str:
        try:
            return with_unit(format_decimal(value, locale=self.language, decimal_quantization=False), unit)
        except ArithmeticError:  # too many digits for its decimals
            return with_unit(repr(value), unit)

    def offer(self, offer: DecisionChoice, currency: str) -> str:
        price = format_currency(offer.price_delta, currency, locale=self.language) if offer.price_delta else ""
        delay = format_timedelta(timedelta(days=offer.delay_days), "day", 2.0, locale=self.language)
        terms = ", ".join(filter(None, (price, f"+{delay}" if offer.delay_days else "")))
        return f"- {self.say(CHOICES[offer.choice])}" + (f" ({terms})" if terms else "")


def _asked(context: LetterContext, speaker: Speaker) -> Iterator[str]:
    question = context.entry.step.carried(Question)
    offered = concessions(context.model, question.evidence)
    yield from (in_locale(each.concession.question, speaker.language) for each in offered if each.concession)
    yield "\n".join(_evidence(context.model, measured, speaker) for measured in question.evidence)
    yield "\n".join(
        speaker.offer(offer, context.unit.currency)
        for offer in choices(offered, context.unit.currency, context.added_tax)
    )
    deadline = speaker.moment(question.deadline)
    yield speaker.say(words.DEADLINE, deadline=deadline, default=speaker.say(CHOICES[default_choice(offered)]))


def _evidence(model: Model, measured: Measurement, speaker: Speaker) -> str:
    limits = ((sign, limit) for sign, limit in (("≥", measured.lower_limit), ("≤", measured.upper_limit)))
    return speaker.say(
        words.MEASURED,
        name=in_locale(model.characteristics[measured.characteristic].name, speaker.language),
        value=speaker.figure(measured.value, measured.unit),
        limits=", ".join(
            f"{sign} {speaker.figure(limit, measured.unit)}" for sign, limit in limits if limit is not None
        ),
    )


def _defaulted(context: LetterContext, speaker: Speaker) -> Iterator[str]:
    answer = context.entry.step.carried(Answer)
    yield speaker.say(words.APPLIES, choice=speaker.say(CHOICES[answer.choice]))


def _issued(context: LetterContext, speaker: Speaker) -> Iterator[str]:
    assert context.report is not None
    as_it_is = released_as_it_is(context.entry.state)
    yield speaker.say(words.RELEASED_AS_IT_IS if as_it_is else words.RELEASED, revision=context.report.revision)
    yield in_locale(context.report.summary, speaker.language)


LETTERS: Mapping[StepKind, tuple[Text, Callable[[LetterContext, Speaker], Iterator[str]]]] = {
    DecisionKind.DECISION_REQUESTED: (words.ASKED, _asked),
    DecisionKind.DECISION_MADE: (words.DEFAULTED, _defaulted),
    QualityKind.RELEASED: (words.ISSUED, _issued),
}
