"""The 22 local authorities of Wales by code (facts/domain.md 3.2), in both languages."""

from hwb_schemas.register import Authority

_NAMES = {
    "660": ("Isle of Anglesey", "Ynys Môn"),
    "661": ("Gwynedd", "Cyngor Gwynedd"),
    "662": ("Conwy", "Bwrdeistref Conwy"),
    "663": ("Denbighshire", "Sir Ddinbych"),
    "664": ("Flintshire", "Sir y Fflint"),
    "665": ("Wrexham", "Wrecsam"),
    "666": ("Powys", "Cyngor Powys"),
    "667": ("Ceredigion", "Cyngor Ceredigion"),
    "668": ("Pembrokeshire", "Sir Benfro"),
    "669": ("Carmarthenshire", "Sir Gaerfyrddin"),
    "670": ("Swansea", "Abertawe"),
    "671": ("Neath Port Talbot", "Castell-nedd Port Talbot"),
    "672": ("Bridgend", "Pen-y-bont ar Ogwr"),
    "673": ("Vale of Glamorgan", "Bro Morgannwg"),
    "674": ("Rhondda Cynon Taf", "Bwrdeistref Rhondda Cynon Taf"),
    "675": ("Merthyr Tydfil", "Merthyr Tudful"),
    "676": ("Caerphilly", "Caerffili"),
    "677": ("Blaenau Gwent", "Bwrdeistref Blaenau Gwent"),
    "678": ("Torfaen", "Tor-faen"),
    "679": ("Monmouthshire", "Sir Fynwy"),
    "680": ("Newport", "Casnewydd"),
    "681": ("Cardiff", "Caerdydd"),
}

AUTHORITIES: tuple[Authority, ...] = tuple(
    Authority(code=code, name=name, name_cy=name_cy, email=f"hwb-{code}@authority.example")
    for code, (name, name_cy) in _NAMES.items()
)
