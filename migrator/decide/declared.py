"""Differences that many rules have in common, each declared once: where they show, and in what."""

from __future__ import annotations

from migrator.decide.rule import Difference

RELATIVE = Difference(
    "a path that is not absolute is refused: the daemon's working directory is not the caller's",
    on={"relative", "near"},
)
DASH = Difference(
    "a word that begins with a dash was an option of the command; here it is a path, which has to be absolute",
    on={"dash"},
)
# GNU tools print names as a shell would have to be given them, so that nobody's terminal can be fooled.
QUOTED = Difference(
    "the text of an error shows a name with a quote, a control character or a byte that is no UTF-8 in it as it is",
    on={"quote", "newline", "byte"},
    aspects=("stderr",),
)
# cat and tee quote only where a shell would need it.
QUOTED_BLANKS = Difference(
    "the text of an error shows a name with a blank, a quote, a control character or a byte that is no UTF-8 as it is",
    on={"space", "quote", "newline", "byte"},
    aspects=("stderr",),
)
# In a user namespace the kernel takes them away both ways, so no trial shows it.
SETID = Difference("the set-id bits of a file are taken away, which a command that has CAP_FSETID leaves as they are")
ACL = Difference("below a folder with a default ACL a new file has at most the rights of mode 0644")
