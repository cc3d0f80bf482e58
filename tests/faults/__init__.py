"""Long rounds of races, kills and full disks; ``python -m tests.faults`` runs them all. Short versions run in the suite."""
