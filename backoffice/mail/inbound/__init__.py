"""From the bytes of a mail to plain values: parse, thread, clean. Nothing here knows the database.

`apart.parse` is the door: it reads the mail in a process of its own, with limits.
"""
