docx(
    para("The Long Way", style="Title"),
    para("The Bridge", style="Heading1"),
    para("It rained."),
    para("The River", style="Heading1"),
    para("The river was high."),
)
