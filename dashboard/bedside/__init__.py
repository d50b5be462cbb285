"""One Bedside per bed: source arbitration, freshness, tick snapshots, session state."""
