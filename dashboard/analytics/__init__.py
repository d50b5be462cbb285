"""What alarms were like: figures for reviewers, scores and comparisons. Pure; nothing here alarms."""
