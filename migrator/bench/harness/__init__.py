"""The service whose calls are timed: it runs in a house as an ordinary user, in the target's interpreter.

It stands alone (standard library and oslo libraries) and is put into the house as a package of its own, beside the text
of the rules' native functions.
"""
