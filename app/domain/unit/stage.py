"""Where a unit can be: the stages of its journey and its statuses."""

from collections.abc import Mapping
from enum import StrEnum


class Stage(StrEnum):
    ORDER = "ORDER"
    PLANNING = "PLANNING"
    PRODUCTION = "PRODUCTION"
    QUALITY = "QUALITY"
    LOGISTICS = "LOGISTICS"
    INSTALLATION = "INSTALLATION"


class ProductStatus(StrEnum):
    ORDERED = "ORDERED"
    PLANNED = "PLANNED"
    IN_PRODUCTION = "IN_PRODUCTION"
    IN_INSPECTION = "IN_INSPECTION"
    ON_HOLD = "ON_HOLD"
    IN_REWORK = "IN_REWORK"
    RELEASED = "RELEASED"
    PACKED = "PACKED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    INSTALLED = "INSTALLED"
    CANCELLED = "CANCELLED"
    SCRAPPED = "SCRAPPED"


STAGE_OF_STATUS: Mapping[ProductStatus, Stage] = {
    ProductStatus.ORDERED: Stage.ORDER,
    ProductStatus.PLANNED: Stage.PLANNING,
    ProductStatus.IN_PRODUCTION: Stage.PRODUCTION,
    ProductStatus.IN_INSPECTION: Stage.QUALITY,
    ProductStatus.ON_HOLD: Stage.QUALITY,
    ProductStatus.IN_REWORK: Stage.QUALITY,
    ProductStatus.RELEASED: Stage.QUALITY,
    ProductStatus.PACKED: Stage.LOGISTICS,
    ProductStatus.IN_TRANSIT: Stage.LOGISTICS,
    ProductStatus.OUT_FOR_DELIVERY: Stage.LOGISTICS,
    ProductStatus.DELIVERED: Stage.LOGISTICS,
    ProductStatus.INSTALLED: Stage.INSTALLATION,
    ProductStatus.CANCELLED: Stage.ORDER,
    ProductStatus.SCRAPPED: Stage.QUALITY,
}
ENDED = frozenset((ProductStatus.CANCELLED, ProductStatus.SCRAPPED))
DELIVERED = frozenset((ProductStatus.DELIVERED, ProductStatus.INSTALLED))
BEFORE_PRODUCTION = frozenset((ProductStatus.ORDERED, ProductStatus.PLANNED))
