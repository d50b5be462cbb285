"""What can go wrong with the durable record, in one line that says what to do."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from config.models import DashboardError


class StoreError(DashboardError):
    """The record cannot be opened, read or written. Nothing was changed."""


#: SQLite's primary result code -> what it means to a person.
_SQLITE = {
    sqlite3.SQLITE_FULL: "disk full: free some space",
    sqlite3.SQLITE_IOERR: "the disk reports an input/output error: check disk and file system",
    sqlite3.SQLITE_BUSY: "the database is locked by another program: close it there",
    sqlite3.SQLITE_LOCKED: "the database is locked by another program: close it there",
    sqlite3.SQLITE_READONLY: "the database may not be written: check the rights of file and folder",
    sqlite3.SQLITE_PERM: "the database may not be opened: check the rights of file and folder",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: check that the folder exists and may be written",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: it is left as it is; restore a copy or start with another folder",
    sqlite3.SQLITE_NOTADB: "the file is not a database of ours: it is left as it is; choose another file or folder",
}
#: Conditions of the surroundings, which pass: what waits is kept and tried again.
_PASSING = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


def _sqlite_code(error: BaseException) -> int | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def reason(error: BaseException) -> str:
    """The cause in words that say what to do, in one line."""
    code = _sqlite_code(error)
    if code in _SQLITE:
        return _SQLITE[code]
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return _SQLITE[sqlite3.SQLITE_FULL]
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return (" ".join(str(cause).split()) or type(cause).__name__).rstrip(".")


def passing(error: BaseException) -> bool:
    """Whether the store's surroundings are at fault (disk, locks, connection) rather than what was to be written."""
    if isinstance(error, OSError):
        return True
    if (code := _sqlite_code(error)) is not None:
        return code in _PASSING
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or type(error).__name__ == "OperationalError"
    )
