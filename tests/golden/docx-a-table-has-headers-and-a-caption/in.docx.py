docx(
    para("It rained."),
    para("Table 1: The rain", style="Caption"),
    table(("Day", "Rain"), ("Monday", "3 mm"), ("Tuesday", "5 mm"), header=True),
    para("We drove on."),
)
