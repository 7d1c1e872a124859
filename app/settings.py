"""Settings: environment variables that begin with ASKBAY_, or a .env file. None is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseSettings):
    """What can be set. Lower floors never see this: wiring hands them plain values."""

    model_config = SettingsConfigDict(env_prefix="ASKBAY_", env_file=".env", extra="ignore", frozen=True)

    data: Path = Field(default=Path("var"), description="folder for everything that is kept")
    city: str = Field(default="kaohsiung", description="a folder of cities/, or the path of a city's folder")
    language: Literal["zh-TW", "en"] = Field(default="zh-TW", description="language of the command line: zh-TW or en")
    host: str = Field(default="127.0.0.1", description="address the web server listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="port the web server listens on")
    database: SecretStr = Field(
        default=SecretStr(""), description="SQLAlchemy address; empty: SQLite under the data folder"
    )
    embedding_model: str = Field(
        default="shipped",
        description="shipped (empty is the same), or a sentence-transformers model: a folder or a name of the hub",
    )
    reranker: str = Field(default="", description="a sentence-transformers cross-encoder; empty: none")
    language_model: str = Field(
        default="", description="a chat model as LangChain names it, provider:model; empty: answers are quotes"
    )
    language_model_url: str = Field(default="", description="address of an OpenAI-compatible server; empty: its own")
    language_model_key: SecretStr = Field(
        default=SecretStr(""), description="its key; empty: from the provider's own variable, such as OPENAI_API_KEY"
    )
    language_model_seconds: float = Field(
        default=6.0, gt=0, le=7.0, description="what the model may take of a question's time, in seconds"
    )
    language_model_calls: int = Field(default=8, ge=1, description="calls of the model at once, in each process")
    language_model_prices: tuple[Price, Price] = Field(
        default=(0.0, 0.0), description="what a million tokens in and out cost, as JSON: [0.4, 1.6]"
    )
    public_url: str = Field(
        default="", description="https address of this server for the platforms' webhooks; empty: Telegram is polled"
    )
    line_channel_secret: SecretStr = Field(default=SecretStr(""), description="of the LINE channel; empty: no LINE")
    line_channel_access_token: SecretStr = Field(default=SecretStr(""), description="of the LINE channel")
    telegram_token: SecretStr = Field(default=SecretStr(""), description="of the Telegram bot; empty: no Telegram")
    line_api: str = Field(default="", description="address of LINE's API; empty: LINE's own")
    telegram_api: str = Field(default="", description="address of Telegram's API; empty: Telegram's own")
    staff_token: SecretStr = Field(default=SecretStr(""), description="opens the API for staff; empty: it is closed")
    staff_tokens: dict[str, SecretStr] = Field(
        default={}, description="a token for each member of staff or system, as JSON: names and tokens"
    )
    redis: str = Field(default="", description="redis:// address, where several workers send; empty: one does")
    retention_days: int = Field(default=180, ge=1, description="questions older than this are deleted")

    @property
    def has_line(self) -> bool:
        """Whether LINE is configured: it needs both of its settings."""
        return bool(self.line_channel_secret.get_secret_value() and self.line_channel_access_token.get_secret_value())

    @property
    def has_telegram(self) -> bool:
        """Whether Telegram is configured."""
        return bool(self.telegram_token.get_secret_value())

    def webhook_address(self, channel: str) -> str:
        """Return the address a platform is told to call, or "" where there is no public one."""
        return f"{self.public_url.rstrip('/')}/webhooks/{channel}" if self.public_url else ""
