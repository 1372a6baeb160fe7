"""The player for browsers: static files, and the data of a shelf as scripts that they load.

`static/` is the player itself, and `assets.py` names its files; `data.py` makes the scripts, `peaks.py` the waveforms,
and `folder.py` writes it all into a folder that works from any static host and from a disk. `serve/` gives out the
same.
"""
