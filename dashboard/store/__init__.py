"""The durable record: events at once, samples each second, in SQLite or PostgreSQL."""

from dashboard.data_dir import default_data_dir
from dashboard.store.errors import StoreError
from dashboard.store.places import Stores
from dashboard.store.rows import Columns, SessionRow, StoredTick
from dashboard.store.store import Store, open_store
from dashboard.store.writer import Health, Writer

__all__ = [
    "Columns",
    "Health",
    "SessionRow",
    "Store",
    "StoreError",
    "StoredTick",
    "Stores",
    "Writer",
    "default_data_dir",
    "open_store",
]
