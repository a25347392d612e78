"""Embeddings in PostgreSQL with the extension pgvector: loading, search and near duplicates, all by SQL.

    import psycopg
    import dreamsim_native.postgres as dsp

    model = ds.load("lite")
    with psycopg.connect("dbname=images") as connection:
        images = dsp.Table.create(connection, "images", model.stamp, model.width)
        images.load(ids, model.embed(paths))
        images.build_index()
        images.search(model.embed("query.jpg"), 10)

Embeddings are kept as halfvec, two bytes a component, of up to 4,000 components (an index of HNSW takes that many).
Each table has the stamp of its model in the table ``dreamsim_stamps``, and takes no other embeddings. Needs psycopg 3
and a server with pgvector 0.7 or later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

import numpy as np

from ._columns import units
from ._embeddings import Embeddings
from ._errors import ArgumentError, IncomparableError, MissingError, StorageError

if TYPE_CHECKING:
    import psycopg

# Most components of a halfvec that an index of HNSW takes.
_MOST = 4000
_STAMPS = "dreamsim_stamps"
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_ROWS = 1024


class Table:
    """A table of embeddings: ``id`` text, its primary key, and ``embedding`` halfvec. `create` and `open` make it.

    Its statements run in the transaction of the connection, which the caller commits; a fault of the database is psycopg's.
    """

    def __init__(self, connection: psycopg.Connection[Any], name: str, stamp: Dict[str, Any], width: int) -> None:
        self._connection, self.name, self.stamp, self.width = connection, name, stamp, width

    @classmethod
    def create(
        cls, connection: psycopg.Connection[Any], name: str, stamp: Optional[Dict[str, Any]], width: int
    ) -> Table:
        """Makes a table, and the extension where the database lacks it; opens one that is there.

        Args:
            connection: Of psycopg.
            name: The table's name, with its schema if it has one.
            stamp, width: Of the model, as `Metric` and `Embeddings` have them.

        Raises:
            IncomparableError: The table is there, and holds embeddings of another model.
            StorageError: The server lacks pgvector.
        """
        if not isinstance(stamp, dict):
            raise ArgumentError(
                "stamp: embeddings without one cannot be compared with anything; give that of the model"
            )
        if isinstance(width, bool) or not isinstance(width, int) or not 1 <= width <= _MOST:
            raise ArgumentError(
                f"width {width!r}: pgvector indexes halfvec of 1 to {_MOST} components; use a smaller model"
            )
        sql = _sql()
        if not _one(connection, "SELECT true FROM pg_available_extensions WHERE name = 'vector'"):
            raise StorageError("pgvector: the server does not have it; install the extension 'vector', 0.7 or later")
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {_STAMPS} (name text PRIMARY KEY, width integer NOT NULL, stamp jsonb NOT NULL)"
        )
        connection.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} (id text PRIMARY KEY, embedding halfvec({}) NOT NULL)").format(
                _identifier(name), sql.Literal(width)
            )
        )
        connection.execute(
            f"INSERT INTO {_STAMPS} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (name, width, json.dumps(stamp))
        )
        made = cls.open(connection, name)
        made._check(stamp, width)
        return made

    @classmethod
    def open(cls, connection: psycopg.Connection[Any], name: str) -> Table:
        """Opens a table that `create` made.

        Raises:
            ArgumentError: There is none.
        """
        found = None
        if _one(connection, "SELECT to_regclass(%s)", (_STAMPS,)) is not None:
            found = connection.execute(f"SELECT stamp, width FROM {_STAMPS} WHERE name = %s", (name,)).fetchone()
        if found is None:
            raise ArgumentError(f"table {name!r}: {_STAMPS} does not list it; make it with Table.create()")
        return cls(connection, name, dict(found[0]), int(found[1]))

    def __len__(self) -> int:
        """The number of embeddings."""
        return int(_one(self._connection, _sql().SQL("SELECT count(*) FROM {}").format(self._table)))

    def __bool__(self) -> bool:
        return True

    @property
    def _table(self) -> Any:
        return _identifier(self.name)

    def _check(self, stamp: Optional[Dict[str, Any]], width: int) -> None:
        if stamp is None:
            raise IncomparableError(
                f"table {self.name!r}: embeddings without a stamp; of which model they are is not known; Embeddings(array, stamp)"
            )
        # As the database has it: JSON has one kind of number.
        if json.loads(json.dumps(stamp)) != self.stamp or width != self.width:
            raise IncomparableError(
                f"table {self.name!r}: it holds embeddings of {json.dumps(self.stamp)} with {self.width} components, and these "
                f"are of {json.dumps(stamp)} with {width}; embed with that model, or use another table"
            )

    def load(self, ids: Iterable[str], embeddings: Embeddings) -> int:
        """Adds embeddings by binary COPY. Before the index is built that is the quickest.

        Args:
            ids: N texts that are not in the table; bytes of paths that are not UTF-8 cannot be stored.
            embeddings: [N, D]. They are divided by their lengths, and rounded to half precision.

        Returns:
            How many were added.

        Raises:
            IncomparableError: They are of another model, or of none that is known.
            ArgumentError: There are not as many ids, or values that are not finite.
        """
        if not isinstance(embeddings, Embeddings) or embeddings.ndim != 2:
            raise ArgumentError("embeddings: [N, D] with a stamp are wanted, as Metric.embed gives them")
        names = list(ids)
        if len(names) != len(embeddings):
            raise ArgumentError(f"{len(names)} ids for {len(embeddings)} embeddings: each needs one")
        self._check(embeddings.stamp, embeddings.shape[1])
        if not np.isfinite(np.asarray(embeddings)).all():
            raise ArgumentError(
                "embeddings: some values are not finite, as of images that failed; leave these rows out"
            )
        statement = _sql().SQL("COPY {} (id, embedding) FROM STDIN (FORMAT BINARY)").format(self._table)
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(_HEADER)
            for start in range(0, len(names), _ROWS):
                copy.write(_rows(names[start : start + _ROWS], np.asarray(embeddings[start : start + _ROWS])))
            copy.write(b"\xff\xff")
        return len(names)

    def build_index(self, *, m: int = 16, ef_construction: int = 64) -> None:
        """Builds the index (HNSW by cosine) that makes searches approximate and quick. Best after loading; what is
        loaded afterwards is added to it. `maintenance_work_mem` should hold the graph, some 2 D + 8 m bytes an image.

        Args:
            m: Connections of an image, 2 ... 100.
            ef_construction: Candidates while building, 4 ... 1000, at least 2 m.
        """
        for name, value, least, most in (("m", m, 2, 100), ("ef_construction", ef_construction, 2 * m, 1000)):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ArgumentError(f"{name} {value!r}: it is {least} ... {most}")
        sql = _sql()
        self._connection.execute(
            sql.SQL(
                "CREATE INDEX IF NOT EXISTS {} ON {} USING hnsw (embedding halfvec_cosine_ops) "
                "WITH (m = {}, ef_construction = {})"
            ).format(
                sql.Identifier(self.name.rpartition(".")[2] + "_embedding_hnsw"),
                self._table,
                sql.Literal(m),
                sql.Literal(ef_construction),
            )
        )

    def search(
        self, embedding: Embeddings, k: int = 10, *, ef_search: int = 200, exact: bool = False
    ) -> List[Tuple[str, float]]:
        """The ids that are nearest to one embedding, and their distances, the nearest first.

        Args:
            embedding: [D], of the table's model.
            k: How many, 1 ... 1000.
            ef_search: Candidates of the index, 1 ... 1000; more find more of the nearest, and take longer.
            exact: Whether all rows are compared, and not the index asked.

        Returns:
            Distances are those of half precision: one minus the cosine, within some 1e-3.
        """
        if not isinstance(embedding, Embeddings) or embedding.ndim != 1:
            raise ArgumentError("embedding: one with a stamp is wanted, [D], as Metric.embed gives it of one image")
        self._check(embedding.stamp, embedding.shape[0])
        for name, value in (("k", k), ("ef_search", ef_search)):
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
                raise ArgumentError(f"{name} {value!r}: it is 1 ... 1000")
        statement = (
            _sql()
            .SQL("SELECT id, embedding <=> %s::halfvec AS distance FROM {} ORDER BY embedding <=> %s::halfvec LIMIT %s")
            .format(self._table)
        )
        vector = _text(embedding)
        with self._settings(max(k, ef_search), exact):
            found = self._connection.execute(statement, (vector, vector, k)).fetchall()
        return [(str(name), float(distance)) for name, distance in found]

    def near_duplicates(
        self, threshold: float, *, neighbors: int = 20, ef_search: int = 200
    ) -> List[Tuple[str, str, float]]:
        """Pairs of near images, by asking the index for the neighbors of every row, in the database.

        Args:
            threshold: The largest distance.
            neighbors: How many of each row are looked at, 1 ... 1000; a group of more copies is then connected through
                some of its pairs.
            ef_search: As of `search`.

        Returns:
            Two ids, the smaller one first, and their distance; by ids.
        """
        if not 0 <= threshold <= 2:
            raise ArgumentError(f"threshold {threshold!r}: it is a distance, 0 ... 2")
        if isinstance(neighbors, bool) or not isinstance(neighbors, int) or not 1 <= neighbors <= 1000:
            raise ArgumentError(f"neighbors {neighbors!r}: it is 1 ... 1000")
        statement = (
            _sql()
            .SQL(
                "SELECT DISTINCT least(a.id, b.id), greatest(a.id, b.id), b.distance FROM {} a CROSS JOIN LATERAL "
                "(SELECT id, embedding <=> a.embedding AS distance FROM {} ORDER BY embedding <=> a.embedding LIMIT %s) b "
                "WHERE b.id <> a.id AND b.distance <= %s ORDER BY 1, 2"
            )
            .format(self._table, self._table)
        )
        with self._settings(max(neighbors + 1, ef_search), False):
            found = self._connection.execute(statement, (neighbors + 1, threshold)).fetchall()
        return [(str(a), str(b), float(distance)) for a, b, distance in found]

    def _settings(self, ef_search: int, exact: bool) -> Any:
        """A savepoint with settings of its own, which are over at its end."""
        return _Settings(self._connection, {"hnsw.ef_search": str(min(1000, ef_search)), **(_EXACT if exact else {})})


_EXACT = {"enable_indexscan": "off"}


class _Settings:
    def __init__(self, connection: psycopg.Connection[Any], settings: Dict[str, str]) -> None:
        self._connection, self._settings = connection, settings
        self._before: Dict[str, str] = {}

    def __enter__(self) -> None:
        for name, value in self._settings.items():
            self._before[name] = str(_one(self._connection, "SELECT current_setting(%s, true)", (name,)) or "")
            self._set(name, value)

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:  # after a fault the transaction is over
            for name, value in self._before.items():
                if value:
                    self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        self._connection.execute("SELECT set_config(%s, %s, true)", (name, value))


def _sql() -> Any:
    try:
        from psycopg import sql
    except ImportError:
        raise MissingError("psycopg: it is not installed; \"pip install 'psycopg[binary]'\"") from None
    return sql


def _identifier(name: str) -> Any:
    return _sql().Identifier(*name.split(".", 1))


def _one(connection: psycopg.Connection[Any], statement: Any, parameters: Any = None) -> Any:
    row = connection.execute(statement, parameters).fetchone()
    return None if row is None else row[0]


def _text(vector: Any) -> str:
    return "[" + ",".join(repr(float(value)) for value in units(np.asarray(vector)[None])[0]) + "]"


def _rows(ids: List[str], vectors: Any) -> bytes:
    """Rows of a binary COPY: fields of a length each; a halfvec is its number of components, 0, and big-endian halves."""
    halves = units(vectors).astype(">f2")
    width = vectors.shape[1]
    head = (4 + 2 * width).to_bytes(4, "big") + width.to_bytes(2, "big") + bytes(2)
    parts = []
    for name, row in zip(ids, halves):
        text = name.encode()
        parts += [b"\0\2", len(text).to_bytes(4, "big"), text, head, row.tobytes()]
    return b"".join(parts)
