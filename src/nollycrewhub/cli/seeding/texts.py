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

# Conversations: who says it (by their place in it), and what.
TALK_OF_A_JOB = (
    (0, "Good afternoon. Thank you for applying. Are you free for a reading on Thursday?"),
    (1, "Good afternoon. Yes, Thursday is fine. Morning or afternoon?"), (0, "Ten in the morning, at our office in Independence Layout."),
    (1, "I will be there. Should I prepare something?"),
    (0, "The second scene on page four, in Igbo please. You pay nothing, and we give you transport back."),
)  # fmt: skip
TALK_OF_A_READING = (
    (0, "How was the reading?"), (1, "It went well, I think. They want the scene once more on Monday."),
    (0, "That is good news! Which scene?"), (0, "I can read the mother for you on Sunday if you like."),
)  # fmt: skip
TALK_OF_A_GENERATOR = (
    (0, "Is the small generator free from the 14th?"), (1, "It is. Five days?"), (0, "Six, with one night."),
    (1, "No wahala. Same price as last time, fuel is yours."), (1, "Tell me by tomorrow, another crew is asking."),
)  # fmt: skip
TALK_OF_A_BUS = ((0, "Did you get home?"), (1, "Yes, the bus came at eight. Thank you for waiting."))
TALK_OF_A_UNIT = (
    (0, "Call time tomorrow is 6 am at the base in New Haven."), (2, "Is breakfast at the base or at the place?"), (0, "At the base, from 5.30."),
    (1, "Noted."), (3, "The road after the market is closed, come by Chime Avenue."), (4, "Lamps and stands are packed."), (0, "Thank you all. Rest well."),
)  # fmt: skip
TALK_OF_A_STRANGER = (
    (0, "Good morning. I direct a short film in Nsukka in January and saw your page. May I send you two pages of the script?"),
)
TALK_OF_AN_EDITOR = ((0, "Good morning. I edit drama series and am free from next month. May I send you a link to my work?"),)
