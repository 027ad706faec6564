"""The tests' small school in OneRoster 1.2, where roles have a file of their own."""

import csv
import io

from tests.support.school_export import small_school


def oneroster_1_2() -> dict[str, str]:
    """The small school in OneRoster 1.2: roles have a file of their own."""
    files = small_school().csv_files()
    roles = ["sourcedId,status,dateLastModified,userSourcedId,roleType,role,orgSourcedId"]
    users = []
    for number, row in enumerate(csv.DictReader(io.StringIO(files["users.csv"]))):
        role = "siteAdministrator" if row["identifier"] == "RHJ" else row["role"]
        roles.append(f"R{number},,,{row['sourcedId']},primary,{role},S1")
        roles.append(f"Q{number},,,{row['sourcedId']},secondary,guardian,S9")
        users.append({name: row[name] for name in row if name not in {"role", "orgSourcedIds"}})
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(users[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(users)
    manifest = files["manifest.csv"].replace("oneroster.version,1.1", "oneroster.version,1.2")
    return {
        **files,
        "manifest.csv": manifest + "file.roles,bulk\n",
        "users.csv": text.getvalue(),
        "roles.csv": "\n".join(roles) + "\n",
    }
