"""新建账套: the guided flow, one step object per page. See ``steps`` for what a step is."""
