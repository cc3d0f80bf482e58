"""Pages of the life of rights: requests and delegations for everybody of a set, the rest for who manages members."""
