"""Chains of parents: circles, depth, order; pure."""

from permissions.organisation import trees

FIRM = {"top": None, "sales": "top", "north": "sales", "south": "sales", "money": "top"}


def test_the_order_is_top_down_with_children_right_after_their_parent():
    assert trees.ordered(FIRM) == [("top", 0), ("sales", 1), ("north", 2), ("south", 2), ("money", 1)]


def test_below_and_height():
    assert trees.below(FIRM, "sales") == {"sales", "north", "south"}
    assert (trees.height(FIRM, "top"), trees.height(FIRM, "north")) == (3, 1)


def test_a_circle_is_told_from_its_member_on_and_not_from_below_it():
    looped = FIRM | {"top": "north"}
    assert trees.circle(looped, "north") == ["north", "sales", "top", "north"]
    assert trees.circle(looped, "money") == []
    assert trees.circles(looped) == [["top", "north", "sales", "top"]]
    assert trees.circle({"a": "a"}, "a") == ["a", "a"]


def test_two_circles_are_both_found_once():
    assert len(trees.circles({"a": "b", "b": "a", "c": "d", "d": "c", "e": "a"})) == 2


def test_depth_counts_levels_and_leaves_circles_out():
    chain = {index: index - 1 if index else None for index in range(10)}
    assert trees.too_deep(chain, 8) == [8, 9]
    assert trees.too_deep({"a": "b", "b": "a"}, 1) == []


def test_a_parent_that_is_not_there_counts_as_none():
    assert trees.ordered({"x": "gone"}) == [("x", 0)]


def test_a_deep_tree_does_not_break_the_stack():
    chain = {index: index - 1 if index else None for index in range(20_000)}
    assert trees.height(chain, 0) == len(trees.ordered(chain)) == 20_000
    assert trees.circles(chain) == []
