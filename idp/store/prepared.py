"""Statements of the hot path: compiled once, and run on the driver's own cursor.

SQLAlchemy's way from a statement to a row costs twice what the driver's does, and a sign-on is little else than four
of them. What it is worth having SQLAlchemy for stays: the statement is written in Core, connections come from its pool,
and errors leave as its errors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert, ReturningUpdate
from sqlalchemy.sql.selectable import Select

_Convert = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for one kind of database.

    Attributes:
        constants: Values that stand in the statement itself.
        given: The values to be given, and how each is turned into the driver's.
        order: The names in the order of the placeholders; None where the driver takes names.
        columns: How each value of a row is turned into ours.
    """

    text: str
    constants: Mapping[str, Any]
    given: tuple[tuple[str, _Convert], ...]
    order: tuple[str, ...] | None
    columns: tuple[tuple[int, Callable[[Any], Any]], ...]

    def parameters(self, values: Mapping[str, Any]) -> Mapping[str, Any] | Sequence[Any]:
        """The values as the driver takes them."""
        named = {**self.constants}
        for name, convert in self.given:
            value = values[name]
            named[name] = value if convert is None else convert(value)
        return named if self.order is None else [named[name] for name in self.order]


class Prepared:
    """One statement with the same parameters each time.

    Args:
        columns: What an insert sets; each is a parameter of that name.
    """

    def __init__(self, statement: Select[Any] | ReturningUpdate[Any] | Insert, *, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def first(self, db: Connection, values: Mapping[str, Any]) -> Any:
        """Run it and give its first row, a tuple, or None.

        Raises:
            DBAPIError: As from SQLAlchemy.
        """
        compiled = self._for(db.dialect)
        found = self._run(db, compiled, values, fetch=True)
        if found is None:
            return None
        row = list(found)
        for place, convert in compiled.columns:
            row[place] = convert(row[place])
        return tuple(row)

    def run(self, db: Connection, values: Mapping[str, Any]) -> None:
        """Run it for what it does.

        Raises:
            DBAPIError: As from SQLAlchemy.
        """
        self._run(db, self._for(db.dialect), values, fetch=False)

    def _run(self, db: Connection, compiled: _Compiled, values: Mapping[str, Any], *, fetch: bool) -> Any:
        dialect = db.dialect
        assert dialect.dbapi is not None
        cursor, parameters = db.connection.cursor(), compiled.parameters(values)
        # Whoever listens to statements, to count or to trace them, hears of this one too.
        for listener in db.dispatch.before_cursor_execute:
            listener(db, cursor, compiled.text, parameters, None, False)
        try:
            cursor.execute(compiled.text, parameters)
            return cursor.fetchone() if fetch else None
        except dialect.dbapi.Error as error:
            if dialect.is_disconnect(error, db.connection.dbapi_connection, cursor):
                # SQLAlchemy finds the same, and drops every connection of the pool that may be as dead.
                db.exec_driver_sql("SELECT 1")
            raise DBAPIError.instance(
                compiled.text, None, error, dialect.dbapi.Error, hide_parameters=True, dialect=dialect
            ) from error
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        converts = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        constants = {
            name: bind.value if (convert := converts[name]) is None else convert(bind.value)
            for name, bind in compiled.binds.items()
            if not bind.required
        }
        given = tuple((name, convert) for name, convert in converts.items() if name not in constants)
        columns = [] if isinstance(self._statement, Insert) else list(self._statement.exported_columns)
        results = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
        return _Compiled(
            text=str(compiled),
            constants=constants,
            given=given,
            order=tuple(compiled.positiontup) if compiled.positional else None,
            columns=tuple((place, convert) for place, convert in enumerate(results) if convert is not None),
        )
