"""The local listening server: player, files, feed and positions over HTTP, for this machine or the home's network.

`server.py` opens the door, `access.py` stands at it, `app.py` knows the rooms: `books.py` what is on the shelf,
`files.py` what may leave it, `positions.py` where each listener is. Nothing but positions is ever written.
"""
