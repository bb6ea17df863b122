"""How a module's outcome comes about: failures, warnings and notes, collected until the module has ended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

import pytest


class ModuleStoppedError(AssertionError):
    """A demand without which the module cannot go on was not met."""


@dataclass(slots=True)
class Verdict:
    """Everything one module has found out about the provider.

    The official suite tells a FAILURE that ends the module from one that lets it go on, and both from a WARNING.
    The same three are here: `demand`, `expect` and `advise`. A note never changes the outcome.
    """

    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _afterwards: list[Callable[[], None]] = field(default_factory=list)

    def demand(self, holds: object, otherwise: str) -> None:
        """Stop the module with a failure unless something holds."""
        if not holds:
            raise ModuleStoppedError(otherwise)

    def stop(self, why: str) -> ModuleStoppedError:
        """The exception to raise where the module cannot go on."""
        return ModuleStoppedError(why)

    def expect(self, holds: object, otherwise: str) -> None:
        """Record a failure unless something holds, and go on."""
        if not holds:
            self.failures.append(otherwise)

    def expect_none(self, problems: Iterable[str]) -> None:
        """Record each problem as a failure."""
        self.failures.extend(problems)

    def advise(self, holds: object, otherwise: str) -> None:
        """Record a warning unless something holds."""
        if not holds:
            self.warnings.append(otherwise)

    def advise_none(self, problems: Iterable[str]) -> None:
        """Record each problem as a warning."""
        self.warnings.extend(problems)

    def note(self, remark: str) -> None:
        """Record something worth reading that is neither good nor bad."""
        if remark not in self.notes:
            self.notes.append(remark)

    def not_applicable(self, reason: str) -> NoReturn:
        """End the module as the official suite's SKIPPED; what was found before still makes it red."""
        pytest.skip(f"not applicable: {reason}")

    def afterwards(self, step: Callable[[], None]) -> None:
        """Run a step when the module has ended, whatever its outcome; what the step finds still counts."""
        self._afterwards.append(step)

    def finish(self) -> None:
        """Run the steps that were put off, the last one first."""
        while self._afterwards:
            self._afterwards.pop()()

    def summary(self, *, warnings_allowed: bool) -> str:
        """Every finding that turns the module red, one a line; empty when it passed."""
        lines = [f"FAILURE: {failure}" for failure in self.failures]
        if lines or not warnings_allowed:
            lines += [f"WARNING: {warning}" for warning in self.warnings]
        return "\n".join(lines)
