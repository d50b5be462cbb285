"""Schema changes, applied by `dashboard.store.schema` when a store is opened."""
