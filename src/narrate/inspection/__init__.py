"""A finished book, looked at from outside: what its files say and measure (facts), what is wrong with it (judging, by
`durations` what a sentence lasts; acx), what a person should listen to (review), and a picture of it (portrait).

In: a release's folder. Out: facts, verdicts, a drawing. Writes nothing but the picture.
"""
