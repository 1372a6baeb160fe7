docx(
    para("It rained.", mark(2), " The road was empty.", mark(3)),
    para("We drove on.", mark(2, "endnote")),
    para("The end."),
    notes={2: "In the north only.", 3: "See the diary."},
    endnotes={2: "In the old car."},
)
