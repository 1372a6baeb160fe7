"""What a person hears before a book is built: a line (rehearsal), voices and scenes (sampling), the book's first lines
in every voice (audition). Nothing here touches a published book.
"""
