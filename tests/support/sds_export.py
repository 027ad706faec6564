"""Small exports in the layouts of Microsoft School Data Sync, for tests."""

from tests.support.school_export import SCHOOL, upn

MAPPING_2_1 = f"""\
school: {SCHOOL}
orgs: [S1, D1]
upn: upn
staff_code: username
admission_number: adno
admission_date: roles.roleStartDate
start_date: roles.roleStartDate
leaving_date: roles.roleEndDate
dates: uk
year_groups: {{Year 7: "7"}}
"""
MAPPING_1 = f"""\
school: {SCHOOL}
upn: Student.State ID
staff_code: Teacher.Teacher Number
admission_number: Student Number
admission_date: Entry Date
start_date: Start Date
leaving_date: Leaving Date
dates: us
"""


def sds_2_1() -> dict[str, str]:
    """Two learners and a teacher in one class, the files of v2.1."""
    return {
        "hwb-mapping.yaml": MAPPING_2_1,
        "orgs.csv": "sourcedId,name,type,parentSourcedId\n"
        "S1,Ysgol y Bont,school,\nD1,Science,department,S1\n",
        "users.csv": "sourcedId,username,givenName,familyName,upn,adno\n"
        f"1,aj,Alys,Jones,{upn(1)},000001\n"
        f"2,be,Ben,Evans,{upn(2)},000002\n"
        "3,MLL,Mair,Llwyd,,\n"
        "4,parent,Sioned,Evans,,\n",
        "roles.csv": "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,"
        "roleStartDate,roleEndDate\n"
        "1,S1,student,Y,Year 7,TRUE,01/09/2021,\n"
        "2,D1,Student,Y,8,TRUE,01/09/2020,31/08/2022\n"
        "3,X9,teacher,Y,,FALSE,01/09/2010,\n"
        "3,S1,professor,Y,,TRUE,01/09/2018,\n"
        "4,S1,guardian,Y,,TRUE,,\n",
        "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId\n"
        "C1,D1,Biology,Y,\n",
        "enrollments.csv": "classSourcedId,userSourcedId,role\n"
        "C1,1,student\nC1,2,student\nC1,3,professor\n",
        "academicSessions.csv": "sourcedId,title,type,schoolYear,startDate,endDate\n"
        "Y,2021,schoolYear,2021,24/08/2021,11/06/2022\n",
        "demographics.csv": "userSourcedId,sex,birthDate\n1,female,04/03/2010\n",
    }


def sds_1() -> dict[str, str]:
    """Two learners and a teacher with the number of one of them, the files of v1."""
    return {
        "hwb-mapping.yaml": MAPPING_1,
        "School.csv": "SIS ID,Name\nS1,Ysgol y Bont\n",
        "Student.csv": "SIS ID,School SIS ID,First Name,Last Name,Student Number,Grade,State ID,"
        "Entry Date,Leaving Date,Birthdate\n"
        f"1,S1,Alys,Jones,000001,7,{upn(1)},9/1/2021,,3/4/2010\n"
        f"2,S1,Ben,Evans,000002,8,{upn(2)},09/01/2020,8/31/2022,\n",
        "Teacher.csv": "SIS ID,School SIS ID,First Name,Last Name,Teacher Number,Start Date,"
        "Leaving Date\n1,S1,Mair,Llwyd,MLL,9/1/2018,\n",
        "Section.csv": "SIS ID,School SIS ID,Section Name,Term StartDate\n"
        "C1,S1,Biology,8/24/2021\n",
        "StudentEnrollment.csv": "Section SIS ID,SIS ID\nC1,1\nC1,2\n",
        "TeacherRoster.csv": "Section SIS ID,SIS ID\nC1,1\n",
    }
