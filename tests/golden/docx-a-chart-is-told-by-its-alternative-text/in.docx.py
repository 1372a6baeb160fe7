docx(
    para("It rained."),
    para(
        '<w:r><w:drawing><wp:inline><wp:docPr id="2" name="Chart 1" descr="Rain by month, most of it in May"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        '<c:chart r:id="rChart"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    ),
    para("We drove on."),
)
