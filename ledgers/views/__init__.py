"""Pages about account sets: the list, the wizard, the settings of one set."""
