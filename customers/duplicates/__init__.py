"""Duplicates: who among the customers may be one and the same.

rules/       pure: names, persons, addresses and codes taken apart
layout       the record that is known of one customer; profiles makes it, columns and hashing derive from it
blocking     match keys; pairing makes candidate pairs of them
evidence     what speaks for and against, field by field; model turns it into a probability; deciding into a verdict; wording into words
clusters     pairs to groups
exact        values that identify (name, code, telephone …): the keys of the pipeline, of imports and of the search box
storing      the tables of keys and profiles, kept by the writer
finding      one typed record, or the rows of an import, against a set; knowing tells hits to an actor
scanning     a whole set against itself, by processes, resumable
dismissing   "not a duplicate", remembered until a key field changes
"""
