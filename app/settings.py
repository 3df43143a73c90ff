"""What can be set from outside: environment variables with the prefix ZERO_DISTANCE_."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.execution.layer import ALL_LAYERS, Layer


class Settings(BaseSettings):
    """Read once at start and passed down. Durations say their unit, limits end in `_max`.

    The descriptions are printed in docs/guide/operator.md: `python -m docs.generate` renews that.
    """

    model_config = SettingsConfigDict(env_prefix="ZERO_DISTANCE_", frozen=True, hide_input_in_errors=True)

    mongodb_url: str = Field("", description="A replica set or sharded cluster. Empty: the bundled database.")
    database: str = Field("zero_distance", description="The name of the database.")
    bell_url: str = Field(
        "",
        description="What tells all processes of a new step: memory:// (one process), mongodb:// or redis://HOST (any "
        "number). Empty: memory for one process, mongodb for several.",
    )
    data_dir: Path = Field(
        Path(".data"),
        description="Holds the bundled database, the signing key and the last anchor of the journals. Keep it, back it "
        "up, and let one server at a time use it.",
    )
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="The processes that answer, 1 to 64.")

    clock_speed: float = Field(
        1.0, ge=1.0, le=100_000.0, description="How many times faster than the wall the factory clock runs, from 1 on."
    )
    log_format: Literal["readable", "json"] = Field(
        "readable", description="`readable` lines for people, or `json` for production: one line per request."
    )
    graphiql: bool = Field(True, description="Whether GraphiQL is served at `/`.")
    allowed_origins: tuple[str, ...] = Field(
        (),
        description='Web origins whose pages may call the API, as JSON: `["https://shop.example"]`; `["*"]` for all.',
    )
    app_url: str = Field("https://app.zerodistance.example", description="The customers' app, for links in mails.")
    resolver_url: str = Field(
        "https://id.zerodistance.example", description="The GS1 Digital Link resolver that the codes of units name."
    )
    public_url: str = Field(
        "",
        description="Where clients reach this server, for the addresses of QR codes and reports. Empty: they are paths "
        "without a host.",
    )

    issuer: str = Field("zero-distance", description="The claim `iss` of access tokens.")
    audience: str = Field("zero-distance-api", description="The claim `aud` of access tokens.")
    access_token_seconds: int = Field(600, description="How long the access token of a person is good.")
    machine_token_seconds: int = Field(12 * 3600, description="How long a token of `python -m app token` is good.")
    refresh_idle_days: int = Field(14, description="How long a refresh token that nobody uses is good.")
    refresh_absolute_days: int = Field(90, description="How long somebody stays signed in at most.")
    refresh_grace_seconds: int = Field(
        30, description="How long a used refresh token still answers its successor, for replies that were lost."
    )

    report_link_seconds: int = Field(300, description="How long the address of a performance report opens it.")

    mail_url: str = Field(
        "",
        pattern=r"^(smtps?://.+)?$",
        description="How mails are sent: smtp://user:password@host:587 (STARTTLS) or smtps://…. Empty: they are files "
        "in DATA_DIR/mail.",
    )
    mail_from: str = Field("ZeroDistance <no-reply@zerodistance.example>", description="The sender of mails.")
    mail_attempts_max: int = Field(20, ge=1, description="After so many tries a mail is given up.")
    mail_retry_seconds: float = Field(
        10.0, gt=0, description="The pause before a mail's second try; doubled for each further one."
    )

    quote_days: int = Field(14, description="How long a quote can be ordered.")
    planning_lead_hours: float = Field(2.0, description="From an order to its first operation, at least.")
    frozen_hours: float = Field(8.0, description="The part of a line's sequence in which nothing moves any more.")
    promise_tolerance_hours: float = Field(
        24.0, description="How much later than first planned a unit may be finished."
    )
    drift_minutes: float = Field(15.0, description="How far a line may be from its plan before times are counted anew.")
    announce_hours: float = Field(4.0, description="From which change of plan on customers are told (RESCHEDULED).")
    planning_seconds: float = Field(
        5.0, gt=0, description="How often the plans of lines are compared with what happens."
    )
    sweep_seconds: float = Field(
        3.0, description="How often deadlines are applied, and announcements and mails written that are due."
    )
    catalogue_seconds: float = Field(
        1.0, gt=0, description="How often each process looks for a catalogue that was loaded beside it."
    )
    position_check_seconds: float = Field(
        2.0, description="How often each process looks for steps that nothing told it of."
    )
    rights_seconds: float = Field(
        10.0, description="After how long a stream reads anew who owns, builds and carries a unit."
    )

    body_bytes_max: int = Field(256 * 1024, description="The size of a request.")
    document_bytes_max: int = Field(16 * 1024, description="The size of a GraphQL document.")
    document_tokens_max: int = Field(1_000, description="The tokens of a GraphQL document.")
    documents_cached_max: int = Field(1_000, description="How many parsed documents each process keeps.")
    operation_seconds_max: float = Field(5.0, description="How long a query or mutation may take; then TIMEOUT.")
    engine_off: frozenset[Layer] = Field(
        frozenset(),
        description="Layers over Strawberry, graphql-core and uvicorn that are left out, as JSON: "
        '`["execution_plans"]`. Answers stay the same.',
    )

    frame_bytes_max: int = Field(64 * 1024, description="The size of a WebSocket message.")
    sockets_max: int = Field(
        20_000, description="WebSockets in one process; what comes beyond is asked to come back later."
    )
    sockets_of_nobody_max: int = Field(
        1_000, description="WebSockets of all who are not signed in together, in one process."
    )
    sockets_per_account_max: int = Field(5, description="WebSockets of one account, in one process.")
    operations_per_socket_max: int = Field(20, description="Operations on one WebSocket at a time.")
    sockets_per_partner_max: int = Field(50, description="WebSockets of one partner, in one process.")
    operations_per_partner_socket_max: int = Field(
        500, description="Operations on one WebSocket of a partner at a time."
    )
    init_seconds_max: float = Field(5.0, description="How long a WebSocket may wait with `connection_init`.")
    send_seconds_max: float = Field(5.0, description="How long a peer may read nothing before it is cut off.")
    ping_seconds: float = Field(20.0, description="How often a WebSocket is pinged.")
    drain_seconds: float = Field(
        5.0, description="Over how long a server that stops spreads the goodbyes to its WebSockets."
    )
    event_streams_per_account_max: int = Field(
        20, description="Streams of Server-Sent Events of one account, in one process."
    )
    event_streams_per_partner_max: int = Field(
        500, description="Streams of Server-Sent Events of one partner, in one process."
    )
    event_ping_seconds: float = Field(15.0, description="How often a stream of Server-Sent Events says that it lives.")

    @property
    def layers(self) -> frozenset[Layer]:
        """The layers over the libraries that are in use."""
        return ALL_LAYERS - self.engine_off

    @field_validator("bell_url")
    @classmethod
    def _known_bell(cls, url: str) -> str:
        parts = urlsplit(url)
        if url in ("", "memory://", "mongodb://") or (
            parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0
        ):
            return url
        raise ValueError("must be memory://, mongodb://, redis://HOST[:PORT], rediss://HOST[:PORT], or empty")
