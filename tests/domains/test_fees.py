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
Registration na 3k only.
Make payment of 5k to confirm your spot.
A token of N5,000 is required for each actor.
You will be required to make a payment of N5000 for your ID card.
Casting form: N1500 per person.
Ten thousand naira only secures your slot.
Costume fee of N7,000 na your own.
Insurance fee N5,000 is compulsory for all cast.
Make you hold 5k come for registration.
You go roger us small before we give you role.
We pay well, but you go first pay 5k registration fee.
Production go pay you 200k, but your registration fee na 5k.
No audition fee, but commitment fee of 20k applies to selected cast.
We no dey collect audition fee o, na only 3k for form.
Feeding fee of N10,000 for the five camp days.
Transport to location is on you, come with N6,000.
Feeding and transport na your own pocket.
Accommodation is your own responsibility, N15,000 for the week.
Twenty thousand naira to register for the lead role.
Pay five thousand naira before audition.
You will not be listed unless you pay the 5k.
No payment, no audition.
No form fee no entry.
Settle the director with something before your name comes out.
Sort us out first and the role is yours, 10k is enough.
You gats drop 2k for the casting form.
Audition is open; however every actor must pay 2,000 naira.
Though transport is covered, registration fee is N3,000.
We cover feeding, you pay 4k for ID card.
The production provides accommodation and you pay N5,000 for logistics.
Uniform fee N4,500 for all extras.
Medical fee of 6k before camp.
Enrolment is 12,000 naira.
Membership costs N5,000 a year and is a must.
Payments of N3,500 to be made into our account.
Kindly transfer the sum of N2,000 to Moniepoint to reserve your slot.
Your slot na 5k.
Interested actors are requested to pay a verification fee.
Onboarding fee: N8,000.
Visibility fee 10k to put your face on the poster.
Joining fee three thousand naira.
Participation fee is compulsory.
Acting class fee of N30,000 must be paid before casting.
Don't worry, form na 1,500 naira.
Feel free to pay the registration fee on arrival.
This is not a scam, registration fee is only 2k.
No wahala, audition money na 3k.
Only N1,000 for the form and you are in.
Form is not expensive, just 2k.
Send proof of payment of N5,000 before you audition.
Kindly note that a processing charge of N3,500 goes with every application.
All shortlisted people will drop 7k for accreditation.
Bring your passport photo and 2,500 naira for the form.
Una go need pay 4k make una name enter.
To be part of the cast you need N15,000 for costume.
Lead role slots: N100k, supporting role: N50k.
Pick your role: lead 50k, sub lead 30k, waka pass 5k.
Registration closes Friday, pay N2,000 at the desk.
You only need to pay for the script, N1,000.
Screening is N1,000 flat for everybody.
Transfer your registration money to 0123456789 Access Bank.
Aza dey down, send 3k sharp sharp.
Our audition ticket sells for N2,000.
Get your audition pass for just 1,500 naira.
The gate fee for audition is N500.
Camping money of N20,000 to be paid by all selected talents.
Every actor will contribute N10,000 towards production.
Invest N50,000 in the film to get a speaking role.
A small appreciation of 5k to the casting director will help you.
No be free o, na 2k.
Data capture fee: N1,000.
You pay N5,000 once and you are registered for life.
We will pay you after shooting, for now pay 6k for contract papers.
Agreement form fee of N3,000 na must.
Minors pay half of the registration fee.
N2k audition form, available at Ojuelegba.
Payment of two thousand five hundred naira is compulsory.
Your N10,000 will be returned after the shoot.
Drop 1k for my mobilisation.
Extras must come along with their registration fee.
Send recharge card of 1,500 to book your place.
Buy our starter pack at N9,000 to join the agency.
Models pay N15,000 for portfolio shoot.
Audition is free but the training that follows is 40k.
Selected candidates shall pay for accommodation in camp, N25,000.
Make una carry 3k come audition venue.
You wan act? Pay 10k and act.
Membership card N2,500, compulsory for all.
Hotel bill na una go pay am, 8k per night.
Casting fees may apply.
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
Workshop costs are on us.
You will be paid 20k to audition for the lead.
The film is about a registration fee scandal at a university.
Accountant needed to manage production cash and transfer money to vendors account.
Non-refundable hotel bookings must be avoided by the line producer.
We pay ₦150,000 a day and per diem of ₦10,000.
Per diem is ₦15,000 on shooting days.
Transport is covered from Lagos and back.
Feeding, accommodation and transport are provided.
The budget for the film is ₦45,000,000.
Line producer with experience of budgets of 80 million naira.
The line producer negotiates location fees with landlords and keeps the receipts.
Location manager to handle permit fees and clearance.
Synopsis: a widow sells her land to pay a membership fee to a cult.
She must pay her registration fee before the exams begin.
The story follows a boy who buys a form for the police academy.
A comedy about a landlord who collects caution fee twice.
You play a bursar who steals registration fees.
Your character asks students for form money.
We no dey collect money for audition.
You no go pay shishi, everything na free.
Audition na free, no registration fee at all.
Production go carry your transport and feeding.
You go collect ₦60,000 a day, cash after wrap.
You will receive ₦25,000 for the costume fitting.
₦100,000 for two scenes, half on signing.
Half is paid on signing and half on wrap.
Extras are paid ₦12,000 a day.
Bring a printed form of consent for minors.
Fill the registration form at the gate and take a number.
Registration starts at 9 am on Saturday.
Auditions hold on 12 December 2026 at Surulere.
Casting: two women of 40 to 60.
Wardrobe is provided, come with black shoes.
Insurance for the whole crew is paid by the production.
Costume designer with a kit fee of ₦20,000 a day.
Camera package is separate, we pay the rental.
Invoice us at the end of each week.
We settle every invoice within seven days.
The production will refund your fuel.
Gaffer to prepare the lighting budget with the DP.
Payroll assistant to process payments for forty crew.
Must have experience in handling petty cash and receipts.
No fee is charged at any stage, report anybody who asks.
Do not pay anyone who claims to sell our forms.
We are a union production; your rate is ₦200,000 a week.
Voice-over session of four hours, ₦70,000 flat.
Stunt performer, ₦300,000 for three days.
Boom operator with own kit, ₦90,000 a day.
Training on the new camera is free for the assistants.
Daily rate for the boom swinger is 85k.
Two actors for a bank advert, ₦400,000 each with buyout.
The agency takes no cut from your pay.
Payment is made within 24 hours of wrap.
Deposit of 50% is paid to the editor on signing.
We need a driver who knows Ibadan, 30k daily plus fuel.
Bring your ID card and a change of clothes.
Send your showreel and rate to this page.
Rates: day player 60k, extras 10k, child actors 25k.
The script has a scene in which a pastor asks for seed money.
Extra men with police uniforms, 15k a day.
Editor with own machine, N250,000 per project.
If you pass the audition you get a contract the same day.
Audition slots are from 10 am to 4 pm.
Each slot lasts ten minutes, come early.
Form a queue at the gate on arrival.
Stipend of N20,000 for interns every month.
Interns get transport allowance and lunch.
Transport allowance 3k daily.
Lunch and water provided, call sheet on Thursday.
Our budget is small: 25k per day for the sound person.
The booking is for five days with one travel day.
Confirm your slot by replying before Tuesday.
Workshop for directors, fully funded by our sponsor.
A short film about agents who sell fake audition forms.
A tax drama: the state collects levy from market women.
We need a casting director; the casting fee is ₦500,000 to you.
Composer fee ₦600,000, half at the start.
Location scout, we reimburse all fuel with receipts.
DIT to transfer footage to drives every night.
Please transfer your files by link, not by mail.
Make-up artist with own kit; kit fee paid.
Costume returns are handled by the wardrobe assistant.
Hotel and flight booked for those outside Lagos.
You play a money lender who wants his cash back.
Must be able to carry 30 kg of cable.
Two hundred extras wanted for a market scene.
Nobody will ask you to pay anything, from registration to wrap.
We pay 10k to every person who auditions on camera.
Voice of a radio host, N50,000 for 4 hours.
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


def test_there_are_a_hundred_and_fifty_of_each() -> None:
    assert (len(GUILTY), len(INNOCENT)) == (150, 150)


def test_every_text_is_read() -> None:
    assert asks_talent_for_money("Actors wanted", "A village drama.", "Enugu", "form na 2k") is not None
    assert asks_talent_for_money() is None
