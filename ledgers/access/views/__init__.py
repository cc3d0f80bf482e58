"""Pages under 账套设置 → 权限 about roles, members, departments' roles, exceptions, and the wizard; each module's docstring says which."""
