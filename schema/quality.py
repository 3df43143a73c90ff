"""The figures of a line, as staff and machines see them."""

from datetime import datetime

import strawberry

from app.context import Info
from app.domain.line import quality as domain
from schema.catalogue import Line


@strawberry.type(description="Of the units first inspected at one operation in a period, how many passed at once.")
class OperationYield:
    operation: str = strawberry.field(description="The operation's code.")
    units_inspected: int = strawberry.field(description="How many units.")
    passed_first_time: int = strawberry.field(description="How many of them passed their first inspection there.")
    first_pass_yield: float = strawberry.field(description="Their share, 0 to 1.")


@strawberry.type(description="How often one defect was.")
class DefectCount:
    defect_code: str = strawberry.field(description="The inspector's code, else the characteristic's.")
    count: int = strawberry.field(description="How many nonconformances had it.")
    share: float = strawberry.field(description="Of all defects, 0 to 1.")
    cumulative_share: float = strawberry.field(description="Of it and all that were more frequent, 0 to 1.")


@strawberry.type(description="First-pass yield and defects of one line in a period, by the time at the source.")
class LineQuality:
    line: Line = strawberry.field(description="The line.")
    since: datetime = strawberry.field(name="from", description="The period's begin, included.")
    until: datetime = strawberry.field(description="The period's end, not included.")
    units_inspected: int = strawberry.field(description="Units with a first inspection of an operation in the period.")
    passed_first_time: int = strawberry.field(description="Those that passed all of these.")
    first_pass_yield: float | None = strawberry.field(description="Their share, 0 to 1; null: no unit was inspected.")
    rolled_throughput_yield: float | None = strawberry.field(
        description="The product of the operations' yields: the chance to pass all of them at once."
    )
    operations: list[OperationYield] = strawberry.field(description="By operation, in the order of the routing.")
    defects: list[DefectCount] = strawberry.field(
        description="By defect, the most frequent first (Pareto). Of each unit, its ten latest failed inspections."
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
