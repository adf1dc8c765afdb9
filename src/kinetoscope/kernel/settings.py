"""Every setting of the platform: one frozen class, read from the environment or a `.env` file."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .limits import RateLimit

PREFIX = "KINETOSCOPE_"


class SettingsInvalid(Exception):  # noqa: N818 - it reads as what it is
    """Some settings cannot be used; the message names each, what is wrong, and what it is for."""


def _comma_list(text: object) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def _rate(text: str) -> str:
    RateLimit.parse(text)
    return text


def _networks(parts: tuple[str, ...]) -> tuple[str, ...]:
    for part in parts:
        ipaddress.ip_network(part, strict=False)
    return parts


def _addresses(parts: tuple[str, ...]) -> tuple[str, ...]:
    for part in parts:
        ipaddress.ip_address(part)
    return parts


def _origins(parts: tuple[str, ...]) -> tuple[str, ...]:
    for part in parts:
        if part != "*" and not part.startswith(("http://", "https://")):
            raise ValueError(f"{part!r} is not an origin; write https://example.org, or * for all")
    return parts


def _web_url(text: str | None) -> str | None:
    if text is not None and not text.startswith(("http://", "https://")):
        raise ValueError("write it with its scheme, such as https://video.example.org")
    return text.rstrip("/") if text else None


def _postgres_url(secret: SecretStr | None) -> SecretStr | None:
    if secret and not secret.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    return secret


def _long_secret(secret: SecretStr | None) -> SecretStr | None:
    if secret and len(secret.get_secret_value()) < 32:  # noqa: PLR2004 - said in the message
        raise ValueError("use at least 32 characters; `openssl rand -base64 48` makes a good one")
    return secret


Rate = Annotated[str, AfterValidator(_rate)]
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]

_LAST_PORT = 65535


class Settings(BaseSettings):
    """The settings of one installation; each may be set as `KINETOSCOPE_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = Field(
        default=Path("kinetoscope-data"),
        description="Directory that holds everything this machine keeps: database, files, secrets.",
    )
    database_url: Annotated[SecretStr | None, AfterValidator(_postgres_url)] = Field(
        default=None,
        description="PostgreSQL (15 or newer, pgvector 0.8 or newer) to use instead of the embedded one, "
        "as `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.",
    )
    database_pool_size: int = Field(
        default=10, ge=2, le=200, description="Connections to PostgreSQL that each process may hold."
    )
    pg_bin_dir: Path | None = Field(
        default=None,
        description="Directory of PostgreSQL's programs, if not those that came with the install.",
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on; `0.0.0.0` for all of the machine."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    workers: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="API processes; by default one on up to two cores, else cores − 1.",
    )
    public_url: Annotated[str | None, AfterValidator(_web_url)] = Field(
        default=None,
        description="Where people reach this installation, such as `https://video.example.org`; "
        "used in links. By default the address of each request.",
    )
    trusted_proxies: Annotated[CommaList, AfterValidator(_networks)] = Field(
        default=(),
        description="Networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are "
        "believed, separated by commas, such as `127.0.0.1/32,10.0.0.0/8`.",
    )
    cors_origins: Annotated[CommaList, AfterValidator(_origins)] = Field(
        default=(), description="Origins whose pages may call the API, separated by commas; `*` for all."
    )
    secret_key: Annotated[SecretStr | None, AfterValidator(_long_secret)] = Field(
        default=None,
        description="Root secret that all keys derive from, to be shared by several machines. By default "
        "one is made in the data directory on first start.",
    )
    secret_key_previous: Annotated[SecretStr | None, AfterValidator(_long_secret)] = Field(
        default=None, description="Root secret from before a rotation: what it signed is still accepted."
    )
    auth_rate_limit: Rate = Field(
        default="10/minute",
        description="Registrations and logins from one address, each counted for itself.",
    )
    public_write_rate_limit: Rate = Field(
        default="600/minute",
        description="Requests without a caller that write, from one address to all processes.",
    )
    access_token_minutes: int = Field(
        default=30, ge=1, le=1440, description="How long an access token is valid."
    )
    refresh_token_days: int = Field(
        default=30, ge=1, le=365, description="How long a refresh token is valid."
    )
    max_body_bytes: int = Field(
        default=1 << 20, ge=1024, description="Largest request body that is not an upload, in bytes."
    )
    max_upload_bytes: int = Field(default=20 << 30, ge=1024, description="Largest video file, in bytes.")
    max_photo_bytes: int = Field(default=32 << 20, ge=1024, description="Largest photo file, in bytes.")
    photo_quota_bytes: int = Field(
        default=10 << 30, ge=0, description="Bytes that the photos of one account may take, as they are kept."
    )
    upload_expiry_hours: int = Field(
        default=24, ge=1, le=720, description="How long an unfinished upload is kept."
    )
    playback_url_minutes: int = Field(
        default=360, ge=1, le=10080, description="How long a signed playback address is valid."
    )
    media_processes: int = Field(
        default=1, ge=1, le=32, description="Videos that each worker processes at the same time."
    )
    media_minutes: int = Field(
        default=240, ge=1, le=1440, description="Longest time that the processing of one video may take."
    )
    media_memory_mb: int = Field(
        default=2048, ge=256, description="Most memory that the processing of one video may take, in MiB."
    )
    hls_from_seconds: int = Field(
        default=600, ge=0, description="Videos of at least this duration are also offered as HLS."
    )
    geoip_path: Path | None = Field(
        default=None,
        description="File in MaxMind's format that tells country and city of an address, such as DB-IP Lite "
        "or GeoLite2; loaded anew when it changes. Without one, both are `unknown`.",
    )
    views_per_source: int = Field(
        default=500,
        ge=1,
        description="Most views of one video on one day (UTC) that count from one address (IPv6: "
        "/64 network) or one account.",
    )
    views_kept_months: int = Field(
        default=13,
        ge=2,
        le=1200,
        description="How many months raw views are kept; what reports show of older ones stays.",
    )
    realtime_url: Annotated[str | None, AfterValidator(_web_url)] = Field(
        default=None,
        description="Media server to use instead of our own: it speaks Cloudflare Realtime's Connection API. "
        "For the cloud: `https://rtc.live.cloudflare.com`.",
    )
    realtime_app_id: str | None = Field(
        default=None,
        max_length=100,
        pattern="^[A-Za-z0-9_-]+$",
        description="The app's id at the media server.",
    )
    realtime_app_secret: SecretStr | None = Field(
        default=None, description="The app's secret at the media server."
    )
    sfu_host: str = Field(
        default="127.0.0.1",
        description="Address on which our own media server answers the API's calls. Media itself is "
        "received on all addresses.",
    )
    sfu_http_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port on which our own media server answers the API's calls; by default a free one is "
        "chosen on first start and kept.",
    )
    sfu_port: int = Field(
        default=7880,
        ge=0,
        le=65535,
        description="Port for media, UDP and TCP alike, to be reachable for participants; 0 takes any "
        "free one.",
    )
    sfu_processes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Media servers that `serve` runs, each on a core of its own; a session stays on one. The "
        "second gets the ports that are 2 higher, the third those 4 higher, and so on.",
    )
    sfu_announce: Annotated[CommaList, AfterValidator(_addresses)] = Field(
        default=(),
        description="Addresses under which participants reach the media server, separated by commas: needed "
        "behind NAT and in containers. By default those of this machine.",
    )
    session_rate_limit: Rate = Field(
        default="10/minute", description="Live sessions that one account may create."
    )
    session_token_hours: int = Field(
        default=24, ge=1, le=168, description="How long the token of who has joined a session is valid."
    )
    stun_urls: CommaList = Field(
        default=(),
        description="STUN servers, separated by commas, such as `stun:stun.example.org:3478`; by default the "
        "media server itself, which answers STUN.",
    )
    turn_urls: CommaList = Field(
        default=(),
        description="TURN servers, separated by commas, such as `turn:turn.example.org:3478?transport=udp`.",
    )
    turn_secret: SecretStr | None = Field(
        default=None,
        description="The secret that the TURN servers share with us (`static-auth-secret` of coturn).",
    )
    turn_ttl_seconds: int = Field(
        default=600, ge=60, le=172_800, description="How long credentials for TURN servers are valid."
    )
    embeddings: str = Field(
        default="local",
        description="What makes vectors for search: `local` (the model that comes with the platform), `none` "
        "(search by words alone), a directory with `model.onnx` and `tokenizer.json`, or a server that "
        "speaks the shape of `zerodb` or `openai`.",
    )
    embeddings_url: Annotated[str | None, AfterValidator(_web_url)] = Field(
        default=None,
        description="Where that server takes texts, such as `https://vectors.example.org/v1/embeddings`.",
    )
    embeddings_model: str = Field(
        default="BAAI/bge-small-en-v1.5", description="Which of that server's models is asked for."
    )
    embeddings_key: SecretStr | None = Field(
        default=None, description="What that server knows this installation by (a bearer token)."
    )
    embedding_threads: int = Field(
        default=1, ge=1, le=64, description="Threads that each process uses to make vectors."
    )
    models_dir: Path | None = Field(
        default=None,
        description="Directory of the embedding model, made at first use; by default `models` in the data "
        "directory.",
    )
    exploration_percent: float = Field(
        default=5,
        ge=0,
        le=20,
        description="In how many of a hundred lists of recommendations two neighbours change places, which "
        "tells how much a click at each rank says.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important kind of event that is logged."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="How log lines look; `auto` is `console` on a terminal and `json` elsewhere.",
    )

    @model_validator(mode="after")
    def _know_the_server(self) -> Self:
        if self.embeddings in {"zerodb", "openai"} and self.embeddings_url is None:
            raise ValueError(f"{PREFIX}EMBEDDINGS is {self.embeddings!r}: set {PREFIX}EMBEDDINGS_URL too")
        return self

    @model_validator(mode="after")
    def _realtime_is_whole(self) -> Self:
        if self.realtime_url and not (self.realtime_app_id and self.realtime_app_secret):
            raise ValueError(
                f"{PREFIX}REALTIME_URL names a media server that knows us by {PREFIX}REALTIME_APP_ID and "
                f"{PREFIX}REALTIME_APP_SECRET; set these too."
            )
        return self

    @model_validator(mode="after")
    def _each_sfu_has_ports(self) -> Self:
        last = max(self.sfu_port, self.sfu_http_port or 0) + 2 * (self.sfu_processes - 1)
        if last > _LAST_PORT:
            raise ValueError(f"{PREFIX}SFU_PROCESSES needs ports up to {last}; there are {_LAST_PORT}.")
        return self

    @model_validator(mode="after")
    def _each_sfu_port_has_one_use(self) -> Self:
        span = 2 * self.sfu_processes
        media = range(self.sfu_port, self.sfu_port + span, 2) if self.sfu_port else range(0)
        called = self.sfu_http_port or 0
        both = next((port for port in range(called, called + span, 2) if port in media), None)
        if both is not None:
            raise ValueError(
                f"Port {both} would be one for media and one for the API's calls: choose another "
                f"{PREFIX}SFU_HTTP_PORT, apart from {PREFIX}SFU_PORT and those after it."
            )
        return self


def load_settings(**overrides: object) -> Settings:
    """Return the settings of the environment; refuse with all of the bad ones at once."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # pyright: ignore[reportArgumentType] - checked by the class itself
    except ValidationError as error:
        raise SettingsInvalid(_explained(error)) from None
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is {error.object[error.start]:#04x}"
        raise SettingsInvalid(f"The file .env is not UTF-8 text: {where}. Write it anew.") from None


def _explained(error: ValidationError) -> str:
    lines = ["These settings cannot be used:"]
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        message = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            lines.append(f"  {message}")  # of several settings together, which it names
            continue
        name = str(problem["loc"][0])
        field = Settings.model_fields.get(name)
        lines.append(f"  {PREFIX}{name.upper()}: {message}")
        if field and field.description:
            lines.append(f"      It is: {field.description}")
    lines.append("Correct them in the environment or in .env, and start again.")
    return "\n".join(lines)
