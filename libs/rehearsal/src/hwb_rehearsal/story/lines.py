"""The lines of the demo's table, in the guide's words."""

from hwb_rehearsal.story.expectation import Journey, Line

FIRST_PROVISIONING = Line(Journey.WITHIN, "May: everyone whose row is valid has an account")
CHANGED_CLASS_MAY = Line(Journey.WITHIN, "May: class changes reach the accounts")
CHANGED_CLASS_JUNE = Line(Journey.WITHIN, "after 6 June: class changes still reach the accounts")
ROLLED_OVER = Line(Journey.WITHIN, "rolled over: next year group, new classes, same account")
STARTED = Line(Journey.WITHIN, "started school in August: new account")
JOINED = Line(Journey.WITHIN, "joined in May from outside Wales, rolled over in August")
FINISHED = Line(Journey.WITHIN, "left after the last year group: released, inactive")
MISSING = Line(Journey.WITHIN, "vanished without a leaving date: missing, still active")
WITHDRAWN = Line(Journey.WITHIN, "leaving date withdrawn: active again, same account")
NEW_UPN = Line(Journey.WITHIN, "temporary UPN became permanent: same account")
SUBSIDIARY = Line(Journey.WITHIN, "also at another school as subsidiary: one account, both schools")
REJECTED = Line(Journey.WITHIN, "row with a missing or wrong UPN: no account")
CORRECTED = Line(Journey.WITHIN, "row corrected in July: account made")
ONE_ACCOUNT = Line(Journey.WITHIN, "nobody has two accounts, no account is nobody's")

PRIMARY_FIRST_RELEASED = Line(Journey.BETWEEN, "primary first: released by the primary's run")
PRIMARY_FIRST = Line(Journey.BETWEEN, "primary first: matched at the secondary, same account")
SECONDARY_FIRST_WAITING = Line(Journey.BETWEEN, "secondary first: pending until the primary's run")
SECONDARY_FIRST = Line(Journey.BETWEEN, "secondary first: matched by itself, same account")
JULY_RELEASED = Line(Journey.BETWEEN, "31 August stated in July: released when the window opened")
JULY_PRIMARY_FIRST = Line(Journey.BETWEEN, "31 August stated in July, primary first: matched")
JULY_SECONDARY_FIRST = Line(Journey.BETWEEN, "31 August stated in July, secondary first: matched")
LEFT_IN_JULY_RELEASED = Line(Journey.BETWEEN, "left on 20 July: released on that day")
LEFT_IN_JULY = Line(Journey.BETWEEN, "left on 20 July: matched in August")
OLD_SECONDARY_FIRST = Line(Journey.BETWEEN, "secondary to secondary, old school first: matched")
NEW_SECONDARY_FIRST = Line(Journey.BETWEEN, "secondary to secondary, new school first: matched")
STILL_PENDING = Line(Journey.BETWEEN, "primary never gave a leaving date: stays, still pending")
STILL_WAITING = Line(Journey.BETWEEN, "at the end, who is pending at which school")
LEFT_WALES = Line(Journey.BETWEEN, "left Wales: released, inactive")

STAFF_STAYED = Line(Journey.STAFF, "stayed: same account, the new year's classes")
STAFF_LEAVING_IN_EFFECT = Line(Journey.STAFF, "leaving date in effect when the window opened")
STAFF_LEFT = Line(Journey.STAFF, "left: released and inactive")
STAFF_MOVED_OLD = Line(Journey.STAFF, "moved: the account of the previous school is inactive")
STAFF_MOVED_NEW = Line(Journey.STAFF, "moved: a NEW account at the new school")
STAFF_REJECTED = Line(Journey.STAFF, "no start date, or a staff code used twice: no account")

GROUPS_CREATED = Line(Journey.GROUPS, "created in May with the class's members")
GROUPS_FOLLOWED = Line(Journey.GROUPS, "May class changes reach the members")
GROUPS_ARCHIVED = Line(Journey.GROUPS, "archived at the end of the year, members as on 6 June")
GROUPS_NOT_FOLLOWED = Line(
    Journey.GROUPS, "class changed after 6 June: archived, members unchanged"
)
GROUPS_RESTORED = Line(Journey.GROUPS, "restored: unlinked, with those still at the school")
GROUPS_NEW_YEAR = Line(Journey.GROUPS, "new year's, from 15 August: members follow the MIS")
NO_OTHER_GROUPS = Line(Journey.GROUPS, "the providers have these groups and no others")

CASES_RAISED = Line(Journey.CASES, "raised, and open or resolved")
CASES_MAILED = Line(Journey.CASES, "each raised case was mailed once")

RUNS_SETTLED = Line(Journey.UPLOADS, "every run of every school settled, nothing parked")
BROKEN_REFUSED = Line(Journey.UPLOADS, "half a file: refused, nothing changed")
REPEATED_QUIET = Line(Journey.UPLOADS, "the same upload again: nothing published")
ROWS_NAMED = Line(Journey.UPLOADS, "rejected rows named by file, line and field")
