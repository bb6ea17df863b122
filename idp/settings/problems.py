"""What is wrong with the settings, said to the operator in one block."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class SettingProblem:
    """One setting and what to do about it. The sentence never contains the value of a secret."""

    name: str
    sentence: str


class SettingsError(Exception):
    """The settings cannot be used; all reasons at once."""

    def __init__(self, problems: Iterable[SettingProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.block())

    def block(self) -> str:
        """One line for each setting, aligned."""
        count = len(self.problems)
        width = max((len(problem.name) for problem in self.problems), default=0)
        heading = f"idp: {count} setting{'' if count == 1 else 's'} need{'s' if count == 1 else ''} attention"
        return "\n".join([heading, *(f"  {problem.name:<{width}}   {problem.sentence}" for problem in self.problems)])
