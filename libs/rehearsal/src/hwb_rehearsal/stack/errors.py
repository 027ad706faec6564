"""What can go wrong on one machine."""


class StackError(Exception):
    """A part of the stack did not start, or what was waited for did not come.

    The message names the part and ends with the tail of its log; the whole log is in the folder
    ``logs`` of the rehearsal.
    """
