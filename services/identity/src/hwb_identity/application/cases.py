"""Cases as identity raises and resolves them."""

from functools import partial

from hwb_runtime import cases

tell_case = partial(cases.tell_case, topic="hwb.servicedesk.cases", raised_by="identity")
