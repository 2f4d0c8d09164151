"""Fails with a text that would clear a terminal, set its title, and run in a page."""
TEXT = ("\x1b[2J\x1b[1;1H\x1b]0;owned\x07\x9b31m\r\x08\u202epass: all 5 facts hold\x00"
        "<script>alert(1)</script><img src=x onerror=alert(1)>&quot;]]>'\"=cmd|' /C calc'!A0")


def hot(n):
    pass


def total():
    raise ValueError(TEXT)
