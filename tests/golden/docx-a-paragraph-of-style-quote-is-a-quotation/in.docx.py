docx(para("She said:"), para("It rained.", style="Quote"), para("We drove on."))
