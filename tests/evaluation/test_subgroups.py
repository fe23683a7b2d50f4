from spinemets.evaluation.subgroups import NOT_STATED, parts_of


def test_parts_are_named_and_what_is_not_stated_is_one():
    sites = {"p": "south", "q": "north", "r": "south", "s": ""}
    parts = parts_of(["p", "q", "r", "s", "t"], sites.get)
    assert list(parts.items()) == [("north", ["q"]), (NOT_STATED, ["s", "t"]), ("south", ["p", "r"])]
