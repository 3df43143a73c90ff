"""Makes what executes one operation: graphql-core's executor, helped by what earlier executions found out."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from graphql import Executor, GraphQLError, GraphQLSchema, default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from app.execution.context import OperationContext
from app.execution.layer import ALL_LAYERS, Layer
from app.execution.plan import OperationPlan, Plan
from app.execution.planned_executor import PlannedExecutor
from app.execution.variables import plan_variables, take_all


class Engine:
    """Makes executors for the documents of one schema. `layers`: those that save work; without any, it is stock."""

    def __init__(self, schema: GraphQLSchema, layers: Collection[Layer] = ALL_LAYERS) -> None:
        self._schema = schema
        self._plans_variables = Layer.VARIABLE_PLANS in layers
        self._plans_execution = Layer.EXECUTION_PLANS in layers

    def prepare(
        self,
        plan: Plan,
        context: OperationContext | None,
        variables: Mapping[str, Any] | None,
        name: str | None = None,
        root: Any = None,
    ) -> Executor[Any] | list[GraphQLError]:
        """Make what executes the plan's document once; or say what is wrong with the variables."""
        known = plan.operations.get(name)
        values = take_all(known.variables, variables or {}) if known else None
        if known is not None and values is not None:
            return self._make(plan, known, values, context, root)
        executor, options = self._executor_of(plan)
        built = executor.build(self._schema, plan.document, root, context, dict(variables or {}), name, **options)
        if isinstance(built, Executor) and known is None and self._plans_variables:
            planned = plan_variables(self._schema, built.operation)
            parts = OperationPlan(built.fragment_definitions, built.fragments, built.operation, planned)
            plan.operations[name] = parts
        return built

    def again(self, executor: Executor[Any], plan: Plan, context: OperationContext, root: Any) -> Executor[Any]:
        """Make what executes the same operation with the same variables once more, on another root."""
        return self._make(plan, executor, executor.variable_values, context, root)

    def _make(
        self,
        plan: Plan,
        parts: OperationPlan | Executor[Any],
        values: VariableValues,
        context: OperationContext | None,
        root: Any,
    ) -> Executor[Any]:
        executor, options = self._executor_of(plan)
        return executor(
            self._schema,
            parts.fragment_definitions,
            parts.fragments,
            root,
            context,
            parts.operation,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            **options,
        )

    def _executor_of(self, plan: Plan) -> tuple[type[Executor[Any]], dict[str, Any]]:
        options: dict[str, Any] = {"is_awaitable": optimized_is_awaitable}
        return (PlannedExecutor, {**options, "plan": plan}) if self._plans_execution else (Executor, options)


@contextmanager
def untied(executor: Executor[Any]) -> Iterator[None]:
    """Free an executor at its end of what ties it to itself: else it waits for the garbage collector, 4 KiB of it."""
    try:
        yield
    finally:
        if not executor.background_futures:
            del executor.async_helpers
