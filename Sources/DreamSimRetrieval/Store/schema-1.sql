-- One row: what made the vectors, and how many of them are committed in which file.
CREATE TABLE setting (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    stamp TEXT NOT NULL,
    source TEXT NOT NULL,
    feature TEXT,
    width INTEGER NOT NULL,
    precision TEXT NOT NULL,
    generation INTEGER NOT NULL,
    vectors TEXT NOT NULL,
    rows INTEGER NOT NULL
);
-- Folders and files that were asked for.
CREATE TABLE root (path BLOB PRIMARY KEY) WITHOUT ROWID;
-- What images hold: identical files share one. `row` is the vector's place in the file of vectors.
CREATE TABLE content (
    row INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL UNIQUE,
    pixels BLOB NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
-- Files: with a content, or with the reason why there is none. Times are nanoseconds since 1970.
CREATE TABLE file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    row INTEGER REFERENCES content (row),
    error TEXT,
    CHECK ((row IS NULL) <> (error IS NULL))
);
CREATE INDEX file_row ON file (row);
-- Vectors that no content has any more, until the next compaction.
CREATE TABLE dead (row INTEGER PRIMARY KEY);
