"""The 36 states and the Federal Capital Territory, with some of their towns, for choosing and for sample people."""

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """A state: its code (ISO 3166-2:NG), its name, its towns with the capital first."""

    code: str
    name: str
    towns: tuple[str, ...]


TABLE = """
AB|Abia State|Umuahia,Aba,Ohafia,Arochukwu,Bende
AD|Adamawa State|Yola,Mubi,Numan,Jimeta,Ganye
AK|Akwa Ibom State|Uyo,Eket,Ikot Ekpene,Oron,Abak
AN|Anambra State|Awka,Onitsha,Nnewi,Ekwulobia,Ihiala
BA|Bauchi State|Bauchi,Azare,Misau,Jama'are,Ningi
BY|Bayelsa State|Yenagoa,Brass,Ogbia,Sagbama,Nembe
BE|Benue State|Makurdi,Gboko,Otukpo,Katsina-Ala,Vandeikya
BO|Borno State|Maiduguri,Biu,Bama,Dikwa,Monguno
CR|Cross River State|Calabar,Ikom,Ogoja,Obudu,Ugep
DE|Delta State|Asaba,Warri,Sapele,Ughelli,Agbor
EB|Ebonyi State|Abakaliki,Afikpo,Onueke,Ishieke,Edda
ED|Edo State|Benin City,Auchi,Ekpoma,Uromi,Igarra
EK|Ekiti State|Ado-Ekiti,Ikere,Ijero,Oye,Ikole
EN|Enugu State|Enugu,Nsukka,Agbani,Oji River,Udi
FC|Federal Capital Territory|Abuja,Gwagwalada,Kuje,Bwari,Karu
GO|Gombe State|Gombe,Kaltungo,Billiri,Dukku,Bajoga
IM|Imo State|Owerri,Orlu,Okigwe,Oguta,Mbaise
JI|Jigawa State|Dutse,Hadejia,Gumel,Kazaure,Birnin Kudu
KD|Kaduna State|Kaduna,Zaria,Kafanchan,Kagoro,Saminaka
KN|Kano State|Kano,Wudil,Gwarzo,Bichi,Rano
KT|Katsina State|Katsina,Daura,Funtua,Malumfashi,Kankia
KE|Kebbi State|Birnin Kebbi,Argungu,Yauri,Zuru,Jega
KO|Kogi State|Lokoja,Okene,Idah,Kabba,Anyigba
KW|Kwara State|Ilorin,Offa,Omu-Aran,Jebba,Patigi
LA|Lagos State|Ikeja,Surulere,Lekki,Badagry,Epe,Ikorodu,Yaba,Festac
NA|Nasarawa State|Lafia,Keffi,Akwanga,Karu,Doma
NI|Niger State|Minna,Bida,Suleja,Kontagora,New Bussa
OG|Ogun State|Abeokuta,Ijebu-Ode,Sagamu,Ota,Ilaro
ON|Ondo State|Akure,Ondo,Owo,Ikare,Okitipupa
OS|Osun State|Osogbo,Ile-Ife,Ilesa,Ede,Iwo
OY|Oyo State|Ibadan,Ogbomoso,Oyo,Iseyin,Saki
PL|Plateau State|Jos,Bukuru,Shendam,Pankshin,Langtang
RI|Rivers State|Port Harcourt,Bonny,Bori,Ahoada,Omoku
SO|Sokoto State|Sokoto,Tambuwal,Gwadabawa,Wurno,Illela
TA|Taraba State|Jalingo,Wukari,Takum,Bali,Gembu
YO|Yobe State|Damaturu,Potiskum,Gashua,Nguru,Geidam
ZA|Zamfara State|Gusau,Kaura Namoda,Talata Mafara,Anka,Tsafe
"""


def read(table: str) -> tuple[State, ...]:
    """The table's rows."""
    rows = (line.split("|") for line in table.strip().splitlines())
    return tuple(State(code, name, tuple(towns.split(","))) for code, name, towns in rows)


STATES = read(TABLE)
BY_CODE = {state.code: state for state in STATES}
BY_NAME = {state.name: state for state in STATES}


def state_name(code: str) -> str:
    """The name of a state's code; the code itself when it is none of ours."""
    return BY_CODE[code].name if code in BY_CODE else code


def place(town: str, state_code: str) -> str:
    """`Enugu, Enugu State`, or whichever part is known."""
    return ", ".join(part for part in (town, state_name(state_code) if state_code else "") if part)
