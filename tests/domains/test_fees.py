"""Posts that ask talent for money, as they are really written, and posts that do not."""

import pytest

from nollycrewhub.domains.jobs.rules.fees import asks_talent_for_money

GUILTY = """
Registration fee is N5,000 only.
Audition fee: 3k, pay before you come.
You will pay a form fee of 2,500 naira.
Come with N10,000 for your ID card.
Pay 5k for form and come for audition on Saturday.
Purchase the audition form at the gate.
Send 3k to this account to secure your slot.
You go pay small change for form.
Abeg drop something for registration before you come.
Refundable deposit of ₦20,000 applies.
A non-refundable fee is required.
ID card fee applies to all successful people.
Membership fee before shoot.
Sponsor your role and shine.
Reg. fee: #5,000.
R e g fee 4000.
Form na 2k, pay am for gate.
The form goes for N1,500.
Form is sold at N2,000.
Applicants must pay 10,000 naira for screening.
Interested persons should pay for the training.
Actors are to pay their own processing.
Transfer 5,000 naira to the account below to register.
Pay into our Opay account before Friday.
Send money to our POS agent.
Bring ₦7,500 on the audition day.
Carry N3,000 come for registration.
Lead role available for those who can pay for the role.
Buy your speaking role now.
Casting fee of 15k applies.
Screening fee N2,000 per head.
Caution deposit of N50,000 before camp.
Logistics fee 8,000 naira.
Acceptance fee is 25,000.
Commitment fee of N10,000 shows you are serious.
Training fee: 30,000 naira for two weeks.
Workshop fee 20k, then you get a role.
Portfolio fee 12,000 to be listed with us.
Booking fee N5k.
Clearance fee must be settled.
Admin charges of 2,000 naira.
Application fee: 1,000 naira.
Processing fee 4,500.
Consultation fee 5,000 naira.
Slot fee N6,000.
5k to register, 10k to secure a speaking part.
2,000 naira per form.
N3,000 per applicant.
You must pay 5,000 naira.
You go pay 2k for us.
You have to pay N4000 at the venue.
Deposit N10,000 into the account to confirm your place.
Send 2k for form.
Pay N1,000 for the audition.
Talents go pay for uniform.
Obtain the form with 3,000 naira.
Collect your form at N2,500 in our office.
Enrolment fee 15,000.
Pay N5,000 before the audition.
Find something for the boys before your name enter list.
""".strip().splitlines()
INNOCENT = """
Free audition, no payment required.
There is no registration fee.
Nobody pays anything to apply.
We pay transport fare.
Fee: ₦150,000 a day paid to you.
Entry is free for all.
Production will pay registration with the guild.
Rate negotiable, we agree before the shoot.
Beware of anyone who asks you for money.
You no go pay anything.
We pay every Friday by transfer.
The fee is ₦80,000 per episode.
Your account is credited on the last day.
Bring two passport photographs.
Come with your ID card.
Bring your own wardrobe.
Come with a monologue of two minutes.
We do not charge any audition fee.
Casting is free and open to everyone.
Never pay anyone for a role with us.
The audition form is on our site, free of charge.
Fill the form below and send a self-tape.
Accommodation and feeding are on us.
The production covers transport and feeding.
The company pays your transport from Aba.
Paid weekly, ₦200,000.
₦45,000 a day for six days.
Pay is ₦1,500,000 for the project.
The pay for the role is ₦90,000 a week.
We shoot a film about a man who must sell his land.
The story: a girl pays her brother's school fees.
You play a fee collector at a motor park.
Character collects money from traders.
Your character buys palm wine for the king.
Membership of AGN is an advantage.
Guild members preferred.
Trained drivers only.
Driver's licence needed.
We refund your transport on the day.
Transport money will be given to you after audition.
If anybody asks for registration fee, report them to us.
No form fee, no audition fee, nothing.
Audition fee: none.
Registration is free.
Register by sending your name and state.
Application closes on Friday.
Send your application with a headshot.
The deadline for the form is Monday.
Training is given for free to those we choose.
A workshop is held before the shoot; we pay you for it.
Call time is 6 am, feeding provided.
We need a set accountant to keep petty cash.
Production accountant to manage cash floats.
Experience with budgets of ten million naira.
Bring your own tools if you have them.
The producer pays for your ID card.
Nobody go collect money from you.
Do not send money to anyone.
Salary is paid into your account monthly.
Speaking role for a boy of ten.
""".strip().splitlines()


@pytest.mark.parametrize("text", GUILTY)
def test_guilty(text: str) -> None:
    assert asks_talent_for_money("Actors wanted", text) is not None


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent(text: str) -> None:
    assert asks_talent_for_money("Actors wanted", text) is None


def test_the_title_is_read_too() -> None:
    found = asks_talent_for_money("Lead role, registration fee 5k", "A village drama in Enugu.")
    assert found is not None
    assert found.reason == "a fee for taking part"


def test_there_are_sixty_of_each() -> None:
    assert (len(GUILTY), len(INNOCENT)) == (60, 60)
