"""Which accounts are announced to be deleted, and which school is told: SQL for whoever asks.

A released account is its last school's. A closed one, whose keys and enrolments another account has
since a merge or a transfer, is told to the school where the person is now; ``kept_account_id`` is
the account that the person kept.
"""

_MERGED_INTO = """(SELECT decision ->> 4 FROM jsonb_array_elements(decisions)
        WITH ORDINALITY AS made (decision, place)
        WHERE decision ->> 0 = 'merged' ORDER BY place DESC LIMIT 1)::uuid"""

ANNOUNCED = f"""WITH RECURSIVE closed (account_id, kept_account_id) AS (
        SELECT account_id, {_MERGED_INTO} FROM person
        WHERE deletes_on IS NOT NULL AND enrolments = '[]'
    UNION
        SELECT closed.account_id, {_MERGED_INTO} FROM closed
        JOIN person ON person.account_id = closed.kept_account_id AND enrolments = '[]'
    ), announced AS (
        SELECT gone.account_id, gone.display_name, gone.role, gone.deletes_on,
            kept.account_id AS kept_account_id, gone.enrolments = '[]' AS is_closed,
            coalesce(gone.released_from, kept.home_school, kept.released_from,
                     gone.enrolments -> -1 ->> 0) AS school
        FROM person gone
        LEFT JOIN (closed JOIN person kept
                   ON kept.account_id = closed.kept_account_id AND kept.enrolments <> '[]')
            ON closed.account_id = gone.account_id
        WHERE gone.deletes_on IS NOT NULL AND gone.account_id IS NOT NULL
    )
    """  # noqa: S608 - a part of it is a constant
