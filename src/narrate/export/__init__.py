"""A finished book put into a folder as one kind of listener needs it: a car, a phone, an app, a web host.

`delivery.py` knows what each wants (`TARGETS`); `cutting.py` cuts a book into parts at its pauses; `pieces.py` makes an
MP3 of what was cut; `announcing.py` speaks "Chapter 4 of 12"; `variant.py` builds the book without its descriptions.
Sound is never encoded again: MPEG frames are taken as they are.
"""
