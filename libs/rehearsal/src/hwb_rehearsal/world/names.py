"""Names as they are in Wales, with the letters, apostrophes and hyphens that break systems."""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FORENAMES = _words(
    "Siân Llŷr Gwenllian Owain Ffion Rhys Carys Dylan Nia Gethin Eleri Ifan Mared Tomos Lowri "
    "Steffan Cerys Macsen Efa Osian Alys Harri Megan Iwan Seren Gruffydd Catrin Elis Mali Hywel "
    "Olivia Noah Amelia George Isla Arthur Ava Muhammad Grace Leo Freya Oscar Lily Theo Sophie "
    "Zoë Jack Ruby Alfie Evie Charlie Poppy Aisha Yusuf Zofia Jakub Chloé José Niamh Seán Anaïs "
    "Ahmed Fatima Daisy Logan Rosie Mason Erin Jac Elin Cai Begw Twm Non Deio Mabli Guto"
)

SURNAMES = _words(
    "Jones Williams Davies Evans Thomas Roberts Lewis Hughes Morgan Griffiths Edwards Owen James "
    "Rees Price Morris Richards Lloyd Phillips Parry Powell Jenkins Harris Bevan Bowen Pritchard "
    "Prosser Probert Pugh Rhydderch Gwynne Llewellyn Meredith Vaughan Watkins Howells Ellis Smith "
    "Brown Wilson Taylor Khan Ahmed Ali Patel Nowak Kowalska O'Brien O'Neill D'Souza "
    "Evans-Jones Lloyd-Price Puw Siôn Môn Gruffudd"
)
SURNAMES += ("ap Rhys", "ab Owain", "van der Berg", "Tŷ-Newydd")

_PLACE_STARTS = _words(
    "Llan Pen Aber Tre Cwm Bryn Glan Rhyd Pont Maes Caer Nant Ynys Blaen Dol Coed Pant Tal"
)
_PLACE_ENDS = _words(
    "fair teilo gwyn mawr derwen afon eglwys newydd felin goch isaf uchaf cadog arth helyg"
    " onnen dewi garreg wen badarn illtud heulog fynydd"
)


def forename(random: Random) -> str:
    """One forename."""
    return random.choice(FORENAMES)


def surname(random: Random) -> str:
    """One surname."""
    return random.choice(SURNAMES)


def place(number: int) -> str:
    """The name of the n-th made-up place; names come round again, as those of schools do."""
    start = _PLACE_STARTS[number % len(_PLACE_STARTS)]
    return start + _PLACE_ENDS[(number * 7 + number // len(_PLACE_STARTS)) % len(_PLACE_ENDS)]
