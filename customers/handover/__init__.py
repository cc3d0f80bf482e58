"""移交: customers pass to another owner or department when somebody leaves, moves, or a department is merged.

selecting    which customers a slip means, and how many there are per set
transfers    the verbs: begin a slip, what its job writes, how it ended
holdings     what the organisation's pages may know of customers: numbers per set, and the verbs that follow a move
forms, views, urls   the page 离职交接 of an account set
"""
