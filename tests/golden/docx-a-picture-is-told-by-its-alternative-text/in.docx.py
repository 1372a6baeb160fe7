docx(
    para("It rained."),
    para(picture("A narrow bridge in the rain")),
    para("We drove on."),
    para(picture(None)),
    para("The end."),
)
