docx(
    para("The Bridge", style="Heading1"),
    para("It rained."),
    para("Later", style="Heading2"),
    para("We drove on."),
    para("The River", style="Heading1"),
    para("The river was high."),
)
