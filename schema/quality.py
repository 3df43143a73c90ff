"""The figures of a line, as staff and machines see them."""

from datetime import datetime

import strawberry

from app.context import Info
from app.domain.line import quality as domain
from schema.catalogue import Line


@strawberry.type(description="The first-pass yield of one operation in a period.")
class OperationYield:
    operation: str = strawberry.field(description="The operation's code.")
    units_inspected: int = strawberry.field(
        description="The number of units that were first inspected at this operation in the period."
    )
    passed_first_time: int = strawberry.field(
        description="The number of these units that passed this first inspection."
    )
    first_pass_yield: float = strawberry.field(description="The share of these units that passed, 0 to 1.")


@strawberry.type(description="How often one defect occurred.")
class DefectCount:
    defect_code: str = strawberry.field(
        description="The defect's code: the inspector's, or else that of the characteristic."
    )
    count: int = strawberry.field(description="The number of nonconformances with this defect.")
    share: float = strawberry.field(description="Its share of all defects, 0 to 1.")
    cumulative_share: float = strawberry.field(
        description="The share of this defect and all more frequent ones together, 0 to 1."
    )


@strawberry.type(
    description="The first-pass yield and the defects of one line in a period. What counts is when something "
    "happened, as its source says."
)
class LineQuality:
    line: Line = strawberry.field(description="The line.")
    since: datetime = strawberry.field(name="from", description="The beginning of the period, which is included.")
    until: datetime = strawberry.field(description="The end of the period, which is not included.")
    units_inspected: int = strawberry.field(
        description="The number of units with a first inspection at any operation in the period."
    )
    passed_first_time: int = strawberry.field(
        description="The number of these units that passed all of these inspections."
    )
    first_pass_yield: float | None = strawberry.field(
        description="The share of these units that passed, 0 to 1; null: no unit was inspected."
    )
    rolled_throughput_yield: float | None = strawberry.field(
        description="The rolled throughput yield: the product of the operations' first-pass yields, which is the "
        "probability of passing all of them at once. Null: no unit was inspected."
    )
    operations: list[OperationYield] = strawberry.field(
        description="The yield of each operation, in the order of the routing."
    )
    defects: list[DefectCount] = strawberry.field(
        description="The defects, the most frequent first (Pareto). Of each unit, its ten latest failed inspections "
        "count."
    )

    @classmethod
    def of(cls, info: Info, line: str, found: domain.LineQuality) -> "LineQuality":
        return cls(
            line=Line.of(info.context.deps.catalogue.line[line]),
            since=found.since,
            until=found.until,
            units_inspected=found.units.counted,
            passed_first_time=found.units.passed,
            first_pass_yield=found.units.share,
            rolled_throughput_yield=found.rolled_yield,
            operations=[
                OperationYield(
                    operation=tally.code,
                    units_inspected=tally.counted,
                    passed_first_time=tally.passed,
                    first_pass_yield=tally.passed / tally.counted,
                )
                for tally in found.operations
            ],
            defects=[
                DefectCount(
                    defect_code=defect.code,
                    count=defect.count,
                    share=defect.share,
                    cumulative_share=defect.cumulative_share,
                )
                for defect in found.defects
            ],
        )
