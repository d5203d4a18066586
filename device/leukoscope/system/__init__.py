"""What the device asks of Linux: systemd, journal, clocks, health, durable files."""
