"""组织架构: companies, the department tree, positions, people and their superiors.

access       who may look and who may change
trees        pure: chains, circles, depth, order
locking      one change of the organisation at a time
companies, departments, positions, people   the verbs of each
leaving      somebody leaves, or comes back
following    what upper apps keep of people and departments, and what follows a change
journal      who changed what, for the auditor
forms, views, urls   the pages under /permissions/organisation/
"""
