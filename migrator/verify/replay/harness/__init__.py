"""What runs in the target's interpreter: old and new are called in turn, with a recorder in place of every program.

It stands alone (standard library and oslo libraries) and is put into the house as a package of its own.
"""
