"""Setting up who may what in an account set: roles, members, departments' roles, personal exceptions, the wizard for salespeople.

keeping      what no change of rights may do: leave the set without a 账套主管, or raise the one who makes it
scoping      the kinds of data scope, what can be chosen for each, and a scope in words
roles        a role as one value, and the verbs that change it
fields       one field over all roles
wording      roles in words, and what is odd about one
departments  部门授权
exceptions   个人例外
people       who has what, and from where
own          the wizard 销售只看自己的客户
forms        what the pages post, as values
views        the pages
"""
