"""Why a row is held, said in both languages to whoever decides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hwb_mis_ingest.domain.season_guard import HoldReason


class BothLanguages(NamedTuple):
    """One sentence, twice."""

    en: str
    cy: str


WHY_HELD: Mapping[HoldReason, BothLanguages] = MappingProxyType(
    {
        HoldReason.LEARNER_STOPS_CLAIMING: BothLanguages(
            "More learners would leave your roll than is usual at this time of year.",
            "Byddai mwy o ddysgwyr yn gadael eich cofrestr nag sy'n arferol yr adeg hon o'r "
            "flwyddyn.",
        ),
        HoldReason.STAFF_STOPS_CLAIMING: BothLanguages(
            "More staff would leave than is usual at this time of year.",
            "Byddai mwy o staff yn gadael nag sy'n arferol yr adeg hon o'r flwyddyn.",
        ),
        HoldReason.STAFF_CODES_CHANGED: BothLanguages(
            "Many staff codes are new while as many are missing, as after a change of MIS. New "
            "accounts would be made beside those that your staff have.",
            "Mae llawer o godau staff yn newydd tra bo cynifer ar goll, fel ar ôl newid MIS. "
            "Byddai cyfrifon newydd yn cael eu creu ochr yn ochr â'r rhai sydd gan eich staff.",
        ),
        HoldReason.CLASS_PLACES_LOST: BothLanguages(
            "More learners would lose their places in classes than is usual.",
            "Byddai mwy o ddysgwyr yn colli eu lle mewn dosbarthiadau nag sy'n arferol.",
        ),
    }
)
