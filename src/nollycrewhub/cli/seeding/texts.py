"""What sample listings and profiles say, put together from parts by the generator."""

CAST_TITLES = (
    "{name}, {language}-speaking", "{name} for {a_genre}", "{name} wanted in {town}", "{name}, age {low} to {high}",
)  # fmt: skip
CREW_TITLES = ("{name} for {a_genre}", "{name} wanted in {town}", "Experienced {name}, {weeks} weeks", "{name} for a web series")
GENRES = (
    "village drama", "family comedy", "crime thriller", "wedding comedy", "epic of the old kingdom", "school series",
    "campus romance", "faith drama", "political thriller", "ghost story", "music video", "short film",
)  # fmt: skip
OPENINGS = (
    "We are shooting {a_genre} in and around {town}.", "{a_genre_start} by a small, serious team. We shoot in {town}.",
    "{company} is making {a_genre}, and the base is in {town}.", "New {genre}, first days in {town}.",
)  # fmt: skip
CAST_LINES = (
    "You play a person who says little and means it. Natural acting, no shouting.",
    "The role carries six scenes and two songs. You should be easy with long takes.",
    "We look for somebody who can speak {language} as at home, with a little English.",
    "You go fit waka for inside mud small; we get boots for you.",
    "Rehearsals are three evenings, then the shoot.",
)  # fmt: skip
CREW_LINES = (
    "Bring your own tools if you have them; we rent what is missing.",
    "Generator and fuel are ours. Call time is 6 am, lunch by noon.",
    "You lead two assistants and report to the production manager.",
    "We need person wey sabi work with small light and no dey complain.",
    "Night shoots on four days, with transport home.",
)  # fmt: skip
CLOSINGS = (
    "Feeding and transport are on us. Nobody pays anything to apply.", "Accommodation is shared, two to a room.",
    "We pay every Friday by transfer.", "Send a short note on what you have done.", "A contract is signed before the first day.",
)  # fmt: skip
BIOS = (
    "I have worked on {n} films since {year}, most of them in {state}.", "Trained on set, still learning. {n} credits so far.",
    "From {town}. I love {genre}s and early calls.", "I came from theatre and have stayed for the camera. {n} projects.",
)  # fmt: skip
AGENT_HEADLINES = ("Talent agent", "Agent for actors and presenters", "Agent for camera and lighting crews")
AGENT_BIOS = (
    "I speak for {n} people, most of them in {state}. Nobody pays to be on my books.",
    "Contracts, dates and rates for {n} people from {state}. Write to me before you cast.",
)  # fmt: skip
NOTES = (
    "I have done similar work twice this year and I live nearby.", "I am free on all the days. My rate can be discussed.",
    "Abeg consider me, I sabi the work well well.", "I would love to read for this. I can send a self-tape tonight.", "",
)  # fmt: skip
