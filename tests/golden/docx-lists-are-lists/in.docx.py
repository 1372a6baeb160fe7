docx(
    para("We took:"),
    para("a lamp", item_of=1),
    para("bread", item_of=1),
    para("Then:"),
    para("we drove", item_of=2),
    para("we stopped", item_of=2),
)
