"""The terminal's view of a logdir: pictures made of characters, which are functions of data.

Only `app` draws on a terminal; what it draws is made, and tested, without one.
"""
