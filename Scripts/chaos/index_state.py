"""What an index holds, read by SQLite alone, without the program."""
import contextlib
import shutil
import sqlite3


@contextlib.contextmanager
def opened(folder):
    """The database of an index, of a copy, since even reading changes the log; None where it has no tables."""
    copy = folder.parent / ".copy"
    copy.mkdir()
    try:
        for path in folder.glob("index.sqlite*"):
            shutil.copy(path, copy)
        database = sqlite3.connect(copy / "index.sqlite")
        is_made = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'file'").fetchone()[0]
        yield database if is_made else None
        database.close()
    finally:
        shutil.rmtree(copy)


def state(folder):
    """Each file's content and checksum of its vector."""
    with opened(folder) as database:
        if not database:
            return {}
        files = database.execute(
            "SELECT path, hex(bytes), checksum, error IS NOT NULL FROM file LEFT JOIN content ON content.row = file.row")
        return {bytes(path).rsplit(b"/", 1)[1].decode(): (digest, sum, failed) for path, digest, sum, failed in files}


def check_rows(round, folder):
    """Every row of the file of vectors belongs to one content or to none, and none to two."""
    with opened(folder) as database:
        if not database:
            return round.fault("lost", "the index has no tables")
        rows = database.execute("SELECT rows FROM setting").fetchone()[0]
        used = [row for (row,) in database.execute("SELECT row FROM content UNION ALL SELECT row FROM dead")]
    round.expect(sorted(used) == list(range(rows)), "twice", f"rows: {len(used)} are used, {rows} are counted")
