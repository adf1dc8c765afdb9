"""What every domain leans on and that knows no domain: settings, database, jobs, time, limits, telemetry."""
