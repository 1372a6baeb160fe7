docx(
    para("The Bridge\t1", style="Contents1"),
    para("The River\t2", style="Contents1"),
    para("The Bridge", style="Heading1"),
    para("It rained."),
    para("The River", style="Heading1"),
    para("The river was high."),
)
