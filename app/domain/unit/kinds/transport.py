"""The way of a unit from its packing to its customer, as its plant and its carrier report it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from app.domain.shared.refusal import InvalidInput
from app.domain.shared.text import Text, all_languages
from app.domain.shared.viewer import AccountKind
from app.domain.unit.event import BY_FACTORY, BY_FACTORY_AND_CARRIER, Event, Row, StepKind
from app.domain.unit.fact import earliest, latest
from app.domain.unit.payload import Payload
from app.domain.unit.sscc import checked_sscc
from app.domain.unit.stage import DELIVERED, ProductStatus, Stage
from app.domain.unit.state import Changes, State

SHA_256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Package(Payload):
    """What PACKED packed: the number of the package, a GS1 SSCC; there is a report for each package."""

    member: ClassVar[str] = "sscc"

    sscc: str

    def check(self) -> None:
        checked_sscc(self.sscc)


@dataclass(frozen=True)
class Proof(Payload):
    """What DELIVERED is proved by: SHA-256, in hexadecimal, of the proof that the carrier keeps, for it is personal."""

    member: ClassVar[str] = "signatureHash"

    signature_hash: str

    def check(self) -> None:
        if not SHA_256.fullmatch(self.signature_hash):
            raise InvalidInput("A SHA-256 has 64 hexadecimal digits, a to f small.", (self.member,))


def _transported(state: State, event: Event) -> Changes:
    at = latest(state.transport.get(event.kind), event.occurred_at)
    changes: Changes = {"transport": {**state.transport, event.kind.value: at}}
    if event.reporter_kind == AccountKind.FACTORY:
        changes["handed_over_at"] = earliest(state.handed_over_at, event.occurred_at)
    return changes


def _packed(state: State, event: Event) -> Changes:
    changes = _transported(state, event)
    if isinstance(event.payload, Package):
        sscc = event.payload.sscc
        changes["packages"] = {**state.packages, sscc: earliest(state.packages.get(sscc), event.occurred_at)}
    return changes


@dataclass(frozen=True, kw_only=True)
class TransportRow(Row):
    """`status`: that of a unit of which this is the transport step that counts."""

    status: ProductStatus


def _row(
    status: ProductStatus,
    label: Text,
    description: str,
    payload: type[Payload] | None = None,
    stage: Stage = Stage.LOGISTICS,
) -> TransportRow:
    """Make the row of a kind that both the plant and the carrier report."""
    return TransportRow(
        stage, label, description, _transported, payload, reported_by=BY_FACTORY_AND_CARRIER, status=status
    )


class TransportKind(StepKind):
    """In the order of the way: of two at the same moment, the one that is further on counts."""

    row: TransportRow

    PACKED = (
        "PACKED",
        TransportRow(
            Stage.LOGISTICS,
            all_languages("Packed", "已包装", "Emballé", "Verpackt"),
            "The plant packed the unit, or one package of it.",
            _packed,
            payload=Package,
            reported_by=BY_FACTORY,
            status=ProductStatus.PACKED,
        ),
    )
    DISPATCHED = (
        "DISPATCHED",
        _row(
            ProductStatus.IN_TRANSIT,
            all_languages("Dispatched", "已发运", "Expédié", "Versandt"),
            "The unit left its factory.",
        ),
    )
    ARRIVED_AT_HUB = (
        "ARRIVED_AT_HUB",
        _row(
            ProductStatus.IN_TRANSIT,
            all_languages("Arrived at a hub", "到达中转站", "Arrivé à une plateforme", "Im Verteilzentrum"),
            "The unit came to a hub of its carrier.",
        ),
    )
    DEPARTED_HUB = (
        "DEPARTED_HUB",
        _row(
            ProductStatus.IN_TRANSIT,
            all_languages("Left a hub", "离开中转站", "Parti d'une plateforme", "Verteilzentrum verlassen"),
            "The unit left a hub of its carrier.",
        ),
    )
    OUT_FOR_DELIVERY = (
        "OUT_FOR_DELIVERY",
        _row(
            ProductStatus.OUT_FOR_DELIVERY,
            all_languages("Out for delivery", "派送中", "En cours de livraison", "In Zustellung"),
            "The unit is on the last part of its way.",
        ),
    )
    DELIVERY_ATTEMPTED = (
        "DELIVERY_ATTEMPTED",
        _row(
            ProductStatus.IN_TRANSIT,
            all_languages("Delivery attempted", "已尝试派送", "Livraison tentée", "Zustellung versucht"),
            "The carrier was there, and nobody could take the unit.",
        ),
    )
    DELIVERED = (
        "DELIVERED",
        _row(
            ProductStatus.DELIVERED,
            all_languages("Delivered", "已送达", "Livré", "Zugestellt"),
            "The unit arrived at its customer's.",
            Proof,
        ),
    )
    INSTALLED = (
        "INSTALLED",
        _row(
            ProductStatus.INSTALLED,
            all_languages("Installed", "已安装", "Installé", "Installiert"),
            "The unit is installed at its customer's.",
            stage=Stage.INSTALLATION,
        ),
    )


DEPARTED = frozenset(TransportKind) - {TransportKind.PACKED}
"""What is reported of a unit that is no longer in its plant."""


E = TypeVar("E", bound=Event)


def proof_of_delivery(deliveries: Sequence[E]) -> E | None:
    """Choose the report that proves a delivery: of those with a proof, else of all, the one that occurred last."""
    proven = [event for event in deliveries if event.payload or event.media]
    return max(proven or deliveries, key=lambda event: (event.occurred_at, event.key), default=None)


def latest_transport(state: State) -> TransportKind:
    """Choose the transport step that counts: arrival is final, else the latest one. There must be one."""
    reported = [kind for kind in reversed(TransportKind) if kind in state.transport]
    arrival = next((kind for kind in reported if kind.row.status in DELIVERED), None)
    return arrival or max(reported, key=lambda kind: state.transport[kind])
