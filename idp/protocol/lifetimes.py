"""How long what the provider issues lives."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Each at most as long as the settings allow.

    Attributes:
        refresh_idle: A refresh token that is not used for so long ends.
        refresh_absolute: However often it is used, the family ends so long after the code was redeemed.
        refresh_repeat_window: Presenting a used refresh token again within it is taken for a second tab or a lost
            answer: refused, but the family lives on.
    """

    code: timedelta = timedelta(seconds=60)
    access_token: timedelta = timedelta(hours=1)
    jwt_access_token: timedelta = timedelta(minutes=5)
    id_token: timedelta = timedelta(minutes=5)
    refresh_idle: timedelta = timedelta(days=30)
    refresh_absolute: timedelta = timedelta(days=90)
    refresh_repeat_window: timedelta = timedelta(seconds=10)
    device_code: timedelta = timedelta(minutes=10)
