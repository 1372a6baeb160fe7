docx(
    para("It rained."),
    para(picture("A narrow bridge")),
    para("Figure 1: The bridge before it was closed", style="Caption"),
    para("We drove on."),
)
