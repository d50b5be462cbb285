"""What is handed out on paper, as PDF. Its libraries are heavy: only a process that is asked for a sheet loads them (`process`)."""
