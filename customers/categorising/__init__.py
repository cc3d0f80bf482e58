"""分类与维度: the deeper acts on categories, sales regions and tags, and their pages.

What lives here: counting, new codes for many, merging, what a category gives its customers, regions and their places, the background
work that follows from each, and the pages under 账套设置. What does not: the tree and its simple verbs (``settings.categories``),
tags' simple verbs (``settings.tags``), what of all this acts while customers are written (``services.categories``,
``services.regions``, ``services.reviews``).
"""
