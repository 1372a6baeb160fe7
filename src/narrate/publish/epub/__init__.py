"""EPUB 3.3 with Media Overlays 3.3: the book to read along, every sentence lit while it sounds.

`package.py` writes the container, `page.py` a chapter's text, `overlay.py` its overlay. Sound is the chapters' MP3s.
"""
