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
UPN_CORRECTED = Line(Journey.WITHIN, "changed UPN, same admission number: same account")
SUBSIDIARY = Line(Journey.WITHIN, "also at another school as subsidiary: one account, both schools")
DUAL_BEGUN = Line(Journey.WITHIN, "May: main here, subsidiary or guest there: both schools")
DUAL_UNIT = Line(
    Journey.WITHIN, "main at a school, subsidiary at a referral unit: one account, both schools"
)
GUEST_WENT = Line(Journey.WITHIN, "guest until June: the other school ended, same account")
GUEST_ONLY = Line(
    Journey.WITHIN, "guest of a school outside Wales: nothing created, nothing claimed"
)
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
RENEWED_OLD_FIRST = Line(
    Journey.BETWEEN, "moved under a new UPN, old school first: matched, same account"
)
RENEWED_NEW_FIRST = Line(
    Journey.BETWEEN, "moved under a new UPN, new school first: matched by itself, same account"
)
CLOSED_RELEASED = Line(Journey.BETWEEN, "school closes: everyone released by its run")
CLOSED_FIRST = Line(
    Journey.BETWEEN, "closing school first: matched at the new number, same account"
)
OPENED_FIRST_WAITING = Line(
    Journey.BETWEEN, "new number first: pending until the closing school's run"
)
OPENED_FIRST = Line(Journey.BETWEEN, "new number first: matched there by itself, same account")
STILL_PENDING = Line(Journey.BETWEEN, "primary never gave a leaving date: stays, still pending")
STILL_WAITING = Line(Journey.BETWEEN, "at the end, who is pending at which school")
LEFT_WALES = Line(Journey.BETWEEN, "left Wales: released, inactive")

STAFF_STAYED = Line(Journey.STAFF, "stayed: same account, the new year's classes")
STAFF_LEAVING_IN_EFFECT = Line(Journey.STAFF, "leaving date in effect when the window opened")
STAFF_LEFT = Line(Journey.STAFF, "left: released and inactive")
STAFF_OLD_FIRST_LEFT = Line(Journey.STAFF, "moved, old school first: old account inactive")
STAFF_OLD_FIRST_NEW = Line(Journey.STAFF, "moved, old school first: a NEW account")
STAFF_NEW_FIRST_LEFT = Line(Journey.STAFF, "moved, new school first: old account inactive")
STAFF_NEW_FIRST_NEW = Line(Journey.STAFF, "moved, new school first: a NEW account")
NEW_MIS_OLD_CODE = Line(Journey.STAFF, "new MIS: old staff code missing, account still active")
NEW_MIS_NEW_CODE = Line(Journey.STAFF, "new MIS: a NEW account under the new staff code")
CLOSED_STAFF_LEFT = Line(Journey.STAFF, "school closed: old account inactive")
CLOSED_STAFF_NEW = Line(Journey.STAFF, "school closed: a NEW account at the new number")
STAFF_REJECTED = Line(Journey.STAFF, "no start date, or a staff code used twice: no account")

GROUPS_CREATED = Line(Journey.GROUPS, "created in May with the class's members")
GROUPS_FOLLOWED = Line(Journey.GROUPS, "May class changes reach the members")
GROUPS_ARCHIVED = Line(Journey.GROUPS, "archived at the end of the year, members as on 6 June")
GROUPS_NOT_FOLLOWED = Line(
    Journey.GROUPS, "class changed after 6 June: archived, members unchanged"
)
GROUPS_RESTORED = Line(Journey.GROUPS, "restored: unlinked, with those still at the school")
GROUPS_NEW_YEAR = Line(Journey.GROUPS, "new year's, from 15 August: members follow the MIS")
GROUPS_FAULTS = Line(
    Journey.GROUPS, "the providers failed on purpose: archived and restored all the same"
)
GROUPS_QUOTAS = Line(Journey.GROUPS, "the providers' quotas are kept: no call was refused")
NO_OTHER_GROUPS = Line(Journey.GROUPS, "the providers have these groups and no others")

CASES_RAISED = Line(Journey.CASES, "raised, and open or resolved")
CASES_REMINDED = Line(Journey.CASES, "not run by 19 August: whoever manages the client is reminded")
CASES_NOT_RUN = Line(Journey.CASES, "not run in the run week: a case until the school has run")
CASES_WITHOUT_OWNER = Line(
    Journey.CASES, "groups whose owners have all left: a case a school until they are archived"
)
CASES_MAILED = Line(Journey.CASES, "each raised case was mailed once")

HELD_LEFT = Line(Journey.WITHIN, "left in masses in June: released once somebody had approved it")
ROLLED_BACK = Line(Journey.WITHIN, "released by a mistake that was rolled back: same account")
HELD_APPROVED = Line(Journey.UPLOADS, "mass leavers: held, nothing done until the list is approved")
NEW_MIS_HELD = Line(
    Journey.UPLOADS, "new MIS: new ids go through, new staff codes are held and approved"
)
DISCARDED = Line(
    Journey.UPLOADS, "half an export: held and discarded, the whole one changes nothing"
)
CLOSING_HELD = Line(Journey.UPLOADS, "closing school: held until it is approved by its number")
UNDONE = Line(Journey.UPLOADS, "rolled back: records as before, the next upload waits for approval")
RUNS_SETTLED = Line(Journey.UPLOADS, "every run of every school settled, nothing parked")
BROKEN_REFUSED = Line(Journey.UPLOADS, "half a file: refused, nothing changed")
REPEATED_QUIET = Line(Journey.UPLOADS, "the same upload again: nothing published")
ROWS_NAMED = Line(Journey.UPLOADS, "rejected rows named by file, line and field")
