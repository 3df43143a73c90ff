"""What can be set from outside: environment variables with the prefix ZERO_DISTANCE_."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once at start and passed down. Durations say their unit, limits end in `_max`."""

    model_config = SettingsConfigDict(env_prefix="ZERO_DISTANCE_", frozen=True)

    mongodb_url: str = Field(
        "", description="A replica set or sharded cluster; empty: the embedded one-node replica set"
    )
    database: str = "zero_distance"
    bell_url: Literal["", "memory://", "mongodb://"] = Field(
        "", description="Empty: memory for one process, mongodb for several"
    )
    data_dir: Path = Field(Path(".data"), description="Holds the embedded database and the signing key")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)

    clock_speed: float = Field(1.0, ge=1.0, le=100_000.0, description="Factory seconds that pass in one wall second")
    log_format: Literal["readable", "json"] = "readable"
    graphiql: bool = True
    allowed_origins: tuple[str, ...] = Field((), description="Web origins whose pages may call the API; * for all")
    resolver_url: str = Field("https://id.zerodistance.example", description="GS1 Digital Link resolver")

    issuer: str = "zero-distance"
    audience: str = "zero-distance-api"
    access_token_seconds: int = 600
    machine_token_seconds: int = 12 * 3600
    refresh_idle_days: int = 14
    refresh_absolute_days: int = 90
    refresh_grace_seconds: int = 30

    quote_days: int = 14
    planning_lead_hours: float = Field(2.0, description="From the order to the first operation, at least")
    sweep_seconds: float = 3.0
    position_check_seconds: float = 2.0

    body_bytes_max: int = 256 * 1024
    document_bytes_max: int = 16 * 1024
    document_tokens_max: int = 1_000
    documents_cached_max: int = 1_000
    operation_seconds_max: float = 5.0
    frame_bytes_max: int = 64 * 1024
    operations_per_socket_max: int = 50
