"""The life of a right: asked for, given until a day, lent, ended, looked at again.

dates        a last day in words
duties       职责分离: rules, exceptions, who breaks one, and the check around every change of rights
subjects     what the app that keeps customers tells: which customer a number means, sharing it
requests     权限申请: asking, deciding, withdrawing
giving       what an approval does, through the verbs that the pages use
delegations  代理
temporary    what has a last day: what ends soon, renewing it
leaving      what ends with somebody who leaves the firm or a set
reviews      权限复核: snapshot, decisions, signature
report       未用与高风险权限
forms, views what the pages post, and the pages
"""
