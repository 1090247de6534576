"""What left the box: rows of keys and figures, each figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_ARROW = {"string": "string", "int64": "int64", "float64": "float64"}


@dataclass(frozen=True)
class Release:
    """A release as its reader sees it.

    columns are names, types their types (string, int64 or float64). rows are None
    until whoever asks may read the figures: see state. A figure `n` has `n_lo` and
    `n_hi` beside it, between which the figure without noise lies 95 % of the time,
    or `n_ranks`, how many ranks a chosen quantile may be off.
    """

    id: str
    job: str
    state: str
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Release:
        """The release of an answer of the server."""
        doc, content = answer["release"], answer.get("content")
        if not content:
            return cls(doc["id"], doc["job"], doc["state"])
        return cls(
            doc["id"],
            doc["job"],
            doc["state"],
            tuple(c["name"] for c in content["columns"]),
            tuple(c["type"] for c in content["columns"]),
            tuple(tuple(r) for r in content["rows"]),
            content.get("facts") or {},
        )

    @property
    def figures(self) -> tuple[str, ...]:
        """The columns that have margins beside them."""
        return tuple(c for c in self.columns if f"{c}_lo" in self.columns or f"{c}_ranks" in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that say which group a row is of."""
        with_margins = self.figures
        beside = {f"{c}{end}" for c in with_margins for end in ("_lo", "_hi", "_ranks")}
        return tuple(c for c in self.columns if c not in with_margins and c not in beside)

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        at = self.columns.index(name)
        return [r[at] for r in self._rows()]

    def errors(self, figure: str) -> list[tuple[float, float]]:
        """How far the interval of a figure reaches below and above it, row by row, as plots want it."""
        value, low, high = (self.column(figure + end) for end in ("", "_lo", "_hi"))
        return [(v - a, b - v) for v, a, b in zip(value, low, high)]

    def _rows(self) -> tuple[tuple[Any, ...], ...]:
        if self.rows is None:
            raise PermissionError(f"release {self.id} is {self.state}: its figures are not yours to read yet")
        return self.rows

    def to_arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table."""
        import pyarrow as pa

        kinds = [pa.type_for_alias(_ARROW[t]) for t in self.types]
        self._rows()
        return pa.table({c: pa.array(self.column(c), type=k) for c, k in zip(self.columns, kinds)})

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a data frame of pandas."""
        import pandas as pd

        frame = pd.DataFrame.from_records(list(self._rows()), columns=list(self.columns))
        kinds = {"string": "string", "int64": "Int64", "float64": "float64"}
        return frame.astype({c: kinds[t] for c, t in zip(self.columns, self.types)})

    def to_polars(self) -> polars.DataFrame:
        """The rows as a data frame of polars."""
        import polars as pl

        kinds = {"string": pl.String, "int64": pl.Int64, "float64": pl.Float64}
        self._rows()
        return pl.DataFrame({c: self.column(c) for c in self.columns}, schema={c: kinds[t] for c, t in zip(self.columns, self.types)})
