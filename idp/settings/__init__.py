"""The settings of the server: one frozen model, every problem reported at once, nothing read anywhere else."""

from idp.settings.groups import Argon2, Lifetimes, Throttle
from idp.settings.model import Settings
from idp.settings.problems import SettingProblem, SettingsError

__all__ = ["Argon2", "Lifetimes", "SettingProblem", "Settings", "SettingsError", "Throttle"]
