"""Forms of the account sets' pages: shape only, the verbs in ``services`` hold the rules."""
