docx(para("Es regnete den ganzen Tag."), language="de-AT")
