docx(
    para("It rained."),
    core="<dc:title>The Long Way</dc:title><dc:creator>Ada Roe</dc:creator><dc:language>en-GB</dc:language>",
)
