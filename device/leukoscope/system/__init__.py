"""What the device uses of Linux: systemd, the journal, clocks, power and temperature, durable files, signals."""
