"""What can be set from outside: environment variables with the prefix ZERO_DISTANCE_."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once at start and passed down. Durations say their unit, limits end in `_max`."""

    model_config = SettingsConfigDict(env_prefix="ZERO_DISTANCE_", frozen=True, hide_input_in_errors=True)

    mongodb_url: str = Field(
        "", description="A replica set or sharded cluster; empty: the embedded one-node replica set"
    )
    database: str = "zero_distance"
    bell_url: str = Field(
        "", description="memory://, mongodb:// or redis://HOST; empty: memory for one process, mongodb for several"
    )
    data_dir: Path = Field(Path(".data"), description="Holds the embedded database and the signing key")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)

    clock_speed: float = Field(1.0, ge=1.0, le=100_000.0, description="Factory seconds that pass in one wall second")
    log_format: Literal["readable", "json"] = "readable"
    graphiql: bool = True
    allowed_origins: tuple[str, ...] = Field((), description="Web origins whose pages may call the API; * for all")
    app_url: str = Field("https://app.zerodistance.example", description="The customers' app, for links in mails")
    resolver_url: str = Field("https://id.zerodistance.example", description="GS1 Digital Link resolver")

    public_url: str = Field("", description="Where clients reach this server; empty: they get paths without a host")

    issuer: str = "zero-distance"
    audience: str = "zero-distance-api"
    access_token_seconds: int = 600
    machine_token_seconds: int = 12 * 3600
    refresh_idle_days: int = 14
    refresh_absolute_days: int = 90
    refresh_grace_seconds: int = 30

    report_link_seconds: int = 300

    mail_url: str = Field(
        "", pattern=r"^(smtps?://.+)?$", description="smtp://user:password@host:port; empty: files in DATA_DIR/mail"
    )
    mail_from: str = "ZeroDistance <no-reply@zerodistance.example>"
    mail_attempts_max: int = Field(20, ge=1, description="Then a mail is given up")
    mail_retry_seconds: float = Field(10.0, gt=0, description="Before the second try; doubled for each further one")

    quote_days: int = 14
    planning_lead_hours: float = Field(2.0, description="From the order to the first operation, at least")
    frozen_hours: float = Field(8.0, description="The part of a line's sequence in which nothing moves any more")
    promise_tolerance_hours: float = Field(24.0, description="How much later than first planned a unit may be finished")
    drift_minutes: float = Field(15.0, description="How far a line may be from its plan before times are counted anew")
    announce_hours: float = Field(4.0, description="A change of plan that customers are told of (RESCHEDULED)")
    planning_seconds: float = Field(5.0, gt=0, description="How often lines' plans are compared with what happens")
    sweep_seconds: float = 3.0
    position_check_seconds: float = 2.0
    rights_seconds: float = Field(10.0, description="Before the owner, factory and carrier of a unit are read again")

    body_bytes_max: int = 256 * 1024
    document_bytes_max: int = 16 * 1024
    document_tokens_max: int = 1_000
    documents_cached_max: int = 1_000
    operation_seconds_max: float = 5.0

    frame_bytes_max: int = 64 * 1024
    sockets_max: int = Field(20_000, description="In one process; what comes beyond is asked to come back later")
    sockets_of_nobody_max: int = Field(1_000, description="Of all who are not signed in together, in one process")
    sockets_per_account_max: int = Field(5, description="In one process, like the next three")
    operations_per_socket_max: int = 20
    sockets_per_partner_max: int = 50
    operations_per_partner_socket_max: int = 500
    init_seconds_max: float = 5.0
    send_seconds_max: float = 5.0
    ping_seconds: float = 20.0
    drain_seconds: float = Field(5.0, description="Over which a server that stops spreads the goodbyes to its sockets")
    event_streams_per_account_max: int = Field(20, description="Over Server-Sent Events, in one process")
    event_streams_per_partner_max: int = 500
    event_ping_seconds: float = 15.0

    @field_validator("bell_url")
    @classmethod
    def _known_bell(cls, url: str) -> str:
        parts = urlsplit(url)
        if url in ("", "memory://", "mongodb://") or (
            parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
        ):
            return url
        raise ValueError("must be memory://, mongodb://, redis://HOST[:PORT], rediss://HOST[:PORT], or empty")
