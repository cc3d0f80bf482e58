"""Who may see and do what with customers, explained.

explaining   what one person may: rights, rows, fields, each with where it comes from and what else was said
reasons      why somebody sees one customer or not, and who sees him
asking       which customer somebody means who asks about one
remedies     what would have to change, with links
whatif       what another role would change, before it is given
forms, views the pages 权限说明, 我的权限, 权限试算
"""
