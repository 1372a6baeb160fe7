docx(
    para(
        "It ",
        '<w:del w:id="1" w:author="Ada"><w:r><w:delText>snowed</w:delText></w:r></w:del>',
        '<w:ins w:id="2" w:author="Ada"><w:r><w:t>rained</w:t></w:r></w:ins>',
        ".",
    ),
)
