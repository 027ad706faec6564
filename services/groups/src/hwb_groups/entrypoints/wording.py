"""What people read of a Team or Classroom, in both languages."""

from hwb_groups.domain.failure import FailureCode
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
        english = (
            f"The {name} is restored. {where} In busy times it can take up to an hour before you"
            " see it. It is no longer linked to the school's MIS."
        )
        welsh = (
            f"Mae'r {name_cy} wedi'i adfer. {where_cy} Ar adegau prysur gall gymryd hyd at awr cyn"
            " i chi ei weld. Nid yw bellach wedi'i gysylltu â MIS yr ysgol."
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


_REASONS = {
    FailureCode.NO_OWNER: (
        (
            "Its owner's account is closed at the provider, so nobody may change it. The"
            " Service Desk gives it an active owner and tries again."
        ),
        (
            "Mae cyfrif ei berchennog wedi'i gau gyda'r darparwr, felly ni chaiff neb ei"
            " newid. Bydd y Ddesg Wasanaeth yn rhoi perchennog gweithredol iddo ac yn rhoi"
            " cynnig arall arni."
        ),
    ),
    FailureCode.FORBIDDEN: (
        (
            "The provider does not allow us to do this. The Service Desk checks the"
            " permissions of the app and tries again."
        ),
        (
            "Nid yw'r darparwr yn caniatáu inni wneud hyn. Bydd y Ddesg Wasanaeth yn gwirio"
            " caniatâd yr ap ac yn rhoi cynnig arall arni."
        ),
    ),
    FailureCode.NOT_FOUND: (
        (
            "It is not there any more: somebody deleted it at the provider. Contact the"
            " Service Desk if you need it back."
        ),
        (
            "Nid yw yno mwyach: mae rhywun wedi'i ddileu gyda'r darparwr. Cysylltwch â'r"
            " Ddesg Wasanaeth os oes ei angen arnoch eto."
        ),
    ),
    FailureCode.REFUSED: (
        ("The provider refuses the request. The Service Desk looks for the cause and tries again."),
        (
            "Mae'r darparwr yn gwrthod y cais. Bydd y Ddesg Wasanaeth yn chwilio am yr achos"
            " ac yn rhoi cynnig arall arni."
        ),
    ),
    FailureCode.STUCK: (
        (
            "The provider has not finished for two hours. The Service Desk follows it up;"
            " there is nothing that you need to do."
        ),
        (
            "Nid yw'r darparwr wedi gorffen ers dwy awr. Bydd y Ddesg Wasanaeth yn mynd ar ei"
            " drywydd; nid oes angen i chi wneud dim."
        ),
    ),
    FailureCode.UNAVAILABLE: (
        (
            "The provider fails again and again on this one. The Service Desk looks for the"
            " cause and tries again."
        ),
        (
            "Mae'r darparwr yn methu dro ar ôl tro gyda hwn. Bydd y Ddesg Wasanaeth yn"
            " chwilio am yr achos ac yn rhoi cynnig arall arni."
        ),
    ),
    FailureCode.OPERATION_FAILED: (
        (
            "The provider accepted the request and then failed. The Service Desk looks for"
            " the cause and tries again."
        ),
        (
            "Derbyniodd y darparwr y cais ac yna methodd. Bydd y Ddesg Wasanaeth yn chwilio"
            " am yr achos ac yn rhoi cynnig arall arni."
        ),
    ),
    FailureCode.MEMBERS_REFUSED: (
        (
            "The provider does not know some of its members, or refuses them. The others are"
            " there; the Service Desk checks the accounts and tries again."
        ),
        (
            "Nid yw'r darparwr yn adnabod rhai o'r aelodau, neu mae'n eu gwrthod. Mae'r"
            " lleill yno; bydd y Ddesg Wasanaeth yn gwirio'r cyfrifon ac yn rhoi cynnig arall"
            " arni."
        ),
    ),
}


def reason_words(code: FailureCode | None) -> tuple[str | None, str | None]:
    """Why an operation waits for a person, in English and Welsh; None twice where none does."""
    return (None, None) if code is None else _REASONS[code]
