"""What somebody reads who restores a Team or Classroom: the guide's words, in both languages."""

from hwb_groups.domain.group import Group, GroupState
from hwb_schemas.words import Provider

_WHERE = {
    Provider.TEAMS: (
        "Find it in Microsoft Teams > Teams > Your Teams > Hidden Teams.",
        "Mae i'w weld yn Microsoft Teams > Teams > Your Teams > Hidden Teams.",
    ),
    Provider.CLASSROOM: (
        "Find it in Google Classroom, in your list of classes.",
        "Mae i'w weld yn Google Classroom, yn eich rhestr o ddosbarthiadau.",
    ),
}
_NAME = {Provider.TEAMS: ("Team", "Tîm"), Provider.CLASSROOM: ("Classroom", "Classroom")}


def restore_words(group: Group, *, seconds: int) -> tuple[str, str]:
    """English and Welsh."""
    (where, where_cy), (name, name_cy) = _WHERE[group.provider], _NAME[group.provider]
    if group.state is GroupState.RESTORED:
        english = f"The {name} is restored. {where} It is no longer linked to the school's MIS."
        welsh = (
            f"Mae'r {name_cy} wedi'i adfer. {where_cy}"
            " Nid yw bellach wedi'i gysylltu â MIS yr ysgol."
        )
        return english, welsh
    minutes = -(-seconds // 60)
    english = (
        f"The {name} is being restored. We expect it in about {minutes} min; in busy times it can"
        f" take up to an hour before you see it. {where} It will no longer be linked to the"
        " school's MIS."
    )
    welsh = (
        f"Mae'r {name_cy} yn cael ei adfer. Rydym yn disgwyl y bydd yn barod mewn tua {minutes}"
        " munud; ar adegau prysur gall gymryd hyd at awr cyn i chi ei weld."
        f" {where_cy} Ni fydd wedi'i gysylltu â MIS yr ysgol mwyach."
    )
    return english, welsh
