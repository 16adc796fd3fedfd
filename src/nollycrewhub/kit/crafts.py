"""What people do on a film: departments with their roles, languages with their names, and skills."""

from dataclasses import dataclass

from nollycrewhub.kit.text import handle
from nollycrewhub.kit.told import Told, told

ROLE_NAMES = {
    "actor": told("Actor"), "crew": told("Crew"), "producer": told("Producer"), "writer": told("Writer"), "director": told("Director"),
    "agent": told("Agent"),
}  # fmt: skip
ROLES = tuple(ROLE_NAMES)
LEVEL_NAMES = {"basic": told("A little"), "good": told("Good"), "fluent": told("Fluent"), "native": told("First language")}
LEVELS = tuple(LEVEL_NAMES)
DEPARTMENT_TABLE = """
Cast|Lead actor,Supporting actor,Featured extra,Background extra,Child actor,Voice actor,Dancer,Presenter,Model,Body double
Stunts|Stunt performer,Stunt coordinator,Fight choreographer,Stunt driver
Production|Producer,Executive producer,Line producer,Production manager,Production coordinator,Production assistant,Unit manager,Production accountant
Direction|Director,First assistant director,Second assistant director,Script supervisor,Casting director,Acting coach
Writing|Screenwriter,Script editor,Story researcher,Translator
Camera|Director of photography,Camera operator,Focus puller,Clapper loader,Camera assistant,Drone operator,Steadicam operator,Digital imaging technician,Stills photographer
Lighting|Gaffer,Best boy,Lighting technician,Generator operator
Grip|Key grip,Grip,Dolly grip,Crane operator
Sound|Sound recordist,Boom operator,Sound designer,Re-recording mixer,Foley artist
Art|Production designer,Art director,Set decorator,Set dresser,Props master,Props buyer,Scenic painter,Set carpenter,Graphic designer,Welder
Wardrobe|Costume designer,Wardrobe supervisor,Costumier,Tailor
Make-up and hair|Make-up artist,Special effects make-up artist,Hair stylist,Barber,Gele stylist
Visual effects|Visual effects supervisor,Compositor,3D artist,Matte painter,Motion graphics designer
Special effects|Special effects supervisor,Pyrotechnician,Armourer
Editing|Editor,Assistant editor,Colourist,Subtitler,Post-production supervisor
Music|Composer,Music supervisor,Sound track artist,Talking drummer
Locations and transport|Location manager,Location scout,Driver,Transport captain,Security officer
Catering and care|Caterer,Unit nurse,Chaperone,Intimacy coordinator,Welfare officer
Publicity|Unit publicist,Social media manager,Behind-the-scenes videographer,Poster designer
"""


@dataclass(frozen=True)
class Category:
    """One kind of work: its address word, its name, its department, and whether it is cast or crew."""

    slug: str
    name: str
    department: str
    kind: str


def read(table: str) -> tuple[Category, ...]:
    """The table's roles."""
    found = []
    for line in table.strip().splitlines():
        department, names = line.split("|")
        kind = "casting" if department in ("Cast",) else "crew"
        found += [Category(handle(name), Told(name), handle(department), kind) for name in names.split(",")]
    return tuple(found)


DEPARTMENTS: dict[str, str] = {handle(line.split("|")[0]): Told(line.split("|")[0]) for line in DEPARTMENT_TABLE.strip().splitlines()}
CATEGORIES = read(DEPARTMENT_TABLE)
BY_SLUG = {category.slug: category for category in CATEGORIES}
LANGUAGE_TABLE = {
    "en": "English", "pcm": "Pidgin", "yo": "Yoruba", "ha": "Hausa", "ig": "Igbo", "efi": "Efik", "ibb": "Ibibio",
    "tiv": "Tiv", "bin": "Edo", "ijc": "Ijaw", "kr": "Kanuri", "ff": "Fulfulde", "nup": "Nupe", "urh": "Urhobo",
    "idu": "Idoma", "igl": "Igala", "its": "Itsekiri", "iso": "Isoko", "ish": "Esan", "gba": "Gbagyi", "fr": "French",
    "ar": "Arabic", "sgn": "Sign language",
}  # fmt: skip
LANGUAGES: dict[str, str] = {code: Told(name) for code, name in LANGUAGE_TABLE.items()}
SKILLS = (
    "Horse riding", "Driving", "Motorcycle riding", "Swimming", "Traditional dance", "Hip-hop dance", "Singing",
    "Talking drum", "Piano", "Guitar", "Stage combat", "Martial arts", "Boxing", "Football", "Athletics", "Comedy",
    "Improvisation", "Accents", "Voice-over", "Presenting", "Hawking", "Cooking", "Weaving", "Gele tying", "Masquerade",
    "Wrestling", "Climbing", "Canoe handling", "Final Draft", "Movie Magic", "DaVinci Resolve", "Premiere Pro",
    "Avid", "After Effects", "Blender", "Pro Tools", "Reaper", "ARRI Alexa", "RED Komodo", "Sony FX6", "Gimbal",
    "Drone licence", "First aid", "Budgeting", "Scheduling", "Continuity", "Tailoring", "Prosthetics", "Welding",
    "Set carpentry", "Generator maintenance", "Subtitling", "Yoruba adaptation", "Hausa adaptation",
)  # fmt: skip


def category_name(slug: str) -> str:
    """The name of a category; the slug itself when it is none of ours."""
    return BY_SLUG[slug].name if slug in BY_SLUG else slug
