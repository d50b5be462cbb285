"""The station file: beds, the devices at each bed, and the people of a clinic."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from config.models.base import Model
from config.models.escalation import Escalation

#: The bed that trainees watch, beside the station's own.
TRAINING_BED = "train-1"


class Person(Model):
    """Someone who may record. Until accounts come the page asks who is at the bed; every entry carries the name."""

    name: str = Field(min_length=1, max_length=60)
    role: Literal["nurse", "charge", "physician", "trainer", "administrator"] = "nurse"


class Device(Model):
    """One monitor on one port. `port`: whatever pyserial opens (`/dev/ttyUSB0`, `COM3`, `socket://host:port`, `rfc2217://…`).

    Line settings left out are those of the monitor's own specification.
    """

    name: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$")
    monitor: str
    port: str = Field(min_length=1)
    baud: int | None = Field(default=None, ge=300, le=921_600)


class Bed(Model):
    """`prefer`: signal -> device names in order of preference; without a row the order of `devices` holds."""

    id: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")
    title: str = Field(min_length=1, max_length=40)
    devices: tuple[Device, ...] = ()
    prefer: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [device.name for device in self.devices]
        if len(set(names)) != len(names):
            raise ValueError(f"bed {self.id!r} has two devices of one name")
        for signal, order in self.prefer.items():
            if unknown := sorted(set(order) - set(names)):
                raise ValueError(
                    f"bed {self.id!r}: prefer.{signal} names {', '.join(unknown)}, which is not a device of the bed"
                )
        return self


class Station(Model):
    """`profile`: the alarm profile that a new session starts with. `escalation`: what becomes of an alarm that nobody answers.
    `training`: whether the station offers the training room, whose runs are in the store of simulations."""

    name: str = "Infusion clinic"
    profile: str = "A-standard-adult"
    people: tuple[Person, ...] = Field(min_length=1)
    beds: tuple[Bed, ...] = Field(min_length=1, max_length=32)
    escalation: Escalation = Escalation()
    training: bool = True

    @field_validator("people")
    @classmethod
    def _people_differ(cls, people: tuple[Person, ...]) -> tuple[Person, ...]:
        names = [person.name for person in people]
        if len(set(names)) != len(names):
            raise ValueError("two people have the same name; add a middle initial")
        return people

    @model_validator(mode="after")
    def _beds_differ(self) -> Self:
        ids = [bed.id for bed in self.beds]
        if len(set(ids)) != len(ids):
            raise ValueError("two beds have the same id")
        if self.training and TRAINING_BED in ids:
            raise ValueError(
                f"bed {TRAINING_BED!r} is the training room's; give it another id, or set training = false"
            )
        ports = [device.port for bed in self.beds for device in bed.devices]
        if doubled := sorted({port for port in ports if ports.count(port) > 1}):
            raise ValueError(f"port {', '.join(doubled)} is given to two devices")
        return self
