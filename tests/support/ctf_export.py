"""A small Common Transfer File, for tests."""

from tests.support.school_export import SCHOOL, upn


def pupil(code: str, *, surname: str = "Parry 1", more: str = "") -> str:
    return (
        f"<Pupil><UPN>{code}</UPN><Surname>{surname}</Surname><Forename>Gwen</Forename>"
        f"<DOB>2010-03-04</DOB>{more}</Pupil>"
    )


def ctf(*pupils: str, school: str = SCHOOL, before: str = "") -> bytes:
    """The file with these pupils, or with the small school's first two."""
    inside = "".join(pupils or (pupil(upn(1)), pupil(upn(2), surname="Parry 2")))
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}<CTfile><Header>'
        "<DocumentName>Common Transfer File</DocumentName><CTFversion>25.0</CTFversion>"
        "<DocumentQualifier>partial</DocumentQualifier>"
        f"<SourceSchool><LEA>{school[:3]}</LEA><Estab>{school[3:]}</Estab>"
        "<SchoolName>Ysgol y Bont</SchoolName></SourceSchool>"
        "<DestSchool><LEA>660</LEA><Estab>4028</Estab></DestSchool></Header>"
        f"<CTFpupilData>{inside}</CTFpupilData></CTfile>"
    ).encode()
