"""What becomes of an alarm that nobody answers: the `[escalation]` table of the station file. Times from the alarm facts, 1.10."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from config.models.base import Model

Seconds = Annotated[float, Field(ge=5, le=3600)]
Urgent = Literal["high", "medium"]


def _one_for_both(value: Any) -> Any:
    """A bare number holds for both priorities."""
    return {"high": value, "medium": value} if isinstance(value, int | float) else value


class SecondScreen(Model):
    """How long an alarm stands unanswered before every other screen of the station shows and sounds it."""

    high: Seconds = 30.0
    medium: Seconds = 120.0


class ContactWaits(Model):
    """How long an alarm stands unanswered before a contact is told."""

    high: Seconds = 60.0
    medium: Seconds = 300.0


class Contact(Model):
    """Somebody who is told over the network, best effort. The address is an Apprise URL and may hold a password or a token: it is
    taken from the environment variable `url_env` where the station file should not have it, and is never printed or shown."""

    name: str = Field(min_length=1, max_length=40)
    url: SecretStr | None = None
    url_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    priorities: tuple[Urgent, ...] = Field(default=("high", "medium"), min_length=1)
    after_s: Annotated[ContactWaits, BeforeValidator(_one_for_both)] = ContactWaits()

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        if self.url is not None and "://" not in self.url.get_secret_value():
            raise ValueError("url: expected an Apprise URL, such as json://host/path or mailto://user:password@host")
        return self


class Escalation(Model):
    """`second_screen_after_s` and `after_s` take one number, or one each for high and medium. `call_after_s`: when every screen says
    `call`, who to telephone, for a high alarm. `no_screen_after_s`: how long an open session may be without a screen that can warn."""

    second_screen_after_s: Annotated[SecondScreen, BeforeValidator(_one_for_both)] = SecondScreen()
    call_after_s: Seconds = 60.0
    call: str = Field(default="Call the emergency number", min_length=1, max_length=60)
    no_screen_after_s: float = Field(default=30.0, ge=15, le=3600)
    contacts: tuple[Contact, ...] = Field(default=(), max_length=20)

    @field_validator("contacts")
    @classmethod
    def _names_differ(cls, contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
        names = [contact.name for contact in contacts]
        if len(set(names)) != len(names) or "screens" in names:
            raise ValueError("two contacts have the same name, or one is called 'screens'")
        return contacts
