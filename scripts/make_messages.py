"""Write llmutils/assets/messages.tsv: invented text messages, each labelled ham or spam.

Every message is this project's own writing. The shops, banks, couriers and towns are invented,
telephone numbers come from ranges that regulators keep free for fiction, and links end in
.example. Names, sums, places and links come from the same lists (SLOTS) in ham and in spam.

HAM and SPAM hold the texts, theme by theme, one a line; an indented line continues the one above.
`{day}` is a slot. `4* ` at the start asks for four variants, and each [bracket|of|options] goes
through its options in an order of its own, so that two variants have little in common. Each
message draws from a generator seeded with its own line: editing one line leaves the rest alone.

Run: python scripts/make_messages.py           (rewrites the file)
     python scripts/make_messages.py --check   (exits with 1 if the file differs)
"""

import argparse
import re
import sys
from pathlib import Path
from random import Random

FILE = Path(__file__).parents[1] / "llmutils" / "assets" / "messages.tsv"
SEED = 123

# Comma-separated; a value may hold slots of its own. The methods of Message make the others.
SLOTS = {
    "she": """Aisha, Amara, Anna, Bea, Chloe, Claire, Dina, Ella, Esther, Fatima, Grace, Greta,
        Hana, Helen, Ines, Jaya, Jess, Kate, Laura, Leila, Lucy, Magda, Maria, Maya, Mei, Nadia,
        Niamh, Nina, Olga, Paula, Priya, Rachel, Rosa, Ruth, Sara, Sofia, Suki, Tess, Uma, Vera,
        Zoe""",
    "he": """Alan, Ben, Carlos, Chen, Dan, Dev, Ed, Emeka, Femi, Frank, Gareth, Harry, Hassan,
        Ivan, Jack, Joe, Jonas, Kofi, Kuba, Leo, Marco, Mateo, Mo, Nick, Omar, Oscar, Pete, Raj,
        Sam, Sanjay, Sean, Steve, Tariq, Theo, Tom, Wei, Will, Yusuf""",
    "name": "{she}, {he}",
    "day": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "month": """January, February, March, April, May, June, July, August, September, October,
        November, December""",
    "date": "{d} {month}, {d} {month}, {month} {d}, {day} the {d}th, {d}/{mm}",
    "d": "5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 17, 18, 19, 20, 24, 25, 26, 27, 28",
    "mm": "01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12",
    "time": """5, 6, 7, 8, half five, half seven, 5.30, 6.15, 7.45, 8.30, 4pm, 5pm, 6pm, 7pm, 8pm,
        9am, 10am, 11am, 10.30, 11:15, 14:30, 16:00, 18:00, quarter to six, noon""",
    "hours": "8 and 10, 9 and 11, 10 and 12, 11.30 and 12.30, 1 and 3, 2 and 4, 4 and 6, 6 and 8",
    "span": "8 to 12, 9 to 3, 10 until 2, 7am to 1pm, 1 until 5, 22:00 to 05:00",
    "town": """Castlebrook, Dunmarrow, Eastmere, Fairlow, Greyford, Kingsholt, Millhaven, Oakbridge,
        Penwick, Port Arden, Saltby, Wexmoor""",
    "place": """the station, the bus stop, the library, the leisure centre, the market, the harbour,
        the town hall, the car park, the bridge, the old mill, the church, the shopping centre,
        the airport, the corner shop, the rugby club, the roundabout""",
    "street": """Station Road, Mill Lane, Church Street, Albert Terrace, Quarry Hill, Orchard Way,
        Garden Street, Ferry Road, Bakers Row, Elm Avenue, Victoria Road, Canal Side""",
    "shop": """Mossway, Hobb & Daughters, Plumfield, Gadget Lane, Dandelo, Kettle & Crumb,
        Brightwick, Foxhall Books, Northpeak Outdoor, Tallow & Pine""",
    "courier": "Larkpost, Quickmule, Norparcel, Hare & Cart, Swiftling, Dropwell",
    "bank": "Alderbank, Wexmoor Bank, Corvane, Penny Mutual, First Heron, Bank of Eastmere",
    "telco": "Talkleaf, Bluemast, Fjordtel, Hummo Mobile",
    "stream": "Flickbarn, Tuneloft, Owlplay, Serieshed",
    "school": "Hill Rise Primary, St Oda's, Beacon Street School, Riverside Juniors",
    "surgery": "Elm Road Surgery, Quay Health Centre, the Maple practice, Northgate Doctors",
    "pet": "Biscuit, Luna, Mr Socks, Pickle, Rufus, Noodle",
    "mail": """claims@northdesk.example, {name}{n}@oakmail.example, desk{n}@grantline.example,
        office@keelpartners.example, {name}.law@mailbarn.example""",
    "link": """ln.example/{tail}, tny.example/{tail}, go.example/{tail}, www.{word}{word}.example,
        {word}{word}.example/{tail}, {word}-{word}.example, https://{word}.example/{tail},
        http://www.{word}{word}.example, {word}{n}.example, share.example/{word}/{tail}""",
    "word": """bay, blue, corner, day, easy, fern, garden, green, hill, home, house, lake, little,
        local, moon, new, north, open, page, park, paper, photo, pine, plan, red, river, star, sun,
        table, town, video, web, wood, yard, your""",
    "clink": "{courier}.example/{tail}, track.{courier}.example/{tail}, ln.example/{tail}",
    # The links of frauds look like the real ones, or are short.
    "xclink": """{courier}.{word}{word}.example/{tail}, {courier}-{word}.example/{tail},
        my-{courier}.example, {courier}{n}.example/{tail}, {word}{courier}.example,
        ln.example/{tail}, tny.example/{tail}""",
    "blink": """{bank}-{word}.example, {bank}.{word}{n}.example/{tail}, my{bank}.example/{tail},
        {word}-{bank}.example/{tail}, ln.example/{tail}, tny.example/{tail}""",
    "slink": "{stream}-{word}.example, {stream}{n}.example/{tail}, ln.example/{tail}",
    "glink": """gov-{word}{n}.example/{tail}, {word}-gov.example, {word}{word}-online.example,
        ln.example/{tail}, tny.example/{tail}""",
}
OPTIONS = {slot: [" ".join(o.split()) for o in text.split(",")] for slot, text in SLOTS.items()}
WITHIN_ADDRESSES = ("link", "clink", "xclink", "blink", "slink", "glink", "mail")
ONCE = ("courier", "bank", "telco", "stream", "shop")  # a message keeps to one of each
UK_ONLY = re.compile(r"0909|0808|14\{digits3\}|(?<!\{)quid\b|PPI|INR")

HASTY = {
    "you": "u", "your": "ur", "are": "r", "please": "pls", "thanks": "thx", "tomorrow": "tmrw",
    "because": "cos", "tonight": "tonite", "to": "2", "for": "4", "see": "c", "be": "b",
    "people": "ppl", "message": "msg", "about": "abt", "before": "b4", "great": "gr8",
}  # fmt: skip
# Themes in which people type as they like; the others come from machines, or have a style already.
CASUAL = """family, couple, friends, work, tempting, links, market, family fraud, wrong number,
    romance, jobs, code theft, boss, crypto, hijack, property and tickets"""
CASUAL = [" ".join(theme.split()) for theme in CASUAL.split(",")]

HAM = {
    "family": """
Can you pick up {name} from {place}? My meeting is running over
Mum says dinner's at {time}, bring a jumper the heating is broken again
dont forget to put the bins out, its recycling this week
Have you seen the car keys, I've looked everywhere and I'm late now
Found them. In the fridge. Don't ask
Dad's asking if you want his old laptop before he takes it to the tip
{she} has a temperature so I'm keeping her off nursery today. Can you ring them?
Mum can you pick me up, phone on 4% and the last bus has gone
mum my phone screen cracked again 😭 im taking it to the place on the high street saturday
Mum can u put {quid} on my school card, they didnt have change and I owe the canteen
Dad I passed!!! Only 3 minors. Ring me when you're out
Nana's out of hospital, she's cross about the food so she must be better
Could you get milk, bread and something for {name}'s lunchbox on your way home? Love you
We're out of dishwasher tablets. And wine. Priorities please
Your brother is coming {day} with the new girlfriend, please be normal
What time is your train getting in? Dad will wait in the short stay bit, not the drop off, they
    charge {fee} now
{name} lost a tooth at lunch and then lost the tooth. Tooth fairy might need to write a note
Happy birthday to my favourite daughter! Card is in the post, money is in your account, hugs when I
    see you xx
I've transferred {quid} for the shopping, tell me if it's not enough love
Did grandad take his tablets this morning, the box still says {day}
Swimming is cancelled, pool pump broke. So pick up is 3.15 not 4.30
im outside
Mum which bin does polystyrene go in
Can you ask your mum if she still has the travel cot
The plumber came. It was a sock. A SOCK. {quid} please
please call your grandmother, she thinks you have moved to Canada
Hi love, just landed, flight was fine, bags came out first for once. Home by {time} hopefully
Dad your WhatsApp is sending me pictures of your pocket again
{she} says she'll only come if there's cake so I've told her there is cake. There needs to be cake
On hold with the council for 40 mins, if they cut me off I will scream
Could you bring the big pan on Sunday, the one with the lid that doesnt fit
We got the house!!!!! Offer accepted, ring me ring me
The boiler man can only do between 8 and 1 on {day}, can either of you be in?
remember {name}'s parents evening is tonight {time}, I'm coming straight from work so meet you
    there
Tell your sister her letter from the university came. I haven't opened it. I have held it up to the
    light
who ate my yoghurt. it had my name on it
it was dad
Mum it's me, my phone died so I'm on {name}'s. I'll be home around {time}, no need to wait up
Hi mum using {name}s phone, mine got confiscated in maths 🙈 can you bring my PE kit to reception
    before 11
We've decided on the blue. Your father wanted grey. We've decided on the blue
Grandad fell asleep in the garden with his hat on so he is only half burnt
Would you and the kids like to come on {day}? Nothing fancy, just a roast and your uncle's holiday
    photos
Can u send the address of the party {name} is going to and which parent is doing pick up
Auntie {she} is in town till {day}, she says she has not seen you since you had hair
thanks for the money mum, bought actual vegetables with it, proof attached
Need you to sign the trip form tonight, its {quid} and they want it by {day} or I cant go
Your parcel's come to ours again. It's heavy. What have you bought
I rang the surgery, they can see him at {time}. I'll take him, you stay with the little ones
Dont panic but the cat is on the roof
Cat is down. He did it himself as soon as I got the ladder
The wifi is doing that thing again. I switched it off and on. Do I now ring someone or cry
Your dad has won the allotment prize for his leeks and will be impossible to live with
Urgent!! Do we have eggs at home, standing in the shop
Call me when you get this, nothing bad, just need to know what size shoe {name} is now
Mum, can you send me the recipe for the lamb thing, I have the lamb, it is looking at me
{name} is asleep finally. There is curry in the oven. Be very quiet with the door
Love you, sorry about this morning. I'll do the school run tomorrow so you can sleep
nan has accidentally bought two sofas on the internet. pls call her
Could you look at mum's phone when you visit? She says it keeps telling her she's won something and
    I want to be sure she hasn't clicked anything
I've told mum never to give her bank details to anyone who rings. She said even the nice man? So
    please talk to her as well
Dad got one of those 'hi mum' texts which is funny because he's dad. He replied for 20 minutes to
    waste their time
What do you want for your birthday? And don't say nothing because last year you said nothing and
    then sulked
Going via the supermarket, last orders please
You left your lunch on the wall outside
running late, start without me
we're in the queue for the ferry, about 90 mins they say. kids feral
Is {name} eating meat this month or not
I'm doing a wash, do you need your kit for tomorrow
Please take your brother with you. I know. Please
Can you check if I left the iron on? I think I didn't but I can see it burning in my mind
Iron was off. Garden tap was on though
Your cousin had the baby at 4 this morning!! A girl, 7lb 2, no name yet, all well 💕
Just back from the vet. {sum} to be told he is fat
let me know when you get in safe xx
home safe x
I put {quid} in your coat pocket, use it for a taxi if it's late, don't walk
hiya love its mum. testing new phone. hope this is you
This is mum's new number, dad dropped the old phone in the canal at the weekend. Ring me tonight
    for the full story, he tells it wrong
New phone at last! Same number. {name} set it up for me and now it speaks to me in Welsh
Dinner's in the dog. Long story. Getting fish and chips, what do you want
Dad can you drop me at {place} at {time}, I said I'd help set up and {name} can't drive
Sorry missed your call, was under the car. What's up
We need to talk about Christmas. I know it's September. We need to talk about it
Hey sis, can you lend me the black shoes for {day}? I'll guard them with my life
Can I borrow the car {day} night, I'll put petrol in this time I promise
My teacher says I can do the advanced class but it costs {quid} a term, can we talk about it
    tonight
Mummy this is {name} on daddys phone can we have a hamster
No hamster.
Your uncle has asked me for money again. I said no. If he asks you, also no please
Could you pay {she} back for the tickets? {quid}, she sent her details to the group
Took mum to the eye hospital, all clear, drops for two weeks. She wants fish pie
They've moved the funeral to {day} at 2, same church. I'll book us all the same train
Thank you for yesterday, she would have loved it. Everyone said so
I'll be at the school gate till 3.45 then I really have to go, so please hurry
5* [Can you get|Please pick up|We need|On your way back could you grab|Don't forget] [milk and the
    good bread|nappies, size 4|something for tea|dog food, the one in the blue bag|stamps and a
    birthday card for {name}] [from {shop}|at the corner shop|before {time}|if it's still open|and
    I'll pay you back], [ta love|thanks x|we've run out|your dad ate the rest|I'm stuck here till
    late]
5* [{she} needs collecting from|I've dropped {she} at|Who's taking {she} to|Can you be at|Remember
    {she} finishes early, so be at] [football|nursery|{place}|the school gate|her piano lesson] [at
    {time}|by {time}|today, {time}|around {time}|for {time} sharp], [I'm in a meeting|her bag is in
    the boot|she's got a letter for you|don't be late again|I'll do tomorrow]
4* [Just spoken to mum|Called in on nan|Saw dad today|Auntie {name} rang], [all fine|bit of a cough
    but cheerful|asking after you|not speaking to the neighbours again]. [Wants to know about
    {day}|Both pairs of glasses lost|Give them a ring when you can|Says thank you for the flowers]
4* [Dinner is|Tea's|Lunch will be|We're eating] [at {time}|when you get here|half an hour late|pie,
    again], [bring {name}|your plate is in the oven|can you lay the table from where you are
    lol|don't fill up on crisps]
Mum, what do I put in the machine for whites? Everything is already a little bit pink so don't be
    angry
Dad, the man at the garage asked what oil it takes. I said normal. He's laughing. What does it
    take?
Your father and I have been talking and we'd like to help with the deposit. Don't say no. Come on
    {day} and we'll talk about it
We've put some money by for your course, it isn't much but it should cover the books and the train.
    Proud of you
I can see you've read this. Your bedroom, please. There are now two kinds of fly in it
{she} is crying because her sandwich is 'looking at her'. So that's our morning, how's yours?
Can I have {he} over on {day} night? His mum says yes if you say yes and he'll bring his own pillow
Love, the nursery called. She has put a bead up her nose. They've got it out. She wants it back
You have an hour of screen left and you've used it all. I can see it on my phone. Good night
Grandma says thank you for the phone, she loves it and she's talking to us from inside her handbag
    as I write
We'll come and fetch you from the airport, of course we will. What's the flight number and do you
    want a sandwich
Just a thought, but why don't we all put in {quid} and get your mum the good chair, instead of six
    scarves again
I'm your mother and I'm allowed to worry. Text me when you've landed and then I'll leave you alone
Your brother has been accepted for the apprenticeship!!! He's pretending that it's nothing but he's
    washed the car
{name} got a prize for best kept rabbit at the show, and the rabbit has bitten the judge
Have you told your dad about the car yet? If not I'd do it before he walks past the window
I rang about the wasps. It's {sum} and he can come {day}. Or we can live with wasps. They're quite
    quiet
Please ring your nan tonight, it's a year since grandad died and she won't say so but she'd like it
We got home about ten, they all slept in the car, and {name} was sick only once. Thank you for a
    lovely weekend
It's your turn to phone the bank about dad's account. They need the certificate and both of our
    signatures, ask for {name}
The hospital sent her home with two boxes of pills and a sheet of paper. I've put it all on the
    fridge in big letters
Mum don't open the door to anybody who says they're from the water company, they were on our road
    today. Ring me if they come
I've changed your phone so that only people you know can ring. If someone's missing tell me, I'll
    add them when I come
Whoever is using my card for games, that's {sum} this month. I have taken it off the tablet. You
    know who you are
Sorry Dad
I'll take {quid} a week out of your pocket money until it's paid. And thank you for owning up
uncle is at the station with all the bags and one live chicken, please send the big car
sis can u call dad pls he's not picking up for me and i dont want to do this alone
mum the boiler man wants to know where the stopcock is and so do i
can we get a puppy if i win the spelling thing
If you win the spelling thing we'll talk about a puppy
mum i won the spelling thing
just so you know i told nan that you were with me on saturday so if she asks, you were, and we had
    scones
Dad stop liking my posts from 2016 it's obvious that you can't sleep
can u send me a photo of my passport, the page with the number, its in the drawer under the tea
    towels
{he} hit his head on the slide but he's eating ice cream now so i think we are fine
The kids have made you a cake. I'm warning you now so you can work on your face
We're having a quiet Christmas, just us, you, your brother's four, your aunt, the neighbours and
    whoever she has met by then
Just leave the key under the frog and if the frog has moved, it's the cat, look behind the bin
Did you win? Sorry I couldn't be there, I wanted to but they needed me till six. Tell me all about
    it tonight
Your prescription is at the chemist, I paid, no need to give it back. And get some sleep please
Would you be a love and look up what time the tip shuts? Your father has filled the car and looks
    determined
4* [I'm at {shop},|In the shop now,|Quick,|At the till,] [do we need|have we got|are we out of|did
    you say you wanted] [butter|cat food|the big nappies|onions]? [Also I saw {name}|Answer quick
    there's a queue|They have an offer on it, three for two|Phone's at 3%]
""",
    "couple": """
I'm sorry. I was tired and I took it out on you. Can we start tonight again?
You said {time}. That was an hour ago.
fine
No it's not fine, you always do this and then I'm the one who looks mad in front of your friends
I miss you already and you're only in Leeds
Don't be angry but I bought the lamp
Did you pay the rent or is it my month
Good luck today, you'll be brilliant. Tie is behind the door 😘
Thinking about you. And about the last slice of pizza, which is mine
Are you free tonight? Babysitter cancelled on someone else so she can sit for us
We can't keep having the same fight by text. Come home and have it in person
I don't care about the money, I care that you didn't tell me
You win. We'll go to your mother's
ok you were right about the sat nav. this once
Love, the bank app says {sum} at a garden centre?? Is that us or have we been hacked
it was me. it was the bird bath
When you're ready to say sorry I'm in the bath
Hello beautiful, fancy a walk and an ice cream after work? My treat
I love you more than cheese and you know what that means
I waited 40 minutes outside the cinema. Not one message. I'm going to {name}'s tonight
Please pick up. I just want to know you got there ok
I'm not ignoring you I was in the shower
stop sending me houses we cannot afford 😂
that one is nice though
{she} just asked me if we're getting married and I said ask him. So. She might ask you
Happy anniversary you daft man. Seven years and you still can't fold a towel
Would you rather a, cinema, b, stay in, c, I decide and you don't complain
Got us the table by the window for {day} at {time}, wear the green one
Do you still want to do {day} or shall we leave it? Be honest x
I think we should have a break, I'm sorry to do it like this but you won't talk to me
I can't sleep either
Can you get candles and cat litter, we know how to live
Just saw a dog that looks like your boss
cant wait to see u tonight, been a long week xxx
You left your ring by the sink, don't panic
Why did you tell your sister. I told you that in private
Its not about the dishes
it is a bit about the dishes
Come to bed, the match is over, they lost, nothing will change by staring
I kept the receipt so if you hate it just be honest
Babe can u check if my card is in my other jeans before I cancel it
Card found, panic over, it was in the toaster box??
I really enjoyed last night, thank you for dinner. Would like to do it again if you would?
Was nice meeting you on Saturday, {name} gave me your number, hope that's ok. Coffee sometime this
    week?
hey it's {name} from the climbing wall, you asked me to text so you'd have my number :)
You looked lovely today. That's all, go back to your meeting
Honestly I'm flattered but I'm seeing someone. Still friends I hope
Do you know where we put the passports? I've looked in the safe place and it's so safe that I can't
    find it
I said I'd be home by {time} and I will, but I didn't say what kind of mood I'd be in. Put the
    kettle on
I got the promotion. I'm in the car park and I've been crying for ten minutes, the good sort. Don't
    cook, we're going out
You always say you're fine and then you clean the oven. Talk to me
I've spoken with the bank. If we pay {sum} a month we're clear by next summer. We can do this, you
    and me
Hey you. I know that today's hard. I've put a note in your lunch box, don't read it in front of
    {name}
no i didnt forget, it's in my diary, i just wanted to see if you would say something first
We need {big} for the roof. I vote that we sell your drums. You're going to vote that we sell my
    bike. Let's talk over wine
I'm on the sofa with the cat and your half of the chocolate. You've got until {time}
you can be angry with me but please let me know you're safe
Left my wallet at yours, can you check by the bed? I've got no card and the bus won't take my smile
I think I'm falling for you and I've only got 2% battery so please answer quickl
Would you like to go to the seaside on {day}? We could pretend to be the sort of people who fly
    kites
My mum's asked what you want for your birthday and I said a rest, so it'll be socks
can we not do this over text. im coming home
Tell me a thing that was good about today, I'll go first, I found {quid} in my old coat and spent
    it on flowers for you
""",
    "friends": """
are you free tonight? {name} has a spare ticket for the comedy thing
Pub at {time}? I'll get the first round since I still owe you from {day}
running 10 mins late sorry, order me a flat white
I'm here, by the door, where are you
Are we still on for {day}? I can do any time after {time}
can't make it tonight, stomach is doing things. have fun without me x
who's driving on saturday
bring cards, {name} is bringing the good speaker and nobody is bringing a guitar
We WON!!! 3-2 after extra time, I have no voice left
{he} won the pub quiz on his own because the rest of us went for chips
I got the job!!!! Start on the {d}th, drinks on me {day}
did u see the game last nite, what a finish
Mate. Mate. I've locked myself out in my pants. Are you in?
Happy birthday you old goat, hope it's a good one 🎂
My flight is delayed till {time} so don't wait for me, I'll get the bus from the airport
I'm free all weekend for once so tell me when suits
It's free entry before 10, after that {quid}, so for once in your life be on time
Do you still have my tent? Going away on {day} with {name} and would rather not sleep in the car
Thanks for having us, the kids haven't stopped talking about your dog
anyone want a free sofa? you have to collect and its heavy, 3rd floor no lift
Free to a good home: one very loud budgie. I'm serious
There's two spare seats in the car if {name} wants to come, petrol split four ways so about {quid}
    each
What was the name of that film with the man and the boat
you're going to laugh, I left my bag at the restaurant again, going back now
Can you ring me? Not urgent but a bit urgent. It's about {name}
He's called me four times today, I'm not picking up, what would I even say
Omg you will never guess who I just saw in {place}
ok who
Do not, I repeat do not, get the mussels
{name} is moving to Spain in May, leaving do is the {d}th, put it in your diary
Would love to but I'm broke till payday, can we do a walk instead
I'll be the one in the ridiculous hat
Sorry for the late reply, it's been one of those weeks. How did the interview go?
hey stranger, long time! I'm in town from {day} for a few days, fancy lunch?
Guess who got the last two tickets 😎 you owe me {quid}
Is it ok if {she} comes as well, her plans fell through
Running club tonight is from {place} not the park, it's flooded
Did you get home ok? You left your scarf
Your dog is in my garden again. No rush, she's having a lovely time
What are you wearing to the wedding, is it a hat wedding
lol no way
I'm at the back near the stage left speaker, hold up your phone
{he} has broken his wrist falling off a paddle board in the shop. In the shop
Can you water my plants from {day} to {day}? Key is with number 12, I'll bring you something nice
Five a side {day} {time}, we're two short, bring anyone with legs
Congratulations on the baby! When can we come and hold him? We'll bring food, not advice
u up? need to vent about {name}
Was that you I saw on a bike near {place} or a much fitter person
haha very funny. much fitter person indeed
I have the biggest news but I want to tell you properly so call me after work
Sorry to hear about your dad. No need to reply. I'm here if you want company or soup
We've booked the cottage, {sum} for the week between eight, I'll send you all what you owe when I'm
    sober
is it weird to text someone after one coffee
Yes it's weird. Do it
Board games at mine {day}, {name} is not allowed to be banker this time
Do you want my ticket for {day}, I can't go now, you can have it for nothing, be a shame to waste
    it
Left you a voice mail but it's mostly wind. Short version: yes
Could I crash on your sofa {day}? Missing the last train on purpose really
Hurry up they're about to start and there's an empty seat with my coat on it
who has the key to the hall
Sorry love, who is this? Lost all my contacts when my phone went in the sea
It's {name} from book club! We've moved to {day} as half of us have not read it
Could you please stop adding me to groups
how was the date?? details pls
He talked about his ex and then about tax. For an hour. Tax
Wait for me at {place}, I'm literally running
Two things. One, you were right. Two, don't be smug
{he} got tickets for the final in the ballot, he only won them, front row, I am sick with envy
Got a new number, this is {name} from five a side. Delete the old one. See you {day} at {time} as
    usual
Hi all this is my new number, the old one stops at the end of the month. {name} (the tall one, from
    the choir)
Can someone give me a lift to the thing on {day}, car failed its MOT
Please please tell me you recorded it
No spoilers!!! I'm two episodes behind
It's snowing here! Proper big flakes, everyone's just stood at the window
i'm so hungover i can hear my hair
Do you know a good electrician who actually turns up
{she} recommended this plumber, {phone}, he did her bathroom and he's honest. Say she sent you
The guy who fixed my car is on {phone}, he's cheap and doesn't talk. Ask for {he}
Tried that ramen place, don't believe the hype, but the dumplings are worth a crime
I've been thinking about what you said and you're right, I should just ask for the raise. Worst
    they can say is no
she said yes!!! 💍
We are outside number 14, which bell is it
How much do I owe you for the weekend? And was that you or {name} who paid for the parking
I'm in the other queue, it's moving faster, come over
Can't talk now, in the library. Text me
Film starts {time} but that means adverts till twenty past
You're not going to believe this, I won the office sweepstake, {quid}, with a team I can't find on
    a map
Come round whenever, door's open, mind the paint
See you in 5
Do you fancy the car boot on Sunday? Need to sell the kids' old stuff before it eats us
I'm afraid I've done something to your plant
Is that place still doing two for one on {day}s? Could do with a cheap night
Got two for one vouchers for the bowling, they run out {day}, who's in
Can you vote for {she}'s bakery in the local paper thing? She'd love to win it, form is in the back
    of Friday's paper
{she}'s raising money for the hospice by swimming the lake, she says fivers welcome, hand her cash
    on {day} if you like
Don't tell {she} but we're all chipping in {quid} for her leaving present, give yours to me by
    {day}
What's the address again? I know, I know, you've told me three times
Last one to arrive buys the chips
I'm in love with your sister's cat
Honestly, thank you for last week. I wasn't ok and you just turned up with a lasagne. That's
    friendship
you owe me a pint and an apology, in that order
can you not tell people about my operation please, I wanted to do it myself
I'm not mad I'm just disappointed. Actually no I am mad
That joke about my job wasn't funny and everyone noticed. Ring me when you want to talk about it
It's ok. I overreacted. Still friends?
Always x
6* [Are you about on {day}?|What are you up to {day}?|You free {day} by any chance?|Any plans for
    {day}?|Still on for {day}?|hey, {day}?] [We're thinking of a walk|{name} wants to try the new
    curry place|There's a match on at the pub|I've got the house to myself|Car boot then lunch?|I
    need a second opinion on a coat], [meet at {place} at {time}|come round from {time}|no
    pressure|let me know by tonight|bring {name} if you like|I'll drive]
5* [Just got to {place}|I'm on the {time} train|Nearly at yours|Leaving now|Stuck in traffic by
    {place}], [be with you in 20|save me a seat|can't see you anywhere|tell {name} not to
    wait|sorry sorry sorry]
5* [Thanks so much for last night|Had such a good time on {day}|Lovely to see you both|That was the
    best curry I've had in years|What a day], [my head hurts|{name} hasn't stopped laughing about
    it|next time it's on us|hope you got the last bus|I owe you for the taxi by the way]
5* [Did you hear?|Big news,|You won't believe it,|ok so|Have you heard from the others?] [{she}'s
    got the job in {town}|{he} proposed, on a pedalo|{name} and {name} are having twins|{she}
    crashed the car into {place}, she's fine|{he}'s selling everything and moving to {town}]. [Ring
    me|Act surprised|I knew it!|Don't say I told you]
4* [Could you lend me|Have you still got|Can I borrow|Does anyone own] [a drill|your big suitcase|a
    black tie|some jump leads] [for the weekend|till {day}|tonight, urgent|for about an hour]?
    [I'll bring it back with biscuits|Mine broke|Will collect at {time}|{name} lost ours]
4* [I owe you {quid}|My half is {quid}|That's {quid} each|{name} paid for all of us, {quid} a head]
    [for {day}|for the tickets|for the present|from the other night], [sending it now|cash is
    fine|no rush|what are your details again?]
Couldn't find you after the concert so I got a lift with {name}. Wasn't the drummer amazing though
Have you got a minute? I want to moan about my landlord to someone who will only nod
I have decided to be a person who goes to the gym. Please remind me of this when I say I'm tired
Your mum just added me as a friend and liked a photo from when we were 17. THAT photo
Nobody told me it was fancy dress. I am standing in the kitchen in a suit next to a lobster
We could get the early ferry and have breakfast on board, or sleep like normal people. I vote for
    sleep
{name} says the parking behind {place} is free after six so don't pay at the front like I did
Don't forget it's my turn to choose the book and I've chosen the short one, you're welcome
My phone has decided to call you every time I sit down, sorry for the four voice messages of my
    coat
Is it tonight or tomorrow? I've got my shoes on but I can take them off again
If anyone wants tomatoes we have about four hundred. Free. Please. They're on the wall outside
Went to see the flat. It's got a bath in the kitchen. Not near the kitchen. In it
I can't believe you remembered the name of my first goldfish. That's why you won the quiz and we
    only came along
How is the new job? Are they nice to you? Have you found the good biscuits yet?
She hasn't called me back and I've been staring at the phone like an idiot since lunch. Distract me
I'm selling my ticket for {day} if you know somebody, face value, I just can't get off work
Can we move lunch to one? The dentist is running late and half of my face is asleep
There's a free concert in the park by the lake on {day}, bring a rug and your own drinks
The doctor says it's only a sprain, so I get two weeks on the sofa and {name} has to do the stairs
So proud of you for telling him. I know that was hard. Come over if you don't want to be on your
    own tonight
I'm not coming if {name} is going to be there. Sorry. I've tried, I just don't want to spend my
    birthday being polite
Fair enough, I was out of order. I'd had too much to drink and it wasn't your fault. Can I buy you
    breakfast?
Do you remember that guy who owed us all money from the festival? He's just paid me back. After six
    years. With a card!
Please send me a picture of something nice, I've been in the waiting room for three hours and the
    telly only shows snooker
What do we want to do for {name}'s 40th? I could win the lottery by then, otherwise it's the pub
Got a card from my ex saying congratulations. On what? I haven't done anything. It's making me
    nervous
I need a lift to the hospital on {day}, it's only a check but they won't let me drive home. Could
    you?
Of course, what time shall I come? I've got nothing on and it'd be good to have a proper chat in
    the car
We're by the big tree with the red blanket, follow the sound of {name} arguing about the barbecue
This cafe has a cat and the cat has chosen me so I live here now. Come and join us if you like
I've been offered a place on the team!! Reserve, but still, I get the shirt and everything
Are you watching this? How was that not a penalty. I'm shouting at the radio in a car park
Thanks for looking after the fish. One of them looks different. Is it a different fish? I won't be
    cross
Let me know what I owe for petrol, and don't say nothing, we drove to Scotland
We have two extra tickets because the in-laws have the flu. It's the ballet. Yes you can wear jeans
Guess who has just been asked to be a godfather. Guess who then asked if there was a test
Would you mind if I gave your number to {he}? He needs somebody who knows about drains and I said
    you're the best
Yes that's fine, tell him to text first because I don't pick up numbers I don't know any more, too
    many odd calls
My sister says that he only calls when he needs something and I'm starting to think she has a point
It isn't the same since you moved. Nobody here laughs at the right bits. When are you coming to
    stay?
So the phone shop wanted {sum} for a new battery, and {name} did it on the kitchen table for a
    tenner and a pasty
I'm in a queue of people who all have the same bag as me. This could go badly
Anyone for a swim before work? The water's cold but the sun is out and I've got coffee
Right, I've cancelled the gym, the film channel and the wine box. Let's see how long I can be this
    person
Is there still a spare place in your car? {name}'s lot are full because of the tuba
I did it, I handed in my notice! I'm shaking. I start at the bakery on the {d}th and I get free
    bread
oi, your round. we're in the garden and it's the one with the dog on the sign
forgot to say, {she}'s surprise do is at OURS now, park down by the church so she doesn't see the
    cars
what was that place called with the good noodles near your old office
have u got room for one more on the pub quiz, my cousin's over and he knows every flag
dude your voice message is 7 minutes long i am not listening to that, is it about the boat
its raining so the bbq is in the garage now, wear a coat, bring a chair
just seen ur message sorry, phone was on silent all day. yes to friday
i'm on the wrong side of the river again arent i
the band's on at ten not nine so theres time for food, where are u lot
happy friday! one more week and then spain
nooo i liked him!! what happened
Long story. He said my job was 'cute'
is the heating broken at yours too or is it just cold
who invited {he}'s brother, he's been talking about drills for an hour
I've just walked past our old school, they've painted it green and it looks like a pond
Your turn to have the dog this weekend or ours? She's packed either way
Tell me the truth, does this haircut make me look like a mushroom
A handsome mushroom
I tried to phone but it went straight to voicemail. All it was: happy new year, and I've got your
    big blue dish
Don't suppose you kept the box for the telly? They won't take it back without
Managed to get everybody to agree on the {d}th, which I think deserves some sort of medal
So the date. He was nice! He listened! He paid for the chips! I don't know what to do with this
Sat next to a man on the coach who told me his life story and at the end gave me a potato. It's a
    good potato
The neighbours have asked us to keep it down so we've moved into the kitchen and are whispering the
    songs
Hope the operation went well, thinking of you. I'll bring grapes and gossip on {day} unless you'd
    rather sleep
Hello from the top!! Took us five hours. {name} cried. I cried. A child ran past us
You were right about not lending him the money. He's done the same to {he} now
You must be exhausted, go to bed, the washing up can wait, that's what mornings are for
Weirdest thing, a man at the market looked exactly like you but happy
{she} got through to the next round of the singing thing. It's on telly on {day} at {time}, we're
    all going round to hers
Would any of you like to buy a raffle ticket for the lifeboat? {fee} each and the first prize is a
    pig (not alive)
I bought two raffle tickets for the pig. If I win it you're all coming to dinner
My gran won the pig. She's a vegetarian. She's thrilled
4* [Happy birthday|Happy 30th|Many happy returns|Happy birthday for {day}] [{name}!!|you legend|my
    dear friend|old man], [have a great day|your present is late, like me|see you at {place} at
    {time}|drinks are on me tonight]. [x|You don't look a day over 50|Love from all of us|🎂]
""",
    "short": """
ok
no
Ok thanks
lol
yep
On my way
haha
Which one?
omw
Running late
Where r u
Nearly there
Just woke up
Tomorrow?
Happy birthday!
Good luck x
ily
what
Sorry, wrong chat
brb
On the bus
In a meeting
Say hi from me
Give me 5
ok see you there
It's a boy!
👍
😂😂 stop it
Can't, sorry
Call me
call me asap
Ring me back pls
Any news?
Come downstairs
Who's this?
Its open
Night x
Morning!
Love it
Hahaha stop
Pizza?
Always pizza
Seriously?
I know right
No rush
Your turn
Found it
We won!
Guess what
urgent?
Is it free?
How much?
Told you
Wish me luck
See u at 8
No idea sorry
u there?
bye for now
Welcome home x
Mum?
What time
Already paid
Traffic. Sorry
Nice one mate
Platform 4
Gate 22 now
Wrong answer 😂
ready when you are
Thank you so much
Cant talk now
what a day
Get well soon
I'm so proud of you
hurry up
""",
    "work": """
Can you send me the slides before {time}? Client wants to see them tonight
Morning, train's stuck outside {town}, I'll dial in for the first half hour
Stand-up is moved to {time} because of the fire drill
The printer is on fire. Not figuratively. We're all in the car park
{name} from finance says your expenses need the original receipt for the {sum} dinner
Could you cover my shift on {day}? I'll take your {day}, already asked {she} and she's fine with it
Client approved the quote!! {big} for the first phase. Drinks?
Rota's up. You're on lates all week, sorry
Just a reminder that timesheets are due at {time} or payroll won't run until next week
I'm not in today, been up all night with the little one, I'll be online after lunch
Where do we keep the toner
The boss is in a mood, wear armour
Interview went well I think? They asked when I could start, is that good
We'd like to invite you for an interview on {day} at {time} at our office in {town}. Please bring
    your portfolio, ask for {name} at reception
Thank you for applying to the library. We had many applications and won't be taking yours further
    this time, but we wish you well
Good news, references are back and all fine, contract is in the post. See you on the {d}th, 9am,
    side door. {name}
Hi, it's {name} at the agency, the warehouse want you again {day}, same hours, same rate, ok?
Meeting room 3 has no chairs. Does anyone know where the chairs went
please can whoever took my mug return it. its the one with the goat
{name} is off sick so could you take the {time} call with the supplier? Notes are on the shared
    drive
Got the bonus! Not huge, {big} before tax, but I'll take it
They're offering {big} more than I get now but it's five days in the office. What would you do
The invoice for {sum} went out this morning, they usually pay within thirty days
Quick one, has the payment from {shop} arrived? It's three weeks late now
Don't reply to that email from 'the CEO' about gift cards, it isn't her, I've told IT
IT says someone is sending fake invoices in our name so ring the client before paying anything over
    {big}
Site opens at 7, bring your own hard hat if you have one, see {name} at the gate
Concrete's coming at {time} so we need all hands before that
The van won't start. Can you pick up me and the ladders from {place}
Table six want to know if the soup has celery in it
we're fully booked sat, tell your mate sorry
Could you work the {d}th? It's time and a half and {name} makes the Christmas lunch
Minutes attached, shout if I've got anything wrong
Can you talk? Need five minutes before I reply to legal
I've resigned. Feels amazing. Ask me again in a month
{name} got promoted over me and I had to bring the cake
Leaving card for {name} is in my top drawer, sign it and put money in the envelope if you want to
Sorry for the late message, could you unlock the shop tomorrow? My back has gone again
The delivery's short by two boxes, driver says it was like that when he picked it up
Passed your number to a man called {he} who wants his roof done, hope that's ok
Your locker key is with security, they want to see your badge
Working from home today, call my mobile if you need me
Can you check the account and tell me if the {sum} from the school has cleared
Just seen your message, yes I can do {day}. Is it still £14 an hour, and paid weekly?
Car park closed on {day} for resurfacing. Please use the field. Wellies advised
Fire alarm test at 10. Ignore it. If it goes at 11, don't ignore it
whats the wifi password in the annex
Its on the whiteboard, all lower case
I'll be ten minutes late for our one to one, could you start without me, ha ha
they made me employee of the month, the prize is a parking space and I don't drive
Congrats on the award!! Well deserved, you've carried that team for years
Client in reception for you, says she has no appointment but has brought biscuits
We're looking for two people to help with stock take on {date}. {sum} for the day, cash, lunch on
    us. Tell me by {day} if you want it, {name}
Can you resend the link for the call? Mine says it has expired
Here's the link for the {time} call: {link} (same as last week)
Training is compulsory, sorry. It's a video about lifting boxes, ends with a quiz, everybody passes
I won't make the deadline. Better to tell you now than on {day}
Please confirm you got the new rota, I've had only four replies
Just so you know I've told {she} about the budget. She took it better than you did
New starter on Monday, can you set up a login and find a desk that isn't the broken one
got the contract!!! after 7 months of maybe
Dear all, the canteen will close at 2pm {day} for a deep clean. Sandwiches are available from the
    trolley
Pay slip is wrong again, they've taxed me as if I were two people
Can you ask {name} to ring the accountant, {phone}, before five? It's about the VAT
The lawyer rang, wants to know if {day} at {time} is ok to sign. Bring ID
Union meeting tonight 6.30 in the canteen, everyone welcome, this is about the pension so please
    come
are you able to swap sunday, my mum's coming down
Payday!!! I'm rich until {day}
boss says no
boss says yes if we bring cake
HR want us all to do the security course, the one about not clicking links. They've sent it as a
    link
I'm at the client's, which floor are you on
Budget has been cut so no agency staff in August. I know. I'm sorry
Our stand is B14, near the toilets. {name} has the banner, you've got the free pens
Great work today everyone, that was a horrible shift and you were all kind to each other
5* [Can you|Could somebody|Would you be able to|Please|Any chance you could] [cover for me on
    {day}|send the new price list to {name}|let the cleaners in at {time}|ring the customer back on
    {phone}|check the numbers for {month}]? [My car won't start|I'm with a client until {time}|I'm
    off sick, sorry|They've asked twice now|The boss wants it by {time}]
4* [Running late|I'll be in by {time}|Train cancelled|Doctor's first, then work], [start the
    meeting without me|{name} has the keys|tell the client I'm sorry|can you open up]. [Sorry|Back
    to normal tomorrow|I owe you one|Will stay on later]
4* [Your shift on {day}|The early on {date}|The late on {day}|Stock take] [starts at {time} now|has
    been swapped with {name}|is cancelled|is paid double], [ok?|please text back so I know you've
    seen this|thanks all|any problem ring me on {phone}]
The customer from number 8 says you left your ladder and that she's using it, so no hurry
They want me to do the same job in {town} for {big} a year more but I'd have to move. What does
    your heart say? Mine says chips
I've got to do a talk about customer service to the people who threw a stapler at me. Wish me luck
Who has the company card? The hotel wants to see it at the desk before they'll let any of us
    upstairs
The client's bank sent the money to our old account, so if {name} asks, yes it came, and no, we
    can't touch it until {day}
Your invoice for {sum} has been approved and will be paid with the run on {date}. Sorry it took a
    while, it was under a plant
We've had your CV from {name}, who says you're good with angry people. Could you come in for a chat
    on {day}? {shop}, staff entrance
You're the first on the list for the job, I can't say more until HR have rung you, but keep your
    phone on tomorrow
The agency's offering four weeks in the warehouse, nights, £15 an hour, you know the place, shall I
    say yes for you? {name}
There is a man in reception who says he won a tour of the factory. Did we have a competition? He's
    brought his mum
We did have a competition. Nobody told anyone. Please give him a hat and show him the big machine
Please don't use the blue card at the petrol station any more, finance have stopped it. Take a
    receipt and claim it back
If you need the office code over the weekend, ask me or {name}, I don't want to put it in a text
boss is asking who can work bank holiday, its double pay and free lunch, i said i'd ask u
can you take the van to be washed before the wedding job, and get the mud off the inside too
got your message, yes we can do 60 chairs for {day}, deposit was paid by {name} so youre all set
just finished, 14 hours, feet gone. is there food
the interview was on video and my cat walked in with a mouse. they said i was 'memorable'
Offer came!! Same money but four days. I'm going to take it I think. Call me later and be sensible
    for me
We're short at the food bank on {day} if you can give us two hours. Heavy lifting, good company,
    awful tea
I've had to let {he} go, I'd rather you heard it from me. Please be kind if he calls
New system goes live on {day}. You'll get your login from {name} in person. Don't give it to anyone
    who phones, not even if they say they're from IT
Good night shift everyone, the ward was full and nobody lost their head. Cakes in the staff room,
    thanks to the family in bay 2
Bit of an odd one, the mayor's office want to know if we still have the horse
Could you look over this before I send it? It's two pages and I've used the word 'robust' six times
5* [Could you|Please could you|Can you|Would you|Do you have time to] [order more paper|ring {name}
    in accounts|pick up the keys from {place}|show the new girl the ropes|take notes at {time}]
    [today|before you go|when you have a minute|this afternoon|, I'm at the dentist]?
    [Thanks|Number is {phone}|I'm in {town} till {day}|It's for the client on {street}|I've told
    {name} too]
""",
    "school": """
{school}: school closed today because of the burst pipe. Work is set online. Please collect
    children who came by bus by 10
Reminder from {school}: {name}'s class visits the museum on {day}. Packed lunch, no more than
    {quid} spending money
Raffle tickets for the summer fair are {quid} a strip, first prize is a hamper, ask Mrs Hale in the
    office
{name} won first prize in the raffle!! A hamper with a whole ham in it and we're vegetarian
Congratulations to year 5, winners of the reading cup! Prize is an extra playtime on {day}
Thank you for helping at the fair, we raised {big} for the new playground
Non uniform day on {day}, bring a pound for charity
Nits in the reception class again. Please check tonight
This is {school}. {name} was not in registration this morning. Please call the office on {phone} to
    let us know why
{she} has bumped her head at playtime. She is fine and back in class but we must tell you. School
    office
Parents' evening slots are open from {time} today in the usual app, first come first served
Please could parents not park on the zigzags. The head teacher has been out in her hi-vis twice
did u do the history hw
whats the answer to 4b
it's 17 but show working
can u send me ur notes for bio i was at the dentist
Mr Okafor said the test is MOVED to {day}!!! best day of my life
who is ur partner for the project
Exam is in the sports hall, bring black pen and your student card
Results out at 8 tomorrow, I feel sick
I got a 2:1!!!!! I'm actually crying in the library
Lecture's cancelled, he's got a cold, slides online
Are you going to the seminar or shall we both fail together
Dissertation printed, bound, handed in. {sum} for something no one will read
your student loan has come in hasnt it, you bought lunch
Student finance has paid the first instalment!! We eat tonight
Can anyone lend me a calculator for the 2pm exam, I have only a phone and a prayer
I've been offered a place at {town}, conditional on two Bs. I want to frame the email
Got the scholarship!! Full fees plus {big} a year, tell nan
Library: the book you reserved is ready at the front desk until {date}
Library notice: 2 items are due on {day}. Renew at the desk, in the app or at {link}
Dear parents, the disco is from 6 to 8, tickets {fee} on the door, includes a hotdog and squash
Football for under 9s is at {place} this {day}, kick off 10 sharp. Shin pads please
Well done to our chess team who won against {town} and came home with a very small cup
Please return the form for the swimming lessons by {day} even if your answer is no
Choir practice moved to the gym. Bring water, and parents, please bring patience
Piano lesson {day} still ok? {name} practised twice, I only had to shout once
{he} forgot his inhaler, could you bring it to the office before PE at 11
Your child is in the play as: Tree 3. Costume: brown. Thank you
Snow update from {school}: we open at 10, buses as normal, hot lunch for all
prof says we get an extension till {date}, someone upstairs likes us
group chat for the project is set up, can u join pls, we have 9 days
i did all 12 slides myself so you are doing the talking
The driving instructor said I should book the test. He also held the handbrake all the way home
Passed my theory, 48/50, the two wrong ones were about trams
any1 got last years paper for stats
teacher says no phones on the trip so this is my last message, if i dont come back {name} can have
    my bike
I won the spelling bee mum!! the word was rhythm
Bus pass has been renewed, collect it from the office with {fee}
Mrs Patel says your son is a pleasure to teach, are we sure it's ours
University of {town}: enrolment is open. Sign in with your student number and bring your passport
    to your first appointment
Please note the nursery's new bank details are on the paper letter in your child's bag. We will not
    send them by text. If unsure, ask us at the door
Could you tell {she}'s teacher that she'll be late, we're stuck behind a tractor and have been
    since {town}
has any1 got the reading for tmrw, the link on the page is dead and she picks on people
My daughter would like to know if your daughter would like to come for tea on {day}. They've
    already agreed, we're only the drivers
the canteen has chips AND pizza today this is not a drill
We have raised {big} with the sponsored walk. A big thank you to all and a special prize to {name}
    who did it in a fridge costume
guess who got 91 in the maths mock, yes, the girl who cried in the toilets before it
Can I come to yours to revise? My brother has got a drum kit and my parents have given up
You can have my old textbooks for nothing, save you the {quid}, I've written the answers in the
    back in pencil
Dear parents, there is a fake text going about that asks for a 'school trip fee'. It's not from us.
    We only take money through the office
{name} has been picked for the county team! Training is {day}s at {time} and they give you the kit
    for free
miss said if we all bring our forms by {day} we win a film afternoon so BRING YOUR FORM
Bake sale on {day} for the new library. Please send cakes without nuts, and a few coins if your
    child would like to buy one
My tutor liked it!!! She said 'publishable'. I've read the email nine times and rung my mum
Does anybody's child have two left wellies, size 11? We have two rights
sorry i cant come to the study group im in bed with a bucket. tell {name} to take notes that humans
    can read
They've cancelled the trip as the coach firm went bust. The school will pay everybody back by the
    end of {month}
""",
    "old times": """
c u l8r m8
wot time r u comin 2nite
gr8 c u @ 8 den
soz got no credit, ring me on the house phone
got 10p credit left so if i dont reply thats y
can u txt me {name}s number i lost it wen my sim died
hav u got tht ringtone frm the advert? its doin my head in
lol u r well funny
wuu2 2moro? wana go town
nm jst chillin u?
r u goin {name}s party, every1 is
y didnt u pick up, i rang like 4 times
luv u 4eva xxx
my fone is rubbish it only holds 10 txts so i hav 2 delete urs 2 get dis
happy bday m8 hav a gd 1!!
tb x
wen is footy on tv 2nite
dnt tell mum but i failed maths
u left ur charger here, nokia 1 wit thin pin
just topped up so i can talk now, got free txts til sunday
got 300 free texts this month so prepare to be bored by me
bus is l8 agen, tel sir im on me way
wer r u im by da fountain
omg he sed hi 2 me!!!!
thx 4 the lift yest, owe u 1
hey its {name} frm skool dis is my new numba, old fone got nicked
got new fone its well good it has a camera and everyfing
plz can u tape the match 4 me
im in the pub its rammed get here b4 8
did u win on the fruity last nite or lose it all like me
we won 5-0 and i scored 1!! ok it woz off my knee but still
cant com out grounded til fri. tel {name} soz
send me a pic msg if u can, costs 35p tho so only if its a good 1
hiya, its ur dad. your mother has shown me how to do this. STOP
Dear {name}, this is my first text message. I hope you are well. From your grandfather.
r u wearing black or jeans
gudnite hun sleep tite xx
na cant b bothered 2nite gona stay in n watch tv
i rang the radio comp n got thru but d answer was paris n i said rome, cud of won 500 quid
lost my voice n my voice mail works more than i do, txt dont call
my mate works at phone shop, says get the new 1 for free wen ur contract ends in june
who is dis? u rang me 3 times last nite
sry wrong person lol
g2g mums comin
can u get me 20 for my fone card from corner shop, pay u back 2moz
urgent!! need ur english notes b4 9 am or im dead
call me b4 8 cos its free 4 me wkends n evenings
u still fancy cinema? its 2 4 1 on wed innit
heard u won tickets on the radio!!! take me pls pls
ok i admit it. i voted 6 times 4 her 2 win n it cost me 3 quid
wt bus do i get 2 urs frm stn
lyk d new hair btw :-)
:-( missed the last train
wud u lend us a tenner til fri
fone is on 1 bar so gona die in a min, meet by clock at 7 k
im bored txt me bk
mayb c u sun, dpnds on wrk
hows ur leg? can u walk yet
pick me up frm work? finish @ {time}
ur nan makes the best pie eva fact
4* [c u|meet u|b there|see ya] [@ {place}|outside da chippy|by da bus stop|at {name}s] [{time}|b4
    {time}|2nite|sat], [dnt b late|bring ur ball|txt wen ur near|my treat]
4* [soz|sry|omg sorry] [fell asleep|no credit all wk|fone was off|was in da bath], [r u still
    goin|wot did i miss|ring u 2moz|did {name} ask 4 me]? [luv ya|lol|xx|x]
hav u got any credit? need 2 txt my mum n mine says 3p
did u get da job at d shop? wen do u start n do u get free sweets
can i com 2 urs after skool, got keys but no1s home til 6
my mum sez i can go if ur mum takes us n my dad brings us bk
u will neva guess wot i won at bingo wiv my nan!! a toaster lol
tell ur bro his bike is in our hedge
dont b sad m8, shes not worth it. come out n hav chips
just woke up on d bus at d depot, driver is not happy
i told u not 2 tell any1 n now evry1 knows. dont txt me
ok ok im sorry pls talk 2 me xx
happy new yr!!!! took 2 hrs 2 send this cos networks jammed
guess who got a fone 4 xmas!! its me {name}, save this number n txt bk so i no it works
new sim, 1st 50 txts free so ur all getting 1, luv {name} x
wen u call do 3 rings n hang up, then i kno its u n come down
can u ring da cinema n ask wot time its on, i got no mins left
got 2 go 2 nans on sun so cant play, ask {name} 2 b in goal
""",
    "tempting": """
The lottery numbers are in and we won {quid} between nine of us. Nobody resign
Did you get that text about a parcel fee? I nearly paid it. It's fraud apparently, {she}'s bank
    told her
FYI the text saying you're owed a tax refund is a scam, three people at work got it today
Someone rang pretending to be my bank and knew my name and everything. I hung up and rang the
    number on my card. Please do the same if they try you
Got the weirdest message, 'dear your account is locked', from a number in who knows where. Do
    people fall for these?
My prize for winning the bake off at work is a voucher for a gym. I choose to feel insulted
Congrats on the win!!! Knew you'd smash it. Trophy looks like an egg cup but still
Guess who just won free coffee for a month from the place by the station. This guy. It's going to
    be a jittery March
I won {quid} on a scratch card and then spent it on scratch cards
I've got a free month of {stream} to give someone, do you want it? I only need your email and you
    can cancel before it renews, I'd remind you
Free pizza in the kitchen, third floor, go go go
We've got free tickets to the preview on {day} because {name} works there. Interested? No catch,
    except the film might be terrible
Urgent: whoever parked the red car across the gate on {street}, the bin lorry can't get past
URGENT has anyone got a size 6 white shirt for the concert tonight?!
This is a bit urgent, {name}'s been taken to A&E, nothing life threatening, but can you come and
    get the kids?
Please call me as soon as you see this. It's about your mum, she's ok but she's had a fall
Can you call me on the landline, {phone}? Mobile signal is hopeless here
You have to call the garage before 5 or they won't start until Monday. It's {phone}
The doctor's rang, can you call them back, {phone}, and ask for {name}. They wouldn't tell me what
    it is
I put 50 in bitcoin last year to shut {name} up and it's now worth 38. So that's my yacht
{he}'s lost thousands on some crypto site, the profits were only numbers on a screen and they won't
    let him take it out. Be nice to him
Dad wants to invest in something called a pre-launch token. Can you talk him out of it, he listens
    to you
You said shares in that bus company would go up. They've gone up. I still didn't buy any. Lunch is
    on you
Mortgage approved!!!! {bank} said yes, we can stop eating beans
The bank turned us down for the loan so the kitchen will have to wait. Bit gutted
Can you lend me {quid} till {day}? Payday mix up, I'll show you the email if you don't believe me
Paid you back for the concert, {quid}, check your account. Thanks for being patient with me
I sent {quid} to the wrong {name}!! The bank says they'll ask but can't promise. Feel sick
Have you got {she}'s bank details? I still owe her for the cottage and want to pay before she
    notices
Just tap the thing I sent you and it splits the bill, you owe {quid}, tip included
Can you send me {quid} for your half of the gas? Same account as always
The {quid} has arrived, thank you. You didn't have to do that
Did you order something? A card from {courier} says they tried to deliver and it's with the
    neighbours
Waiting in for {courier} all day again. The tracker says he's been two stops away since noon
My parcel is apparently in {town}. I live in the other direction. Thanks {courier}
Had to pay {sum} customs on the birthday present your sister sent from America. At the post office
    counter, in cash, like it's 1985
Cheap flights to Lisbon in March, {quid} return, just saw them myself. Shall we? I mean it, decide
    by tonight
Sale at {shop} is actually good for once, half price coats, I got the green one
You need to use your {shop} points by Sunday mum, there's {quid} on there. I'll do it for you if
    you read me the number at the weekend
{shop} owe me a refund of {sum} since March and all I get is a robot that says it understands how I
    feel
There's a cash machine at the garage giving out double, whole village is queueing, I feel we should
    not
Special offer: you wash the car, I don't tell mum about the gate
Limited time offer. I will make pancakes if someone comes downstairs in the next ten minutes
Congratulations, you have been selected to take the bins out
You've won the right to choose the film tonight. Terms and conditions apply, no subtitles, no wars
Claim your prize at the front door, it's your turn to walk the dog
Final notice: if the blue mug isn't back on my desk by noon I'm involving security
Your subscription to my cooking ends tonight, please renew with flowers
Click and collect is ready, can you go, you need my order number {ref} and your face
Verify that you are human by telling me what you want for tea
I forgot my password again and the security question is my favourite teacher and I hated all of
    them
My account got locked because I typed the wrong pin, the one on your birthday. Is it the 12th or
    the 13th?
Whats the code for the side gate again? 4 something 4
The lock code at the cottage is {pin}, turn it backwards first. Fill the kettle outside, the tap
    inside is slow
alarm code is {pin}, if it goes off just shout that its you, everyone here knows
Wifi is called MargesHut and the password is on the fridge. Don't use the other one, that's the
    neighbour's
dad can u shout me the code that just came to ur phone, im logging into our {stream} on the tv
    upstairs
Just sent you a code by mistake lol, ignore it, I typed your number instead of mine, it's {name}
No win no fee they said. Well, no win
This lady stopped me in the street to offer me modelling work. Dad says it's a scam. I say it's the
    new coat
Got offered a work from home job on the phone, {big} a week for clicking on things. Do I look like
    I was born yesterday
The tax office really does owe me money!! Letter came in the post, {sum}, all because of that month
    on the wrong code
Car tax is due this month, don't forget. Do it on the official site not the ones that add a fee on
    top
I got a fine for driving in the bus lane, {sum}, half if I pay this week. There's a photo of my
    angry face
Parking ticket was cancelled!! They agreed the sign was behind a tree
You can get your flu jab free at the chemist if you tell them about your asthma
Gym is doing a free week for friends so put me down as the person who sent you and I get a towel
My pension letter says I can retire at 71 with enough for a shed
PPI thing finally paid out for mum, {sum}, she's taking us to the seaside
She met a man online, he's 'an engineer on an oil rig' and now needs money for a flight. How do I
    tell her?
That man from the dating site asked her for gift cards, she laughed and blocked him. Proud of her
A woman texted me by mistake about a tennis lesson and then wanted to be friends and tell me about
    gold. Blocked
I applied for the loan for the car, {big} over three years, it's cheaper than the garage's own. Can
    you look at the papers with me
{name} guessed the weight of the cake and won it so we have 4 kilos of cake
Who won the bet? Because I had {quid} on you crying first
Our street won best kept village, there's a plaque and everyone's claiming the credit
I entered you for the free garden makeover in the paper, don't be cross
The radio just read my message out!!! I'm in the draw for the concert tickets, cross everything
You know that competition on the cereal box? I won. A spoon. A SPOON
I've still got your account number from the rent, so the deposit goes back to you tonight, {sum} as
    agreed. Thanks for being a lovely tenant
Keep your account open till the end of the month so the deposit from the old flat has somewhere to
    go
Ring the bank first thing and cancel that card, someone used it for {sum} at a garage in {town}
Bank says I get the money back!! Took them five weeks and a very sweet man called {he}
Do not answer if {phone} rings you, it's about car insurance and he will not stop
If you get a call from {phone} it's me, I'm at {name}'s and my phone's in bits
That free trial I forgot about has taken {sum} out of my account. Every month since June. I'm an
    idiot
How do I cancel {stream}? There's no button anywhere
I'll give you {quid} if you finish my essay. Joking. Unless
Exclusive news, only for you: I've run out of petrol on {street}, please come
just won at monopoly for first time in my life, i own everything, bow
The guaranteed next day delivery has come after nine days
Lucky you, I've found your glove
Apparently I'm eligible for a bus pass now. I'll drown my sorrows
Have you seen what they're asking for the house at the corner? I clicked through the pictures
    twice. There's a bar
I don't trust this link {he} sent, can you look before I open it? He never writes 'hello dear'
If {he} messages you asking for money it isn't him, his account's been hacked, he told me in person
my insta got hacked, if i send u anything about investing dont open it pls
The charity shop rang, they can take the wardrobe for nothing if we get it downstairs
Please sponsor me! I'm walking all night for the hospice on {date}. Page is {link} or just shove
    cash at me
We need one more signature for the crossing on {street}, it's {link}, takes a minute, mum's is on
    there already
Will you vote for our garden? {link}, it's number 7, the one with the bath
4* [I won|We've won|{name} won|Guess who won] [the raffle|{quid} on the horses|a meal for two|the
    pub quiz] [at the school fair|last night|down at the club|by pure luck], [first time ever|come
    and share it|prize is in the kitchen|I never win anything!]
4* [Call me|Ring me back|Can you phone me|Give me a call] [when you're free|now please, it's
    urgent|after {time}|on {phone}], [it's about {name}|I've got the results|the car's broken
    down|need your advice]. [Nothing to worry about|I'm at {place}|It can't wait|x]
4* [Sent you|I've just transferred|You should have|I've paid you back] [{quid}|the {quid} I owed
    you|{sum}|half, {quid}], [check your account|let me know if it came|that's for the hotel|bank
    says it might take a day], [thanks again|we're even now|don't spend it all at once|x]
4* [It's free|No charge|You can get it for nothing|Free entry] [if you book by {day}|for under
    16s|with your student card|at {place} this weekend], [shall we go?|{name} told me|bring the
    kids|I've got the link somewhere]
4* [Do you want|Anyone want|Interested in|Would your mum like] [my old phone|two free tickets for
    {day}|a nearly new sofa|our spare place on the coach]? [First to say yes gets it|No money, just
    take it|{quid} and it's yours|{name} said no already]
4* [New phone,|New number!|Changed my number,|Phone's back from repair,] [this is {name} from
    work|it's {name}, we met at {place}|it's your cousin {name}|{name} here, your neighbour]. [Old
    one still works till {day}|See you at training|No need to answer|Lost all my photos though]
4* [Your account at the club|Your tab at the bar|What you owe for the trip|Your share of the bill]
    is {quid}, [pay me when you see me|cash on {day} please|no hurry|put it in the tin],
    [{name}|thanks|and thanks for coming|cheers]
Which of you sent {she} a text saying she'd won a cruise? She has packed. It's not funny. It's
    quite funny
I've got to change all my passwords since the thing with the shop. What do people use now that
    they've run out of pets
You get {quid} off your first order if I invite you and I get {quid} off as well, so it's not quite
    friendship, but it's pizza
I'd like to claim back the socks I lent you in {month}. You've had two reminders. The next step is
    your mother
There was a lady from the bank at the library today telling us about tricks on the phone. Tea was
    free. I learnt a lot and {she} fell asleep
Can't find the gift card you gave me for {shop}, did I leave it at yours? It had about {quid} left
    on it
I bought {name} a gift card because I'm a bad aunt with no ideas. Is {quid} enough for a twelve
    year old?
Somebody's been calling mum about her 'internet'. I've told her to say that she doesn't have one.
    She's been saying it in Welsh
My cousin's selling his car before he goes abroad, {big}, good tyres, one lady owner (his wife).
    Tell me if you want to see it
I've been approved for the flat!!! They want the deposit by {day}, so goodbye savings, hello
    balcony
{he} asked if I could lend him {big} for his business. It's llamas. I love him but I said no
If you still need work, the farm shop wants somebody for weekends, £12 an hour, ask for {name} and
    say that I sent you
There's a job going in our office, part time, school hours. Nobody's seen the advert yet. Shall I
    tell them about you?
Was it you who signed me up for the daily cat facts? I'm not cross. Did you know they can't taste
    sugar?
They've stopped my card because I bought petrol twice in a day. Had to answer a quiz about myself
    to get it back. Nearly failed
Just a heads up, there's somebody in town with a clipboard who'll sign you up to a charity before
    you know it. I've now got a donkey
Got a call from 'the police' asking {she} to move her savings. She asked for his badge number and
    her dog barked, he hung up
Can you check if the hotel took the money twice? I've got two messages from the bank, {sum} each,
    same minute
bruh i put my whole birthday money in dog coin and its down 80, dont tell mum
can someone send me {quid} till friday im at the till and my card said no, soooo embarassing
Your chance to see me in tights: {day}, {time}, church hall. I'm the back half of the horse.
    Tickets are free, exits are marked
Reply with a number between 1 and 30 and {she} will tell you what she's cooking you. No swaps
text YES if you want to be in the fantasy league this year, {quid} in the pot, {name} won last time
    so revenge is due
We've got an offer for you: two nights at ours, sea view if you lean, breakfast by {name}, price
    one bottle of red
URGENT I need a 4 letter word for 'regret', starting with R. Nan's on the phone and she's losing
    patience
Click on the little man, then on the arrow, then on print. Yes, the printer has to be on, dad
He's asked for her card details so that he can 'send her a present'. Could you talk with her? She
    doesn't listen to me
To win at this you need to lose the first three rounds on purpose, {name} swears it works every
    time
There's a reward for that lost parrot, {sum}! It's on every tree. It was last seen saying rude
    words by {place}
Just paid {sum} in vets' bills for a cat that isn't ours
Bank holiday reminder from your wife: it's a day off from the bank, not from the bathroom
4* [Please don't click|Don't open|Delete|Ignore] [that link from {name}|the text about the
    parcel|the message saying you've won|the one about your account being locked], [it's a
    scam|they only want your card|it isn't from the bank|mum nearly fell for it]. [Ring me if you
    already did|Told everyone in the group as well|Change your password if you did|They got {name}
    for {sum}]
4* [The school|The church|Our street|The cricket club] is running a [raffle|prize
    draw|lottery|tombola], [{fee} a ticket|{fee} each|tickets from {name}|five for {fee}]. [First
    prize is a hamper|You can win a ham|{name} won last year so it must be fixed|Money goes to the
    new roof]
Dear neighbours, the free skip is in the road until {day}. No fridges, no paint, and please, nobody
    else's cousin from {town}
You can claim for the train too, just put the ticket in the envelope with your name on and give it
    to {name}
Your voucher from the leaving do is still on my desk, {sum} at {shop}, please come and get it
    before I spend it
Was the call about your accident real? They knew the road and everything. I'd ring the insurance
    yourself to check
I get my cash on {day} so I can pay you then, all of it, with a cake as interest
I've just had my loan refused because I once lived with a man called {he}. Have you ever heard the
    like?
Our offer on the van was accepted, {big} with a year's MOT. Can you call the insurance for a price
    while I'm driving?
They're giving away coffee at the station if you bring your own cup, run
I was selected for the choir!!! Out of sixty! I start on {day} and I have to buy a black dress
Dad's phone says his storage is full, it's 4,000 pictures of the dog. I'll come on {day} and sort
    it out
You won the coin toss so you get the front bedroom. No swapping once you've seen the ghost
Please reply to the wedding invitation, we need the number for the caterer by {day}, and it's yes
    to the cheese isn't it
""",
    "links": """
this is the song i meant {link}
Photos from the weekend are here {link}, help yourselves, delete any where I'm eating
The recipe: {link}. Ignore the bit about resting the dough, nobody has time
Is this the flat you saw? {link} Looks small but there's a balcony
{link} page 3, second paragraph, that's literally my brother
Directions to the venue, it's not where the map says: {link}
omg watch till the end {link} the goat 😂
Sign up for the {day} slot here before it fills up {link}, I've put you down as a maybe
Here's the doc, I've left comments in yellow {link}
{name}'s playlist for the drive {link} sorry in advance
Tickets went on sale at 9, got ours, yours are at {link} if you're quick, about {quid} each
Which of these sofas, be honest {link}
Tried to upload the video but it's too long, so it's at {link}, password is the dog's name
That charity run I told you about: {link}. You don't have to run, you can marshal and get a free
    vest
Link for the funeral if you can't be there in person: {link}. It starts at {time}
The form for the passport is at {link}, don't use the first site that comes up, that one charges
    you
The council page about the new bins: {link}. It says {date} for our street
The cheap hotel I mentioned {link}, free cancellation until the {d}th so we lose nothing
The second hand bike {he} is selling, pictures here {link}, he'll take {quid} from you
My new website is up!! {link} tell me if anything's broken
Menu for the team lunch is here, send me your order by {time} {link}
please fill in when you can do the parents' meeting, only takes a sec {link}
Live scores are on {link} if you can't get the radio
Survey from the residents' group about parking: {link}. No names needed. Closes {day}
Results of the fun run: {link}. You came 214th!! Beat a man dressed as a carrot
your cousins band {link} i like the drummer best
Meeting notes: {link}. You have two actions, sorry
I made a spreadsheet for the trip because of course I did {link}
Check out what the school put on its page {link}, front row, left, that's {he} picking his nose
{link} it's the piece about the allotments, read it and then ring me
found your old blog {link} you were SO angry in 2009
4* [Is this the tent you meant?|Found the lamp we saw!|Your mum's garden is in the paper|Have a
    look at this cottage] {link} [about halfway down|the one on the left|{name} spotted it|what do
    you think?]
4* [The address is|Tickets are at|All the details are on|You can see it at] {link}, [starts at
    {time}|it's {quid} on the door|we're meeting at {place}|let me know if you're coming]
3* [Can everyone add what they're bringing to the picnic|Please put your pizza order in|Sign the
    leaving card for {name}] [here|by {day}|before {time}]: {link}
3* [My talk is online now|The video of the play is up|Our holiday photos are up], {link}, [password
    is on the fridge|fast forward past the vicar|you're in the third one with your mouth full]
3* [Book the tent at|We're staying at|Train times here] {link} [it's {sum} for both nights|free to
    cancel until {date}|the early one is half the price]
Can you fill in the rota for the market stall? {link} I've got nobody for the cold bit in the
    morning
Here's the number and the page of the lady who does the wedding cakes, {phone}, {link}. Ask for the
    lemon one
they put my letter in the paper!! {link} they cut the best bit but still
Group present for {name}: you can put money in the pot here {link} or give it to me if you don't
    like paying online
Free guitar lessons from that old man I told you about {link}, he's so gentle, start with number 3
The school lottery page is {link}, it's 5p a number and last month {name}'s dad won a kettle
Our new baby's page with far too many pictures: {link}. The password is her name and if you've
    forgotten that, shame on you
4* [Your photos from {place}|{name}'s party pictures|Your pictures from the play|Your rowing
    results] are [here|up at last|ready]: {link} [and the rest come on {day}|and you look great|and
    your mum is in half of them|and I've left out the bad ones]
""",
    "market": """
Hi, is the bike still available? I can collect at {time} and pay cash
Yes it's still here. Could you do {quid}? I've had a lot of people ask and not turn up
Hello, I'm interested in the cot. Does it come with the mattress? We're in {town} so could come
    {day}
Sorry, sold this morning. I'll let you know if she changes her mind
I am outside with the cash for the table, white van
It's {she} about the kittens, the little grey one is yours if you still want her. No money, just a
    good home please
Would you take {quid} for the pram? If yes I can be there in an hour
Your advert says the washing machine works, does it also spin?
Thanks for the wardrobe, all fitted in the car with the boot open. Left you the {quid} under the
    pot as you said
Hi, this is {name}, I viewed the room on {day}. I'd love to take it if it's still free. I can pay
    the deposit when we sign
Your landlord here. Someone will come about the damp on {day} between 9 and 12, please move the
    sofa
Rent went out this morning, {rent}, can you check it arrived? The bank was doing something odd
Rent received, thanks {name}. The new tap is ordered
The agent says we get the deposit back in ten days less {sum} for the carpet, which was like that
Viewing confirmed for {day} at {time}, 12 {street}. Please ring {name} on {phone} if you can't make
    it
Keys are with the neighbour at number 9, she'll want to talk about the cat
I dropped the price to {quid}, it's got to go before we move on the {d}th
Hi the jacket is too small on me, happy to sell for what I paid. Nearly new. Pick up only
No I won't post it sorry, collection only, and I don't take cheques
Hello, you fixed our gutter in spring, are you free to look at a leak this week? {name}, 40
    {street}
Hi it's {name} the plumber. Part came in, I can fit it {day} first thing. It'll be {sum} all in
Your quote of {sum} for the hedge is fine, when can you start? There's a nest on the left side so
    please leave that bit
The sofa has come, and it does not fit through the door
Hi {name}, car's ready. New pads and a bulb, {sum}. We shut at half five. Pay when you collect
Garage says it's the clutch and it's {big}. I might set it free in a field
Window cleaner was here today, that's {quid} please, same way as last time or leave it under the
    mat next month
This is {name} who bought the guitar. There's a crack in the neck you didn't mention. I'd like my
    money back please
Fair enough, bring it back and I'll give you your money. Honestly didn't know
Milk account for October comes to {sum}. Leave it out with the empties on Friday. Merry Christmas
    in advance
Allotment rent due on the {d}th, {sum}. Cheque to the treasurer or cash on Sunday morning by the
    shed
Eggs are out by the gate, {fee} a half dozen, leave the money in the tin
Hello is room still for rent? I am student, quiet, no smoke, I can come see any day
Is that the lady with the sewing machine? I saw your card in the post office window. I can give you
    {quid}
The puppy pictures came through, she's lovely. Can we visit with the kids {day} before we decide?
4* [Hi, is the rocking chair|Hello, is the table|Is the pram|Hi there, is the piano] still [for
    sale|available|there]? [Could collect {day}|I can pay cash|Would you take {quid}?|We're in
    {town}, can come today]
4* [It's still here|Yes still got it|Someone is coming at {time} but you're next|You can have it
    for {quid}], [pick up from {street}|message me if you want it held|bring a strong friend|cash
    please], [{name}|thanks for asking|no offers|after {time}]
Hello, I saw the house with my husband on {day} and we'd like to offer {rent} a month if you'd let
    us keep the piano
Good news, the landlord's agreed to a dog, a small one, he says, and would like to see a photo.
    Deposit's the same
The tenant downstairs says there's water coming through. I'm on my way, please turn the tap under
    the sink off
Your deposit of {rent} is with the protection scheme, they'll write to you with a number. You get
    the keys on {date}. {name}
Hi it's {he} with the sofa again. My husband measured it and it's too long for the stairs, so
    sorry, I'll leave it for the next person
We've had lots of people asking about the room, but you were the first to send a nice message, so
    would you like to come on {day}?
Ok so {quid} for the two bikes, and you'll throw in the locks? Can I come this evening? I'm the one
    with the green van
I posted the jumper this morning, here's the receipt number, {ref}. Let me know when it comes and
    if it fits the little man
The buyer of our house has pulled out, because of the crack. What crack?? Ring me when you can
Hello, I clean for your neighbour at 14 and she says you may need someone. I'm free on {day}s,
    {quid} an hour. {she}
""",
    "new to english": """
Hello sir i am reach the airport, please where is your car
madam today i am not coming for cleaning, my son is having fever, tomorrow i will come surely
Brother money is received thank you so much, God bless your family
Please to confirm me the time of meeting because my train it is at {time}
Hello teacher, I am sorry I not come to class, my boss give me more hours
my friend i am very happy for your new baby, we wish him long life and many sleep for you
I wait you in front of pharmacy, I have blue jacket
Excuse me for my english, the machine number 3 is not work since yesterday, it make noise like
    chicken
Good morning dear how is your mother now? In our home we pray for her
Tell me when you are free for call, I want ask you about the papers for my visa
Boss, material is finish. Need 6 bag cement and one box screw before lunch otherwise we stop
I have send you the money by the bank yesterday, please look if it is arrive. {sum}
Kindly revert on the leave application, my sister marriage is on {date} and tickets are booking
    fast
Sir the gas cylinder is not delivered, they are telling tomorrow tomorrow only
da, i'm coming, only traffic is very much
can u explain me what means 'chuffed', my manager say he is chuffed and i am afraid
Lah, I also dunno where to park, you come down first can or not
eh you eat already? i bao chicken rice for you
Wah so expensive, {sum} for one small bag, don't want lah
Na so e be o, light don go again, my battery is at 6, I go call you tomorrow
How far? Abeg send me the address of the church, I don dey on the road
Your sister she is arrive safe. She is sleeping. Don't worry and sleep also you
Please can you call to the doctor for me, they speak too fast in the telephone. My number of
    patient is {code}
I cooked too much pierogi, you must come and take, otherwise I will be sad
Hi is me {name}, from german course. I have change my number. Tomorrow we learn at my place?
the landlord he say we can paint but not black. who want black
Merci for the evening, was so nice, next time is us who cook
Ok no problem, you pay when you can, we are friends
Ma train ticket is not confirm, waiting list 14. Pray
Dear neighbour, sorry for the noise of tonight, we marry our daughter. You are welcome for eat
Scusa I late, bus is broke, ten minute
I am proud to you my son. Call when you eat
Did you received the documents which I send on {day}? The lawyer is asking every day
Today salary is come late, so the rent I give on {day}, please is ok?
uncle passed the driving on fifth time, we are making party, you must to come
plz tell driver to come from back gate, front side there is function going on
Happy Eid to you and all family, may you have peace and much biryani
Happy Diwali! Come in the evening for sweets, kids are asking for {name}
Hello mister, the key for room it is not turning, please you send somebody, my wife she is in the
    rain
I am arrive at 5 in the station, I have the big red suitcase and my mother also
sorry sorry teacher, my alarm he did not sing, I come for second hour
Thank you for invite, we bring cake of my country, is no nuts inside, I know your boy cannot
My sister want to know if the job in kitchen is still, she can work all days but not the Friday
Friend, I pay the half now and half when salary come on the {d}th, the shop man he agree
Kindly tell madam that blouse stitching is complete, she can collect evening time, amount is {sum}
    only
Dear sir, {name} is not attending the school today due to loose motion. Kindly excuse
Ok la, we makan first then go see the movie, later no time
What I must to write in the form where is say 'occupation'? I am cook but now I do delivery
The doctor say baby is good and big, is girl, we are so happy we cannot to sleep
I don't understand the letter from the council, can you please read for me if I send the photo?
Please you call me when you are free, I have question about my contract, I don't want make mistake
Now I am in the bank, they ask me proof of address, you can write me a paper that I live in your
    house?
""",
    "jokes": """
Why did the scarecrow get promoted? He was outstanding in his field. Sorry. I had to tell someone
What do you call a fish with no eyes? Fsh. That's today's, from your loving father
My bank called me about my overdraft so I told it I'd moved on
I used to be a banker but I lost interest, boom boom
Knock knock
Who's there
A man walks into a library and asks for fish and chips. Shh, says the librarian. Sorry, he
    whispers, fish and chips please
Told the kids the ice cream van plays music when it's run out. Ten years of peace so far
my fitness app just congratulated me for walking to the fridge
I'm not saying I'm old but my back just went while I was sneezing at a candle
doctor: any allergies? me: mondays. doctor: writes it down
If anyone asks I was with you last night, and we were winning at darts, and you were amazed
My horoscope says money is on its way. It does not say from where. It may be from me to the dentist
Dad joke of the day: I'd tell you one about pizza but it's cheesy
Did you hear about the man who won a lifetime supply of marmalade? He's in a jam. I'll stop
The cat has sent you a message: fffffffffff;;;;;;;4
I've been to the gym once this year which at {sum} makes it the most expensive shower of my life
Autocorrect just told my boss I'd be there in a bikini. A bit. I'll be there in a bit
what's brown and sticky
a stick
My sat nav said turn around when possible and honestly I've been thinking about it all day
just asked siri why im single and she opened the front camera
They say money talks. Mine only ever says goodbye
roses are red violets are blue, your turn to cook i did it for two
I've invented a new word: plagiarism
Our new cleaner robot has locked itself in the toilet. Same
""",
    "long": """
Hi love, quick list before I forget: the vet is at {time} on {day}, bring the blue folder, the
    sitter has the spare key, there's soup in the freezer (second drawer, not the one marked
    paint), and please, please ring your aunt back because she has now called me three times about
    the curtains.
Right, so, update from the hospital. He's awake, he's had a cup of tea, he's complained about the
    tea. They want to keep him in until {day} to be on the safe side. Visiting is from two till
    eight, ward 6, take the lift by the shop because the other one is broken. He'd like his
    slippers, his glasses and the crossword book. No flowers allowed.
I've written this four times so I'm just going to send it. I felt left out on Saturday. I know you
    didn't mean it and I know it was last minute but everyone was there and I saw the pictures
    before anyone told me. I don't want a big apology, I just didn't want to pretend that it was
    fine. See you at work on Monday, I'll be normal.
Plan for the weekend: {she} drives, we leave at {time} from mine, stop in {town} for lunch, get to
    the cottage about four. Bring walking boots, a towel, something for breakfast and {quid} for
    the food kitty. There's no signal at the house so tell your mothers. If you're a vegetarian
    this week, say so now.
Hello everyone, it's that time again. The residents' meeting is on {day} at {time} in the church
    hall. On the agenda: the bins, the bins, the lights on the back stairs, and whether we want to
    pay {sum} each to have the roof looked at before winter. If you can't come, please tell me what
    you think beforehand and I'll read it out, within reason.
So the interview. There were five of them on one side of the table and me on a stool. The first
    question was what kind of biscuit would you be and I honestly said plain digestive. Then they
    asked about the database and I was on home ground. They'll let me know by {day}. I think it
    went well? I've been in the bath for an hour going over the biscuit.
I know you're worried about the money but listen, we've been through worse. We can put the holiday
    off, I can take the extra Saturdays until the summer, and mum has said she'd lend us the {big}
    for the boiler with no interest and no lecture, well, a short lecture. We'll be fine. Come home
    and eat something.
Hi {name}, thanks for your message about the flat. It's on the second floor, no lift, {rent} a
    month with water included, not electricity. We'd want one month as deposit, protected in the
    usual scheme, and you'd see the place and meet us before paying anything at all. Would {day}
    after six suit you? Bring whoever you'd live with.
Dear {name}, thank you so much for the lovely birthday card and the book token. I have already been
    to the shop and bought the one about the lighthouse keepers which your grandmother says is too
    sad but I am enjoying it very much. School is good. We have a new hamster. I hope your knee is
    better. Lots of love
Can I be honest about the band? I love you all but I can't do three nights a week any more, not
    with the baby. I could do {day}s and the odd gig if it's close to home. If that means finding
    another bass player then I'll understand, and I'll help you look, and I'll only cry a bit.
Just to explain about this morning, the alarm went off at 5, I thought it was yours, you thought it
    was mine, the dog thought it was the end of the world, and by the time we worked out that it
    was the smoke detector asking for a new battery nobody could sleep. So if I was short with you
    on the phone, that's why. Sorry!
Hi all, final details for Saturday's match. Meet at {place} at {time}, coach leaves ten minutes
    later and will not wait, yes I mean you {he}. Subs are {quid}, cash or send it to me the usual
    way. Kit will be on the coach. It's going to rain so bring something dry to go home in. If we
    win I'm buying, if we lose it's every man for himself.
Ok so what happened was I got on the train, the right train, at the right time, and I fell asleep,
    and now I'm at the seaside. The next one back is at {time}. I've bought chips. It's actually
    really nice here? Please tell {name} to start the meeting without me and say whatever you like
    as long as it isn't this.
Happy new year to all of you from all of us. It's been a strange one here: new job, new knees
    (mine), a wedding ({she}'s, she looked wonderful, he looked terrified) and the loss of our dear
    old dog in June. We'd love to see you in the spring. The spare room has been painted and there
    is a proper bed in it now.
About grandma's house. The agent thinks we could ask more, {name} wants to sell quickly, and I'd
    like one more Christmas there if I'm honest. Nobody has to decide today. Could we all speak on
    {day} evening, calmly, with cameras on and no one driving? I'll send the link. I'd rather we
    stayed friends than got another ten thousand.
I looked up that company you told me about, the one that promised you a return of eight percent a
    month. It isn't registered anywhere, the address is a car wash, and there are forty people on a
    forum who can't get their savings back. Please don't send them any more. Ring your bank in the
    morning, I'll sit with you while you do it. It isn't your fault, they are very good at this.
To whoever finds this phone: hello! It belongs to {name}, who is eleven and in big trouble. Please
    ring Mum or Dad in the contacts and we will come and get it and give you a cake. Or hand it in
    at the desk at {place}. Thank you very much, you are a good person.
Team, I want to say something about {day}. It was the busiest night we've had since we opened, the
    card machine died, the dishwasher died, and table nine sent back the same fish twice. And not
    one of you lost your temper. Tips came to {sum} and I've put in another hundred of mine. Thank
    you. Now sleep.
The doctor was lovely. She said it's very common, it isn't dangerous, and I'm to take one tablet a
    day and walk more and worry less. I asked for a tablet for the worrying. She laughed, but she
    did write down the name of a group that meets on {day}s, so I may go and have a look. Don't
    tell your brother yet, I'd like to do it myself.
I've just come off the phone with the insurance. They'll pay for the ceiling and the carpet but not
    for the sofa, because it was 'already of an age'. So am I, I said. Anyway the money, {big},
    will be in the account within ten working days, and the decorator can start on the {d}th, so
    we're living in the kitchen until then.
my week: monday the car, tuesday the other car, wednesday {name} got sent home with chicken pox,
    thursday i got sent home with chicken pox, today the washing machine has eaten a sock and died.
    how are you?? tell me something nice please, it can be made up
ok story time. remember the guy from the gym who never wipes the bench? turns out hes my new
    dentist. he had his hands in my mouth and he goes 'dont i know you' and i could not answer
    obviously. i have never floss so hard in my life for next visit
If you're picking me up from the airport: terminal 2, lands at {time}, I only have hand luggage so
    add twenty minutes. If there's fog I'm told we go to {town} instead and then it's every woman
    for herself. I've got your cheese. Please bring a coat, mine's in your hall where I left it in
    August like a fool.
Hi {he}, I'm so sorry to text rather than ring but I don't trust my voice. Grandpa died this
    morning at home, very peacefully, with the cricket on. We're all right. Dad is sorting the
    papers and I've spoken to the church. I'll let you know about dates. You needn't do anything,
    but if you've got any photos of him from the boat I'd love to have them.
Right, the boiler. The man came, he was lovely, he's called {he} and he has three dogs. It needs a
    new pump and that's {sum} with the work, and he can get the part by {day}. Until then we've got
    the heater from the loft, two hot water bottles and the cat. I've said yes. We'll pay him when
    it's done, not before, he was very clear about that.
Dear all, thank you for the flowers and the cards and for coming all that way. He would have loved
    to see so many of you in one room, and he would have said that it was a waste of a good
    Saturday. We've collected {big} for the lifeboats. Please come and see us when the weather is
    better, we mean it.
You asked how I am so here's the honest answer: tired, a bit lonely, quite proud. The flat is small
    but it's mine, the job is boring but it pays, and I've learnt to make four different dinners. I
    miss home on Sundays. Could you send me the photo of us all at the lake? I want to put it on
    the wall.
""",
    "appointments": """
4* [Reminder|Hi {name}, a reminder|Just to remind you|Good morning]: [your dental check-up is|you
    have an appointment with the hygienist|you are booked in with the dentist|we'll see you for
    your filling] [on {day} {date} at {time}|at {time} on {date}|this coming {day}, {time}|{date},
    {time}, room 2]. [Call {phone} if you need to change it|Can't come? Ring {phone}, a day before
    please|Missed visits are charged at {bill}, so do tell us|Please arrive five minutes early].
    [Mill Lane Dental|Your dental team|The Crown Dental Practice|Reception, Harbour Smiles]
4* [{surgery}:|Message from {surgery}.|From {surgery}:|This is {surgery}.] [Your blood results are
    back and normal. No need to call|The doctor would like to talk about your test, it is not
    urgent. Please book a routine call on {phone}|You are due your flu jab. It is free for you.
    Book at the desk or on {phone}|Your repeat prescription has been sent to the chemist, allow two
    days]
4* [Haircut with {name}|Your cut and colour with {name}|{name} is expecting you|You're in the
    chair] [tomorrow at {time}|{day}, {time}|on {date} at {time}|at {time} this {day}]. [See you
    then!|Reply C to confirm or X to cancel|If you can't make it, text back by tonight|Late? Ring
    the salon on {phone}]
3* [The vet here,|Paws & Co vets:|Hello from the animal clinic,] [{pet} is due the yearly
    booster|{pet} is awake and has eaten, you can collect after {time}|time for {pet}'s worming
    tablet]. [Ring us on {phone} if you have a question|Card or cash when you come|We also have
    evening hours on {day}]
3* [Your MOT is booked for {date}, drop off from 8|MOT reminder: your car is due by {date}|Service
    booked, {day}, please bring the locking wheel nut]. [Costs {sum} unless we find something|Ring
    us on {phone} for a slot|We have a courtesy car if you asked for one]. [Hollow Road
    Garage|{name} at the garage|Pitstop Motors]
3* [Eye test|Your optician appointment|Contact lens check] [{day} at {time}|{date}, {time}|at
    {time} on {date}], [bring your old glasses|free with your plan|please don't wear lenses that
    morning]. [Text back NO if you can't come|Questions? {phone}|See you soon]
Physio with {name} moved to {time}, same day, sorry for the short notice. If that's no good tell us
    and we'll swap you back
Your scan is on {date} at {time}, main hospital, level 2. Please drink a litre of water an hour
    before and do not go to the toilet. We know
This is the maternity unit. You can call us at any hour on {phone}, also if you only have a
    question. Congratulations from all of us
Clinic running 40 minutes late today, you may wait in the cafe and we will text when it's your turn
It's your turn now, please come to desk 3
The nurse can see you for your ear on {day} at {time}. Please put oil in it three times a day until
    then
You missed your appointment today. Please call {phone} to make another, other patients are waiting
    for slots
You're next on the list for the vaccine clinic, walk in at {place} {day} 10 to 4, no appointment,
    no charge, bring a card with your NHS number if you have it
Your tyre fitting is today between {hours}. {he} will call when he is near
Boiler service {date}, morning. Engineer is {he}, he carries a card with his photo. The visit is
    covered by your plan, nothing to pay
Meter reading: someone will call on {day}. You don't have to be home if you leave the box unlocked
Tattoo with {name} {day} at {time}. Eat before, no booze the night before, bring the rest in cash
    ({sum})
Guitar lesson as usual at {time}? My 4 o'clock cancelled so you could come earlier
Your therapy session is on {day} at {time}, by video. The link is in your email. Talk to you then
Job centre: your next meeting is on {date} at {time} with {name}. If you have started work please
    tell us
You're booked on the boat trip {day} {time}. Meet at the harbour steps. If the wind gets up we'll
    text before 8 and you get your money back
Blood donor {name}: thank you for your gift in {month}. It was sent to a hospital in {town}. You
    can give again from {date}
Your table for four at the Old Kiln, {day} {time}, is confirmed. Running late? {phone}
Nail appointment today {time} with {name}, parking is free behind us after six
We've had a cancellation and could fit you in today at {time}. Do you want it? First to answer gets
    it. {name} at the salon
Your passport interview is on {date}. Bring the letter and two forms of ID
4* [Hello {name},|Dear {name},|Reminder:|Good afternoon,] [your appointment with {name}|your
    hospital visit|your session with the midwife|your hearing test] [is on {date} at {time}|has
    moved to {day}, {time}|is tomorrow at {time}|will now be by phone, {day} {time}]. [Please have
    a list ready of what you take|We'll ring from a withheld number|If that's no good, call
    {phone}|It's free to cancel up to a day before]
3* [The garage:|Hollow Road Garage here,|{name} from the garage:] [your car passed|it needs two
    tyres, {sum} with fitting|we've found the noise, it was a spoon]. [Ready when you are|Come
    before six, cash or card|Ask for {name} at the desk]
3* [Your driving lesson|Your swimming lesson|Your first class with us] [is booked for {day} at
    {time}|is on {date} at {time}|moves to {time}], [I'll pick you up at {place}|meet me by the
    desk|the first one is free]. [{name}|Text me if you're ill, {name}|Looking forward, {name}]
Your photos from the studio are ready, please come and choose. You've paid for six, more are {quid}
    each but nobody will push you. {name}
Hi {she}, the dress is ready to try on. Bring the shoes. We have you down for {day} at {time},
    allow an hour, mothers welcome
Your claim assessor {he} will visit on {date} in the morning to look at the roof. You don't pay him
    anything
Blood test {day} {time}, nothing to eat from midnight, water is ok. You need the form that the
    doctor gave you
Your vaccination is due before your trip. It's {sum} for the two. Call {phone} to book a nurse.
    {surgery}
You rang about the lump. {name} can see you today at {time}. Please come, it's most likely nothing
Your interpreter for the appointment on {date} is {name}. This is paid for by the hospital
""",
    "delivery": """
5* [{courier}:|From {courier}:|Your {courier} driver {name}:|{courier} update:|{courier} here.]
    [your parcel from {shop} is on its way|your order from {shop} is in our van|the parcel from
    {shop} has left our depot in {town}|parcel {ref} is out for delivery|the box from {name} is
    coming to you], [it'll arrive {day} between {hours}|expected today by {time}|due before
    noon|about three stops to go|you'll have it in an hour or so]. [Follow it at {clink}|Not in?
    We'll leave it with a neighbour|You don't need to sign|Change the day at {clink}|Nobody home?
    Tell us your safe place in the app]
4* [Delivered!|Done.|Your parcel has been delivered.|Good news!] [We left it|You'll find it|It
    is|Your box is] [in the porch|at the front door|with your neighbour at number {n}|behind the
    bins as you asked]. [Photo: {clink}|How did we do? Rate your driver in the app|Thanks for
    shopping with {shop}|Order {ref}]
3* [Sorry we missed you.|We called today but nobody was in.|No answer at the door at {time}.]
    [We've left your parcel at the post office counter|Your parcel is at the shop on {street}|It's
    back at our depot in {town}], [no fee, open till {time}|bring the card and some ID, we'll keep
    it until {date}|or you can choose another day at {clink}]. {courier}
3* [{shop}:|Thanks from {shop}.|Hi {name}, {shop} here.] [Your order {ref} is packed|Your order
    {ref} is ready|We've finished with order {ref}], [and it leaves us tonight|total {sum}, receipt
    in your email|delivery or pick up as you chose]. [One item was out of stock and we have
    refunded {sum}|Returns are free for 30 days|Thank you, {name} in the packing room]
Your takeaway is being cooked. {name} will bring it on a red bike at about {time}
Driver is at your door, please come down, cannot find parking
Your groceries come between {hours}. We swapped the leeks for other leeks. Total {sum}
Your flowers were delivered to {she} at {time}. She smiled, says our driver
The customs office released your parcel {ref}. There is nothing to pay. Delivery {day}. {courier}
hi its the delivery guy i am outside but gate is shut what is code
Cannot find 14b, there is 14 and 14a, where is 14b please
I left it with the lady in the flower shop as you didnt open. {courier} driver
Your sofa comes on {date}, two men, between 7 and 11. They'll ring half an hour before. Please
    measure your stairs
Post office: item {ref} is waiting for you at the counter on {street}. Bring this text and photo
    ID. We'll return it after {date}
We've received your return, {shop}. The {sum} will be back on your card in 3 to 5 days
Your {shop} refund of {sum} was paid to the card you used. You don't need to do anything
Due to snow no parcels are moving in {town} today. Yours is safe and will come as soon as the road
    does. {courier}
The kitchen regrets: no more ribs tonight. Would you like the chicken instead or your money back?
    Text 1 or 2
parcel for number 9 is with us, number 11, we're in all evening, ring twice. {name}
Locker 22 at {place}, pickup code {pin}, open day and night, kept for 3 days. {courier}
Your medicine is ready to collect at the chemist on {street}. We shut at six today
Hello, {courier} driver, your dog is eating the parcel, I am sorry
Wine club: your spring case is on the van today. Someone over 18 must sign
Your online shop has been changed to {day} as you asked. You can edit it until {time} tonight
Pallet of bricks arriving {day} am. Driver needs three metres clear. Tail lift, kerbside only
Your parcel was damaged on the way and we've sent it back to {shop}, who will send another free of
    charge. Sorry. {courier}
5* [Hi, {courier} here.|{courier}:|Message from your {courier} driver.|{shop} and {courier}:|Hi
    {name},] [we have a parcel for you from {shop}|your {shop} order will be with you|your parcel
    ({ref}) is on the van|a parcel from {name} is coming|we're bringing your box] [today between
    {hours}|on {day} before noon|tomorrow|at about {time}|this evening]. [Someone has to be in, it
    needs a name|If you're out we'll leave it at the shop on {street}, no charge|Track it here
    {clink}|You can pick another day at {clink}|Please tie up the dog]
4* [Your {shop} order|The order you made on {date}|Order {ref}|{shop} order {ref}] [is late,
    sorry|will come in two boxes|has left the warehouse|had to wait for the snow]. [The new date is
    {date}|You'll get a message from {courier} on the day|It should be with you by {date}|We took
    {fee} off the price to say sorry]. [You need not do anything|Thank you for waiting|Receipt:
    {clink}|Questions? {phone}]
3* [Your parcel is at|Pick up your parcel at|We left a parcel for you at] [{place}, locker {n}|the
    post office counter on {street}|the corner shop, ask for {name}]. [Code {pin}, no fee|Have your
    card or passport with you|It stays there until {date}]. [{courier}|Thanks, {courier}|Number
    {ref}]
Customs: your parcel {ref} from America is in {town}. The sender has paid all the charges so you
    have nothing to pay. It'll come with the normal post
There's {sum} of duty to pay on the guitar you bought abroad. Please pay at the post office counter
    on {street} when you collect it, with the grey card we left. Cash or card
I have got your parcel and your neighbour's parcel and nobody is home in the whole street, is there
    a party? {courier} driver {name}
Your new phone arrives {day} with {courier}. The driver will ask for your passport. Don't hand the
    phone to anyone who says it came by mistake
Your bed can be delivered on {date} or {date}. Please text 1 or 2. Our men carry it up, it's in the
    price
Milk's gone up to {fee} a pint from next week, sorry. Tell me if you'd like fewer. {name}, your
    milkman
Meals on wheels: it's shepherd's pie today and the driver is {he}. He has your key number
Veg box this week: leeks, kale, more kale, one brave tomato. To skip a week text SKIP by {day}
5* [{courier}:|Hi, it's {courier}.|{name} from {courier}:|{courier} for {name}:|Today's delivery,
    {courier}:] [your neighbour at {n} has your parcel|I have two boxes for you, please be in|we'll
    bring your parcel on {day} instead, the van broke down|your return has been collected|your
    parcel is in the locker at {place}], [no charge of course|signed for by {name}|sorry for any
    trouble|reference {ref}|thank you]. [See the photo at {clink}|You can tell us how it went at
    {clink}|Nothing else to do|Call {phone} if it isn't there|Office open until {time}]
4* [Your {shop} click and collect|Your order from {shop}|The tent you ordered at {shop}|Your {shop}
    order {ref}] [can be picked up on {street}|is in the shop for you|is back in stock and put by
    for you|is waiting at the desk], [until {date}|from {time} today|any day until seven|we keep it
    a week]. [Bring this text|It's already paid, {sum}|Pay when you come, {sum}|Please bring your
    card so we can see it's you]
5* [Your parcel from {name}|Your order {ref}|Your new lamp from {shop}|Your birthday parcel|Your
    {shop} parcel] [is with {courier}|was picked up by {courier}|has come back from customs, no
    charge,|is at our depot in {town}|is on the van with {name}] [and will be with you on {day}|and
    we'll ring your bell between {hours}|and it fits your letter box|and should reach your door by
    {time}|and your neighbour can take it in]. [Your card stays in your pocket, it's all paid|You
    can see where it is at {clink}|Going out? Tell your driver at {clink}|Thanks and see you
    soon|Your signature isn't needed]
4* [The van is full today, sorry.|The driver was at your door at {time}.|Hello, {courier} depot in
    {town}.|Snow on the road.] [We'll bring it {day}, same time|It's next door at {n}|Your boxes
    are safe and dry|{name} has it behind the counter at {place}], [nothing to pay|no need to
    ring|just bring some ID|and it won't cost you more]. [{courier}|Thanks, {courier}|Parcel
    {ref}|{name}, {courier}]
""",
    "bank": """
4* [{bank}:|Alert from {bank}:|{bank} here.|Hi {name}, it's {bank}.] [You sent {sum} to {name}|Card
    ending {pin} was used for {sum} at {shop}|{sum} was paid into your account by {name}|A direct
    debit of {sum} to {telco} was paid] [on {date}|at {time} today|just now|this morning].
    [Something wrong? Call the number on the back of your card|Your balance is {big}|No action
    needed|Questions? Message us in the app]
4* [{bank}:|From {bank}.|Message from {bank}:|Hello from {bank},] [your new card is in the post and
    should reach you by {date}|your statement for {month} is ready in the app|you are {sum} over
    your limit, pay in by {time} to avoid a charge|you set up a payment to {name} for {sum}].
    [We're here day and night on the number on your card|We never send links in texts|You can
    switch these alerts off in settings|Thank you for banking with us]
3* [Your {bank} loan payment of {sum} was received|Your savings account at {bank} has earned {sum}
    interest this year|Your {bank} standing order to {name} was changed to {sum} as you asked].
    [Next one is due {date}|Thank you|No need to reply]
We saw a payment of {sum} in {town} that doesn't look like you. Was it? Reply Y or N. We'll never
    ask for your PIN or a code. {bank}
Thanks, we've released the payment of {sum}. Sorry for checking. {bank} fraud team
You told us it wasn't you, so we've stopped the card ending {pin}. A new one will be with you in 3
    to 5 days. {bank}
{bank}: you are about to pay a new person, {name}, {sum}. If someone told you to do this and to
    keep it secret, it is fraud. Stop and call us on the number on your card
{bank} will close the branch on {street} on {date}. Your account stays as it is. The nearest branch
    is {town}
Your mortgage rate changes on {date}. The new payment is {sum}. A letter with all figures is on its
    way. {bank}
Your cheque for {sum} has cleared
Cash machine at {place} kept your card because of a fault. It has been destroyed and we've ordered
    another, no charge. {bank}
Your credit card bill is {sum}, minimum {fee}, taken by direct debit on {date}. {bank}
You have spent {sum} on coffee this month. You asked us to tell you
Round-ups put {sum} in your pot this week, well done {name}
Salary in: {big} from {shop} Ltd. Balance {big}
{name} has asked you for {quid} for 'pizza, you know why'. Open the app to pay or ignore
{name} paid you {quid}: 'for the cab, sorry about the seats'
Your transfer to {name} abroad has arrived. They got the full {big}
Dear customer, INR {n}000 debited from a/c XX{pin} on {date} at ATM {town}. Not you? Call the
    number printed on your card. {bank}
Rs {n}50 credited to your wallet as refund for order {ref}, no action is required
{bank}: Your complaint {ref} has been passed to {name}, who will call you by {day} from a withheld
    number and quote this reference
Our app and cash machines will be down on {day} night from 1 to 4 for maintenance. Cards will work.
    {bank}
Your insurance renewal is {sum} for the year, up from last year. You can accept, change or leave,
    details are in the post. Keel Mutual
We've paid your claim {ref}, {sum}, to the account ending {pin}. Sorry again about the shed. Keel
    Mutual
Your council tax payment of {sum} was received, thank you
Your tax return was received on {date}. Keep this number: {ref}. If we owe you anything it goes to
    the account you gave us, we won't text you about it
Your fixed term savings end on {date}. If you tell us nothing the money goes back to your current
    account. {bank}
Your contactless limit has been reached for today, use your PIN for the next payment. {bank}
You changed your address with us on {date}. If you did not, visit a branch or ring the number on
    your statement. {bank}
5* [{bank}:|{bank} alert.|Your {bank} account:|Hello {name}, {bank} here.|News from your {bank}
    app:] [you paid {sum} to {shop}|a card payment of {sum} at {shop} went through|{sum} left your
    account for {telco}|{name} sent you {sum}|your transfer of {sum} to {name} is done], [balance
    {big}|reference {ref}|{date}, {time}|and you have {big} left|card ending {pin}]. [Something not
    right? Ring the number on your card|You don't have to do anything|Thank you for banking with
    us|Text STOP BAL to end these alerts|You can see it in the app under today]
4* [Your new {bank} card|The card you ordered from {bank}|A replacement for your {bank} card|Your
    child's first {bank} card] [was posted on {date}|comes by ordinary post by {date}|is ready at
    the branch on {street}|left us today]. [Use it once with your PIN and it's switched on|Your PIN
    comes in another letter, never by text|Bring photo ID if you collect it|Please cut up the old
    one yourself and keep the pieces apart]
4* [Your {bank} mortgage|The loan for your car|Your {bank} credit card|Your overdraft]: [this
    month's payment of {sum} arrived|we've taken {sum} as agreed|the rate goes down on {date},
    you'll pay {sum}|you have paid it off, well done]. [Nothing to do|The paper statement is in the
    post|There are no fees|We've written to you with the details]
We'll call you on {day} about the mortgage you asked for, {name} from {bank}. I'll give you the
    word you chose at the branch so that you know it's me
We have your papers for the loan, thank you. You'll have our answer by letter by {date}. If we say
    yes the {big} goes to the garage directly. {bank}
Your appointment with {name} at {bank}, {street} branch, is {day} at {time}. Please bring your
    passport and two payslips
{bank}: we've put back the {sum} that was taken twice on {date}. We are sorry. You don't need to
    call or tell us anything
Some customers are getting texts in our name with a link to 'unlock' their account. They aren't
    from us. Please delete them and tell your family too. {bank}
{bank} reminder: if anybody asks you to move your money to keep it safe, it's a thief. Hang up,
    wait five minutes and call the number on your card
You paid {name} for the first time today, {sum}. If you were pressed into it call us, day or night,
    on the number on your card. {bank}
Travel note: we see you're abroad, have a good time. Your card works as normal and we won't block
    it. {bank}
Your account will go below zero tonight when {sum} for {telco} is taken. Pay something in before
    midnight and there's no fee. {bank}
You won't have heard from us before by text. We only use it to say that money came in, like now:
    {sum} from {name}. {bank}
Premium bond draw: you have won {quid}. It goes into the account you chose when you bought them,
    there's nothing to claim
Your ISA is open. The first {sum} arrived today and we've sent you a letter with your customer
    number. {bank}
Pension: your yearly statement is ready, it's on paper this time because you asked. No one from our
    office will ever cold call you. Keel Mutual
5* [{bank}:|Hi, {bank} here.|Message for {name} from {bank}:|{bank} says thanks.|Your {bank}
    savings:] [your monthly transfer of {sum} went to {name}|we received your cheque for {sum}|you
    asked for an alert when more than {sum} goes out, and today {big} went to {shop}|your wages of
    {big} have arrived|we have paid {sum} of interest into your account], [you need do
    nothing|you'll see it under {month}|ref {ref}|that's all, have a good {day}|the balance is now
    {big}]. [Lost your card? Call {phone}|Any doubt? Come into the branch on {street}|This is a
    service text, we won't ask you to reply|We never ask for a PIN, a password or a code|To change
    your alerts, ask at any branch]
4* [We've changed your limit|We've ordered your new chequebook|Your appointment at the branch is
    booked|Your account is now a joint account with {name}] [as you asked on {day}|from {date}|,
    {name} at the counter can tell you more|, thank you for coming in]. [{bank}|Regards,
    {bank}|{bank}, {street}|Your team at {bank}]
5* [Your account with {bank}:|{bank}, your account:|Hi {name}, your {bank} summary:|Hello from your
    bank, {bank}.|Your week with {bank}:] [{sum} in and {sum} out|you paid {telco} {sum} and {shop}
    {sum}|your rent of {rent} went out and your wages came in|your card was used for {sum} at
    {shop} and {quid} at {place}|{name} paid {sum} into your account]. [Your balance is
    {big}|Nothing to do, and no need to reply|If your phone or card is lost, ring us on {phone}|See
    your app for the rest|We don't send links and we don't ask for your PIN]
5* [{bank} here.|{bank}:|Your branch of {bank} on {street}:|From your {bank} team:|Dear {name},
    {bank} here.] [Your card was refused at {shop} because the PIN was wrong|Your new PIN is on its
    way by post|You have paid off your loan and your account is closed|Your card is working again
    after your call|Your overdraft of {sum} was agreed], [as you asked on {day}|and you needn't do
    anything|today at {time}|and your other card isn't affected|ref {ref}]. [Call the number on
    your card with any question|Come and see {name} if anything's unclear|Please keep your PIN to
    yourself|Your paper letter follows|Thank you, and have a good weekend]
5* [Payment made:|Done!|Your payment:|Standing order:|Transfer sent:] [{sum} to {name}|{big} to
    your savings|{sum} from your account to {shop}|{sum} for {month}, to {school}|{quid} to {name}
    and {quid} to {name}], [by 9 tomorrow at the latest|there at once|on {date} and every month|and
    your account is now at {big}|reference {ref}]. [{bank}|Your {bank} app|From {bank}, with no
    need to answer|{bank}, day and night on {phone}|If you didn't do this, freeze your card in the
    {bank} app]
5* [Thanks for coming in, {name}.|{bank} here.|{name}, it's {bank}.|Good morning from {bank}.|A
    note from {bank}:] [The joint account is open|The card you reported as lost has been
    stopped|The cheque from {name} was paid in, {sum}|The loan papers have arrived|The refund of
    {sum} from {shop} came in today], [a letter is on its way|as you asked at the counter|that's
    all we wanted to say|and there is nothing to sign|see you on {day}]. [If anything looks odd,
    use the number on your card|We never text links|Our branch on {street} is open until four|Thank
    you for being with us|Please don't reply to this number]
""",
    "codes": """
4* [{code} is your {bank} code|Your {bank} passcode: {code}|{bank}: use {code}|{bank} security code
    {code}] [to confirm a payment of {sum} to {shop}|to log in|to add {name} as a payee|for the new
    phone]. [Don't share it with anyone, not even us|It works for ten minutes|If you didn't ask for
    it, call the number on your card|We will never phone to ask for it]
4* [{code} is your {stream} code|Your {stream} sign-in code is {code}|{stream}: {code}|Enter {code}
    on your TV to use {stream}]. [Valid for 15 min|Do not give this code to anyone|Didn't try to
    sign in? You can ignore this message|Enjoy the show]
3* [Your {telco} one-time code is {code}|{code} - {telco} login|{telco}: {code} is the code for
    moving your number to a new SIM]. [It expires at {time}|Keep it to yourself, our staff won't
    ask for it|Not you? Ring us free from your mobile straight away]
3* [Use {code} to|Enter {code} to|Type {code} if you want to] [reset your {shop} password|verify
    your email with {shop}|check out as a guest at {shop}]. [If this wasn't you, your account is
    still safe|Code runs out soon|Nobody at {shop} can see this code]
2* Oakmail code: {code}. [Never tell it to a caller|Only type it where you asked for it]
Ticketstall: {code} opens your tickets for {day}. Screenshot it, signal is bad at the venue
{code} is your code to collect parcel {ref} from the locker
Your ride is here, tell {name} the pin {pin} before you get in
Your {town} University verification code is {code}
Login from a new phone in {town} at {time}. Was it you? Then enter {code}. If not, do nothing and
    nobody gets in
Health service login: {code}. This code can be used once
Hello {name}, {code} is the code you asked for on our website. Tidewell Gas
<#> {code} is your Chirrup verification code. fR8kQ{pin}
Chirrup code {code}. With this code anyone can read your chats, so share it with no one
Your payment of {sum} at {shop} needs confirming. Enter {code} on the page. Check the amount first.
    {bank}
OTP is {code} for txn of INR {n}499 at {shop}. Do not share OTP with anyone
{code} er din kode, sorry, is your code. We are working on our English. Fjordtel
Here is your code again: {code}. The last one no longer works
4* [Your code is {code}|{code}|Code: {code}|Here's {code}], [you asked for it to sign in to
    {telco}|for your {shop} account|to confirm your new number with {bank}|for the tickets you are
    buying]. [Please don't forward it|If a caller wants it from you, hang up|We will not ring or
    text to ask you for this|It's good for one use until {time}]
4* [{bank}:|From {bank}:|Alert, {bank}:|{bank} says:] [you are changing your password|someone, we
    hope you, is signing in on a computer|you want to raise your limit to {big}|you are paying
    {sum} to {name}]. [The code is {code}|Use {code} to go on|Your passcode for this is {code}|Type
    {code} in the app]. [If it isn't you, don't type anything and call us|Only a thief would ask
    you to read it out|Never give it to anyone, including people who say they are from the bank|Not
    you? Then nothing happens without this code]
Your sign-in for the parents' portal at {school}: {code}. Please keep it to yourself, the children
    are quick
{code} is the number for the door of your rented car. Have fun, drive on the left
Pharmacy code {code}: show it at the counter on {street} and have your card ready if you pay for
    prescriptions
Your voting code for the club's committee is {code}. One vote each. Closes {day} {time}
Your locker at the pool opens with {pin} today. Lost it? Ask {name} at the desk
Two step login is now on for your Oakmail. Backup code: {code}. Write it down on paper and keep it
    somewhere safe
4* [{code} is your code|Please use {code}|Your one-time code: {code}|Passcode {code}] [to change
    your {bank} limit|to log in to {shop}|to open your results at {surgery}|to sign the papers from
    {school}]. [We won't ring you about it|It stops working in ten minutes|Anyone who asks you for
    it is a thief|You asked for this today, {time}. If not, call us on the usual number]
""",
    "services": """
4* [{telco}:|Hi from {telco}.|Message from {telco}:|{telco} says hello!] [Your bill for {month} is
    {bill}|Your plan renews on {date} for {bill}|Your next bill comes on {date}, {bill}|Your new
    price from {date} is {bill} a month]. [It'll be taken by direct debit, nothing to do|Questions?
    It's free to call us from your mobile|Thanks for staying with us|See it in the app any time]
3* [Tidewell Gas:|Brightbarn Energy.|Your water company here:] [we've had your meter reading,
    thanks, and the next bill is on {date}|your account is {bill} in credit and we'll use it
    against the winter bills|because of work on {street} there's no supply from {span} on {day}].
    [No need to reply|Any question, ask us on {phone}|It's all on our letter of {date}]
Power cut in {town}: we know about it and expect to have it fixed by {time}. Ring us only in an
    emergency
Welcome to France! Calls, texts and data work as at home with {telco}. Enjoy your trip
You've 1GB left until {date}. When it's gone the internet just gets slow, we won't charge you
    extra. {telco}
Your number moves to {telco} today. You may lose signal for an hour, then switch off and on
Your phone repair is finished, {bill}, collect until six with your ticket {ref}. Screen and battery
    both new
Your flight to Porto on {date} now leaves at {time}. Booking {ref}. If that doesn't suit you can
    change for nothing
Gate changed to B14. Boarding at {time}
Your train {day} {time} to {town} is cancelled because of the weather. Your ticket is good on any
    train that day, and you can have the money back instead
Coach 4, seat 22A, quiet carriage. Have a good trip
Your taxi is on the way: {name}, silver estate, reg ends {pin}
Taxi's outside, silver one, been waiting 5 mins
Parking at {place} paid until {time}, {fee}. Text EXTEND to stay longer
Your parking permit for {street} runs out on {date}. Renew in person or on the council's own site,
    {fee} a month
Bin day on {street} moves to {day} because of the holiday
The council: your report about the pothole on {street} has been received. Ref {ref}
Your polling station on {date} is {place}. Bring photo ID. You don't need the card
Police in {town}: lost child found safe, thank you for sharing
FLOOD WARNING for the river at {town}. Move valuables upstairs, do not drive through water. Line
    open day and night: {phone}
Your appeal was successful and the {bill} will be refunded to the card you paid with. Parking team,
    {town}
Your {stream} payment of {bill} went through, next one on {date}. Cancel any time in settings
You've cancelled {stream}. You can watch until {date}, and we won't take any more money. Sorry to
    see you go
We had trouble with your card for {stream}. You can update it next time you open the app, films
    keep playing till {date}
Gym: you froze your membership until {date}. Nothing will be taken until then
Gym class spin {day} {time}, you are number 2 on the waiting list
You're in! A place came free in spin at {time}
Your seat for the draw at the cinema club: row C, 11. Doors {time}
Tickets for {name} live are in your account. Don't post the barcode online, people copy it
Vote result: the hall will be painted yellow. Thank you to all 43 who voted. Parish council
Your library card was renewed. Fines are gone now, we don't do them any more
Church coffee morning {day} 10 to 12, all free, all welcome, cake needed
Cricket club draw: first prize {name}, {quid}; second {name}, a bottle. Winners please see the bar
Allotment society: manure has come, help yourself, free, bring own bags
School of motoring: your test is on {date} {time} at {town}. I'll come at eight and we'll drive
    round first. {name}
Your donation of {quid} to the lifeboats was received, thank you {name}. You'll get one more text
    on how it was used
Thanks for giving to the food bank appeal, your code for gift aid is {ref}
You're through to the second round of the short story prize! Results on {date}. Well done {name},
    from all of us at the festival
You won the auction: lot {n}, teapot, {bill} plus postage. Pay in your account as usual or come and
    collect
Lost cat poster text: tabby, no tail, {street}. If seen please ring {name}, {phone}. Small reward,
    big thanks
Your points: {pin}. That's {fee} off your next shop at {shop}. They never run out
Thank you for your application for the flat on {street}. We'll tell everyone by {date} whichever
    way it goes
Your visa application {ref} has been decided. Please collect the passport from the centre, weekdays
    9 to 4
The results of your driving theory are: PASS. You may book the practical test now
{telco}: we are sorry for the loss of service in {town} this week. We've put {quid} back on your
    account, you don't have to do anything
Your washing machine is ready in room 2. Your dryer has 12 minutes left
Your broadband engineer is {he}, today between 1 and 6. You can see him on the map in the app
{telco}: you asked to leave. Here is your PAC code {ref}, give it to your new provider within 30
    days
Hello {name}, this is the hotel, your room is ready before time, you may come whenever you like
Smart meter fitted? We'd value two minutes of your time, but no pressure. No prizes, I'm afraid.
    {name}, Tidewell Gas
5* [{telco}:|Hello from {telco}.|Your {telco} plan:|{telco} here,|Your phone bill,] [{bill} for
    {month} is due on {date}|you have used all your free minutes|your contract ends on {date} and
    you can stay, change or go|your price stays the same this year|we got your payment of {bill}].
    [Thanks|Your new allowance starts on {date}|Call us free from your mobile|It's paid from your
    bank as usual|Reply STOP if you don't want these reminders]
4* [Tidewell Gas:|Brightbarn Energy:|Your water account:|Dear customer,] [we need a meter reading
    before {date}|your bill is {bill} and will be taken on {date}|you're using less than last year,
    well done|we owe you {bill} and have taken it off your bill]. [Text the numbers back or tell us
    on {phone}|No card details needed|If you find it hard to pay, talk to us, we can help|The
    engineer has a badge, ask to see it]
4* [Your train|Your coach|Your ferry|Flight {ref}] [to {town}|home|on {date}|on {day} at {time}]
    [is booked|is running 25 minutes late|leaves from another gate, B{n}|was changed as you asked].
    [The code for your ticket is {ref}|Show this message and some ID|Have a nice trip|No extra to
    pay]
4* [{town} library:|Leisure centre:|{town} council:|The community hall:] [your booking for {day} is
    confirmed|we are closed on {date}|your card was renewed until {date}|the free class for over
    60s is on {day} at {time}]. [You can do it by phone, {phone}|Bring your card|See you there|Ask
    for {name} if you need help]
3* [Your {stream} subscription|Your gym membership|Your newspaper] [was renewed on {date}|is paid
    until {date}|goes on until {date}], [{bill} a year|nothing to pay now|as you wanted]. [Changed
    your mind? You have 14 days|Thanks for being with us|You can stop it any time, no questions]
You've won an award for your roses! Please come to the village hall on {day} at {time}, tea is free
    and the mayor will shake your hand. {name}, garden club
Tombola winner: ticket {n}, green. The prize is a bottle of something blue. Collect it from {name}
    at the bar before Sunday or we drink it
Congratulations {name}, you got the allotment! Plot {n}. It's {bill} for the year, pay at the
    meeting. Bring gloves, and a sense of humour
Thanks for calling the helpline. As we promised, here's the number for the advice desk, {phone}.
    It's free and you don't have to give your name
Your claim for the late train has been accepted. We'll send {bill} to the card that you booked with
    by {date}
The council has agreed to your grant for the ramp. A builder from our list will ring you for a day.
    You pay nothing and please don't let in anyone else
Your energy credit of {bill} has been added to your meter by itself. You needn't apply. If a text
    asks you to, it's a fake
You have been chosen for jury service from {date}. A letter with all details follows. You may claim
    travel and lunch
Your job application {ref} is with the manager, {name}. We'll let you know either way by {date}.
    There's never a fee to apply
Your first shift is {day} at {time}. Bring your bank details and your passport to the office so
    that we can pay you, ask for {name}
Your phone is ready, we could save the photos. {bill}, as we said on the phone. We're open till
    six, next to the bank
We've found a purse with your library card in it. Come to the desk at {place} and tell us what
    colour it is. {name}
Dog licence, dog tag, dog class: all paid, {bill}. {pet} starts on {day} at {time}, bring treats
Band practice room B is yours {day} {time}, door code {pin}. Please leave the drums as you found
    them
School photo orders have to be in by {date}. You can pay {quid} in cash or on the school's own
    site, login is on the slip in the bag
Weather warning for {town}: snow from {time}. Buses stop at six. Only travel if you must
The number you asked for: taxi, {phone}. Night bus stops at {place}. This text was free
You called us while we were closed. If it's urgent ring {phone}, if it's about the boiler switch it
    off and wait for {name} in the morning
Thank you for coming to the open day. If you still want the room you can tell us by {date}, deposit
    only when you sign, {name}, housing office
Your will is ready to be signed. Could you come in on {day} at {time}? Two people will be here to
    witness it. The fee is {sum} as agreed. {name}, solicitors
Your tax code has changed because you have a new job. You don't have to do anything, your employer
    knows. A letter follows
From the lottery syndicate: we got three numbers, {quid}, your share is {fee}. I'll put it towards
    next week unless you shout. {name}
5* [{school}:|{surgery}:|{town} leisure centre:|{town} museum:|The theatre:] [we're closed on
    {day}|our phones are down, please use {phone}|we've moved to {street}|the lift is out of order
    this week|the side door is shut for repairs], [sorry for the trouble|back to normal by
    {date}|please tell others|we open again at {time}|ask for {name} with any question]
4* [Your taxi|Your cab, booked for {time},|Your driver {name}|A silver car, reg {ref},] [is
    outside|will be with you in five minutes|is waiting at {place}|is on {street}], [please come
    down|cash or card|that'll be about {quid}|call {phone} if you can't see it]
4* [Parking|Your parking session|Your stay at the car park|Your ticket for zone {n}] [at {place}
    ends at {time}|on {street} is paid till {time}|in {town} was extended to {time}|is running
    until {time}]. [It cost {fee}|Text back 1 to add an hour, {fee}|The first hour was free|Have a
    safe journey]
4* [Thank you for your donation of {quid},|We received your gift of {quid},|Your gift of {quid} has
    reached us,|Thanks for the {quid},] [{name}|dear friend|dear neighbour|dear supporter]. [It
    paid for lunch for forty at the shelter|The new kettle for the hall is yours, in spirit|It goes
    to the hospice garden|We've bought blankets with it]. [No need to do any more|Receipt
    {ref}|With love from all at the food bank|We only write once a year]
5* [Your {telco} bill|Your gas bill from Tidewell|Your water bill|Your council tax|Your {stream}
    bill] for {month} is [{bill}, and it comes out of your account on {date}|ready, {bill}, and
    your next one is in {month}|{bill}, less than your last one|paid, {bill}, and your account is
    up to date|smaller, {bill}, because your meter was read]. [Thank you|Nothing to do|We've posted
    your copy|Ask us on {phone} and have your bill with you|Your helper in the office is {name}]
5* [Your passport|Your new driving licence|Your bus pass|Your blue badge|Your certificate] [was
    posted on {date}|is ready at {place}|has been printed|is on its way|will be with you by
    {date}], [and your old one is no longer valid|and your papers come in another envelope|please
    check your name and date of birth|sign it when it comes|there's no more to pay]. [Ref
    {ref}|Lost? Call {phone}|{town} council|You asked us to tell you|Thank you for your patience]
""",
}

SPAM = {
    "family fraud": """
Hi mum, dropped my phone in the sink so this is my new number for now. Can you message me on here
    when you see it, need you to make a payment for me x
Mum its me, my phone broke and im using a friends. can you send {quid} to this account for me, i
    cant get into my banking till tomorrow, will explain tonight
Hey dad new number, the old one is bust. You can delete it. Are you busy? I have a bill due today
    and the bank app won't work on this phone for 24 hours
Hello mum this is my temporary number, I'm ok dont worry. Only thing is I have to pay {name} {big}
    before five and my card is locked to the old phone, could you do it and I pay you back on {day}
Mum I'm so embarrassed. Had a little accident with {he}'s car and he wants {big} now or he goes to
    the police. Can you send it to his account, I'll give you the numbers. Please don't ring, I'm
    with him
Gran, phone went in the sea!! This is the number to use from now. Do you still have that card with
    the shop vouchers? I need codes from the back of two of them for a present
Dad I'm at the hospital with {she}, she's fine but they want {sum} paid up front and my phone died,
    this is the nurse's. Could you transfer it to the account I send you?
Mum, quick one, I'm changing numbers because of spam calls lol. While you're there could you do a
    transfer for me? My limit's been reached, it's {big}, will pay back first thing
Hi Mum I've been trying to log in all morning on this new phone and it says 48 hours. Rent is due
    today. Would you pay {name} for me? {big}, account and sort code to follow x
Son here. Phone's smashed so this is my new one, save it please. You around? Need your help with a
    payment, bit urgent, please keep it between us
Hi grandad, I changed my number yesterday. I'm too embarrassed to ask dad so I'm asking you. Could
    you lend me {big} until {day}? I'd need it by transfer and he doesn't have to know
Did you get my message? It's your daughter, new phone. Really need that {big} to go out by {time}
    or I lose the flat. I'll send the details again, it's a friend's account because mine is frozen
Mum are you there? My old phone is broken, text this one. And could you tell me the code you just
    got, it came to you instead of me
Auntie, is {he}. I am stuck at the airport, bag and phone is stolen, I borrow this phone. Please
    send {sum} by quick money transfer to the agent, his name I will give, I pay you when home
Love it's me, can't talk, borrowed phone. Can you get three gift cards from {shop}, {quid} each,
    scratch them and send me a picture of the numbers? It's for work, they pay me back tonight
hi its me ur son. i cracked my fone, txt me at dis number n not da old 1. i need {quid} on a card 4
    college 2day, can u send it 2 my mates bank
3* [Hi mum|Hello dad|Mum], [this is my new number|I'm on another phone now|please save this one],
    [the old one fell in the toilet|the other one won't charge|mine was stolen at {place}]. [Can
    you do me a favour, I need {big} sent to someone today and my app isn't set up yet|Could you
    pay a bill for me? I'm locked out of my account on this handset, you get it back {day}|I have
    to pay for the car before {time}, would you transfer {sum} and I'll settle up at the weekend]
3* [Hey its your favourite child lol|Morning mum|Dad, only me], [got a replacement phone until the
    shop fixes mine|my sim died so text me here|lost everything when my phone reset]. [Are you near
    your laptop? Got two invoices that must go out today and can't get into the bank|Don't ring,
    the speaker is gone. Can you send {name} {sum} for me, I'll tell you where|Will you be able to
    send me some money, I feel awful to ask, it goes to {name}'s account not mine]
Hi dad, this is my new number. Can you send {big} for me? Will explain later
Mum, phone's broken, text me here. I need help with a bill today please
Dad my account is locked and I have to pay someone {big} today. Can you do it for me? New number
    btw
5* [Hi mum|Hey dad|Mum|Hello mum, it's me|Dad it's your daughter], [this is my new number|I've got
    a new number|you can save this number|text me on this number now|new phone, new number], [my
    phone is broken|I lost my phone|I dropped my phone in the bath|the screen of my phone is
    gone|somebody took my phone]. [Can you send {big} for me today?|{name} must have {big} from me
    today and I can't get into my bank account|Could you transfer {sum} to a friend for me? I'll
    pay you back {day}|Are you there? I need some money sent today, I'll give you the account|I
    need your help with a payment of {big}, my bank app doesn't work on here]
""",
    "wrong number": """
Hi {name}, are we still playing tennis on Saturday? Oh, so sorry, my assistant saved the wrong
    number. You sound kind though. I'm {name}, I run a wine business in {town}. May I know your
    name?
Hello, is that Dr {name}? My puppy isn't eating. ... Ah, I have dialled wrong, please forgive me.
    It must be fate that I disturb you. Shall we be friends? Add me on Chirrup, {phone}
Sorry, I thought this was my old classmate. You replied so politely, not many people do that now. I
    live between London and Singapore, I invest and I travel. What do you do?
Sorry to bother you, I'm looking for my yoga teacher. You're not? What a funny accident. I feel I
    can talk with you. By the way I made a nice sum on gold this week, so I'm in a good mood
Hey its {name} from the barbecue last summer, remember me? You probably have a lot of girls numbers
    lol. I'm on this app now {link} come say hi
Hello my dear friend, long time no see. You don't remember me? Guess who I am. If you guess right
    I'll invite you to dinner and show you how I earn with my uncle's advice
I see that you aren't my secretary 😅 she'll be punished with a cake. You seem warm. Here people
    only want my money. Would you like to be my friend? I can tell you about my trading of digital
    gold
2* [Good evening, is this the number of the {town} art gallery|Hi, are you coming to my birthday on
    {day}|Hello, is the house on {street} still for rent]? [Oh no, I typed one digit wrong. Let me
    apologise with a coffee someday. I'm {name}, I own two salons and trade a little on the
    side|Wrong person, sorry! But your area code is my mother's lucky number, so perhaps we're
    meant to talk. Message me on Chirrup, my name there is {name}{n}]
5* [Hello, is this {name}?|Hi {name}, are we still meeting at {time}?|Good morning, is that the dog
    groomer?|{name}, did you arrive safely?|Are you {name} from the yoga class?] [Oh, sorry, wrong
    number.|Sorry, I saved the wrong number.|My mistake, I have the wrong number!|Ah it's the wrong
    number, forgive me.|So sorry, my assistant gave me a wrong number.] [You seem kind, can we be
    friends?|But nice to meet you, I'm {name}. Shall we be friends on Chirrup?|I think it's fate.
    Where are you from, my friend?|You are so polite. What is your name? I'm {name}, I trade and
    travel a lot|As we're talking, may I be your friend? My Chirrup is {phone}]
3* [I have the wrong number|It was a wrong number|I texted the wrong person], [sorry,|but you
    answered so nicely,|how embarrassing,] [let us be friends anyway|maybe it's fate, can I know
    you?|I would like to make you my friend], [I'm {name}, {n}, I work in finance|here is my
    picture, and you?|add me on Chirrup {phone}]
4* [Hello, are you the piano teacher?|Hi {she}, did you get the flowers?|Is that the number of
    {name} from the golf club?|Good evening, I'd like to book a table for two.] [Oh, wrong number,
    I'm sorry!|Sorry, my friend gave me the wrong number.|Ah, a wrong number, please forgive
    me.|I'm sorry, I texted the wrong number.] [But maybe it is fate, can we be friends?|You reply
    so kindly. I'm {name}, {n}, may I know your name?|Can I add you on Chirrup? I'm {name}, I work
    in trading|Nice to meet you anyway, I'm {name}, where are you from?]
""",
    "romance": """
Hi handsome, {name} here, I'm new in {town} and don't know anybody. I put my private photos here
    because the site deletes them {link}
My love, the company has not paid us and I cannot leave the port without {big}. When I'm home with
    you I will give it back twice. Please do it through the agent, the bank here is not safe
Darling I have sent you a parcel with a ring, a phone and some cash for our house. The customs man
    will write to you, please pay him the fee so that it reaches you before our day
Someone in {town} likes you! She's {n}, single, and 2 miles from you. See who it is, reply MEET. £3
    per msg received, 18+, to end text STOP
hey cutie its {name}, we matched last week but my account got banned lol. my number is here now and
    my page is {link}, you just need a card to prove ur age its free
Good morning my king. I dreamed of our house again. The only problem is the visa, the officer wants
    {big}. You said you'd never let me down. Can you send it today by gift cards, {shop} or any
    shop
Sweetheart, my daughter's fees are due and they'll send her home. I'm ashamed to ask. {big} is
    nothing beside what I'll have when the contract is paid. You are all I have
Dear one, I know we've never met but God put you on my mind. I'm in hospital and have not long. I
    want to leave my late husband's money to you for good works. Write to me at {mail}
u looked bored so i thought id say hi ;) im {name} 22 from {town}. txt me bk on 14{digits3} n ill
    send u a pic. 1.50 per txt
A secret admirer has asked us to contact you. She knows you from work! Find out who she is, call
    0909 8790{digits3}. From landline, 1.50 p/m
I like quiet men who know how to listen. I'm {she}, nurse, far from home. I don't have much credit
    here so please buy me a top up voucher and send the code, then we talk all night
Don't think that I'm after money, I'm a model. I only need help with the flight, {sum}, then I'll
    be with you on {day} and cook for you. Here's the account of my travel agent
I'm waiting in the chat, why don't you come? It's only {fee} for the first day and then {sum} a
    week, you can stop whenever you like. {link} your {name}
Hello, I am lady of {n} years, I find your contact in dating place. I have good heart and look for
    man to take care. Please answer to my mail {mail}, here I cannot read
Tired of swiping? Real women over 40 in {town} want to meet this weekend, no strings and no names.
    Your first three replies are on us: {link}
Hi baby, lonely in {town} tonight? Text ME to 14{digits3}, 1.50 a msg, 18+
{name}, {n}, wants to chat with you. Reply CHAT, {fee} a text, STOP to end
New singles in {town} every day. Your first chat is free, reply SINGLE
2* [New message from|You have a private picture from] {she}, {n}, {town}. [To read it reply|Want to
    see it? Text] {ref} to 14{digits3}, {fee} each
4* [{she}, {n}, from {town}|A girl in {town}|Someone near you|Your match {she}] [is free
    tonight|sent you a private message|is waiting in the chat|has a photo for you].
    [Reply|Text|Answer with|For more text] [YES|CHAT|MEET|HELLO] to 14{digits3}, [{fee} per
    text|1.50 a msg, 18+|18+ only, STOP to end|costs {fee} each]
4* [My dear,|Hello my love,|Sweetheart,|My darling,] [I would come tomorrow but|I think of you
    every day, only|I am stuck at the airport and|we will marry soon, only] [I need {big} for the
    ticket|the visa costs {big}|the officer wants {sum}|my bank card is blocked]. [Please send it
    today, I trust you|Can you help me? I will pay you back when I come|Send it by gift card, it is
    quicker|You are the only one I can ask, send it to my friend's account]
3* [Hello dear,|My dear,|Hi sweetheart,] [I saw your profile on the dating site and|you are in my
    heart and|I feel you are the one, and] [Let us know each other, write me at {mail}|I need your
    help with {big} for the visa, please send it today|I need {sum} for the flight to come to you,
    send it to my friend's account]
""",
    "jobs": """
Hi, I'm {name} from the hiring team at {shop}. We saw your CV and want to offer you part time work
    from home, {quid} to {sum} a day, no experience. Interested? Message me on Chirrup {phone}
Do you have an hour a day? We need people to like videos and rate hotels, you are paid the same
    day. Yesterday my students made {sum} each. Reply 1 and I send the first task
Hello! Our office got your details from an online job site. Would you like remote work that you can
    do beside your own job? Pay is {big} a week and you only need a phone. Ask for {name}
You did your three tasks well and {quid} is in your wallet on our site. To take it out you first
    need to unlock level 2 with a deposit of {sum}, you get that back with 30% on top
Good day. We look for a payment assistant: money comes to your account, you keep 8% and pass the
    rest on. No risk, two hours a week, must have an account with {bank} or another bank
Mystery shoppers wanted in {town}. Keep what you buy and earn {sum} a visit. First we post you a
    cheque, you cash it, keep your share and send us the rest in gift cards
Hi {name}, your application was successful (position: data entry, from home). Before day one we
    need {sum} for the laptop and the police check, it's returned with your first pay. Pay here
    {link}
dear candidate your resume is shortlist for airport job, salary {big} month, food and room free.
    pay registration fee {sum} today only to hold the seat. contact hr {name} {phone}
I used to be a cleaner, now I make {big} a month before lunch, from my sofa, because {name} showed
    me how. Just ask and I'll add you to our group, no pressure, seats are going
Part time, 20 to 60 mins a day, 5 days trial pays {sum}. Age 23+. No selling. We're a well known
    marketing company and this is a legit message lol. Say YES
Package inspector needed in your area. Parcels come to your house, you put a new label on and post
    them on. {big} a month plus bonus. No interview
Hi there, {name} from Brightbridge Recruitment, is it a good time? There's an online role for
    {shop}, you boost products by ordering them, and you're given back each order with commission
Be your own boss! I'm looking for five motivated ladies in {town} to join my team. Starter kit is
    {sum}, you earn it back in a week and then from everyone that you bring in
Your sister told us you're looking for work?? We're hiring people to reply to chats from home,
    {quid}/hr. Register with a small fee of {fee} here {link}
We have an urgent vacancy for you in Canada. Visa, ticket and flat are ready, you only pay the
    lawyer {big}. Send a scan of your passport to {mail} tonight
4* [Hello,|Hi there,|Good afternoon,|Hey,] [my name is {name} and I work for an agency|this is
    {name}, recruiter|we got your number from a friend|I'm writing about a vacancy]. [It's simple
    online work, you choose your hours|You would help shops by giving their products good
    reviews|The work is clicking and saving pages on your phone, anyone can do it|You test apps at
    home, in the evening if you like]. [Pay is {sum} a day, sent every evening|{quid} for the
    training, {big} a month after that|People in {town} take home {big} a week|You can earn {sum}
    by tonight]. [If you want to know more send me a message on Chirrup|Answer OK and a colleague
    will add you to the group|Tell me your age and I'll send you the link|Are you in?]
3* [Still looking for work?|Is your salary enough?|Stuck at home?] [Last week {name} earned {big}
    with us|We pay {quid} an hour for typing|We give {sum} to every new helper], [no boss and no
    office|just you and your phone|in a team of friendly mums]. [Only the first ten who answer get
    a place|There's a one time joining fee of {fee}|All you do is put a little in, finish the task
    and take out more]
Earn {sum} a day from your phone. No experience. Reply JOB
Need 3 more people for a paid trial tomorrow, all done by phone. Reply YES for your first task
2* [Part time job|Simple job on your phone]: [rate hotels|like videos] and [earn {sum} a day|get
    {quid} for each]. [Contact {name} on {phone}|Reply 1 to start]
5* [Hello, I'm {name} from a recruitment agency.|Hi, {name} here, we saw your CV.|Good day, we have
    a job for you.|Hiring now!|Hi, we got your number from a job site.] [We offer part time online
    work|This is a remote job|You can work from home on your phone|It's easy work, no experience
    needed|You would do simple online tasks], [{sum} a day|earn {sum} to {big} a week|paid every
    day, {sum}|pay is {quid} an hour|earn {big} a month]. [Reply YES and start today|Interested?
    Message me on Chirrup {phone}|Only 10 places left, text me name, age|Contact {name} on
    {phone}|Reply and I'll tell you more]
4* [Earn {sum} a day|Make {big} a week|Extra money, {quid} an hour|Get paid {sum} today] [working
    from home|with your phone|for easy online tasks|liking videos]. [No experience, start
    today|Part time, any age over 22|First task is paid at once|Remote job, no interview]. [Message
    {name} on {phone}|Reply JOB|Reply with name, age|Add me on Chirrup, say hello]
""",
    "parcels": """
Hi, this is {courier}. We tried to deliver today and nobody was home. Pay {fee} to book another
    day: {clink}
Your parcel {ref} is waiting for a customs payment of {fee}. It will be returned on {day} if we
    don't get it. Pay at {clink}
I'm your driver from {courier}, the label got wet and I can't read the house number. Put it in here
    please and pay the {fee} for the new label {clink}
{courier} regrets: underpaid postage of {fee} on a letter to you. Card only, {clink}. After three
    days we'll destroy it
You have 1 parcel and it's stuck. To release it, confirm your name, date of birth and card {clink}
The delivery on {date} could not be made because of an unpaid fee. Settle {fee} and choose a new
    time {clink} {courier}
Dear customer your package has been held in {town} for unclear zip. Kindly reply Y, then close this
    message, open again and press the link {clink}
Is this your parcel? Someone sent us a photo, there is no name on it but your number. Have a look
    {clink}
Final message about item {ref}, a phone. It has been paid for and you're only asked for the
    delivery {fee}. Claim within 24 hours {clink}
{courier}, 2nd attempt. Your shipment will be sold at auction to cover storage unless {sum} is paid
    today. {name}, storage desk, {phone}
Your {shop} order for {big} is confirmed and leaves tonight. Didn't order this? Call us on {phone}
    right now and have your card ready so we can cancel it
hello i have a parcel for you but my phone has no map. please install the app of our company to
    show me the place {link}
3* [{courier}:|Message from {courier}.|Your {courier} parcel:] [we could not bring your item
    today|the driver couldn't get in|your item {ref} is on hold], [there's {fee} left to pay|a
    small charge of {fee} is open|please pay {fee} for a second visit]. [Do it before {day} at
    {clink}|{clink} - otherwise it's returned to {shop}|Card details can be given at {clink}]
3* [Good news, your parcel from {shop} is in {town}.|Where should we leave your parcel?|A neighbour
    refused your parcel.] [Sign in with your bank to prove it's yours|We need your address again,
    and your card for a {fee} check|Fill in the form so that the courier finds you, it costs
    {fee}]: {clink}
Your parcel could not be delivered. Pay the {fee} fee at {clink}
Your package is held. Reply YES to get the payment page
Customs charge {fee} due on your parcel. Call {phone} with your card ready
Last day to collect your parcel. Text back your full address and date of birth so that we can
    release it
5* [{courier}:|Hello from {courier}.|Dear customer,|Message from {courier}:|Delivery notice:] [your
    parcel is waiting|we couldn't deliver the parcel|parcel {ref} has been held|parcel {ref} will
    be returned|we have a parcel for you], [there's an open fee of {fee}|please pay {fee}|unpaid
    fee {fee}|a customs fee of {fee} is due|the address is wrong, new delivery costs {fee}]. [Pay
    here {clink}|Pay by card at {clink}|Call {phone} with your card|Pay today at {clink}|Confirm
    card, name, address: {clink}]
""",
    "bank fraud": """
{bank}: a new person, {name}, has been added to your account. If this was NOT you, remove them here
    {blink}
Your {bank} card was used at {shop} for {sum}. Not you? Tell us your card number and the three
    digits on the back by text and we'll stop it
Hi {name}, it's the fraud team at {bank}. Someone has your details. I'll ring in five minutes from
    a mobile, please have your passcode reader ready and do not tell anyone at the branch
{bank} security: for your safety we have opened a new account for you. Move your balance there
    today, sort code and number follow. Keep this secret, staff may be involved
We've noticed a login to your {bank} account from {town}. Confirm that it's you within 2 hours or
    your account will be closed {blink}
Your {bank} access ends tonight because your details are out of date. It takes a minute to keep it:
    {blink}
dear costumer, ur {bank} acount is suspend for KYC not update. click {blink} and give pan, card no
    and OTP to start again
You have 1 unread secure message from {bank}. Open it with your online banking name, password and
    mother's maiden name at {blink}
Because of new rules you need to link your phone again or your {bank} app will stop on {date}.
    Start here {blink}
{bank} is moving customers to a new card. Cut yours in two but leave the chip whole, our courier
    {name} comes at {time} to collect it and the PIN in an envelope
A refund of {sum} from {shop} couldn't be paid in. Choose your bank and sign in to accept it
    {blink}
Your cheque book, card and savings will be frozen on {day}, call {phone} and press 1, have your
    full card number to hand
We've blocked a direct debit of {sum}. To get the money back, install the helper app that {name}
    from our team sends you and leave it open while you log in. {bank}
You've been charged {sum} for {bank} Premium. If you don't want it, cancel in the next hour here
    {blink} or you'll pay every month
Overdraft refund: {bank} customers were overcharged and you're one of them. Fill in your sort code,
    account and PIN {blink} and we pay {big} by {day}
3* [{bank}:|{bank} alert.|Important message from {bank}:] [online banking has been paused|we
    stopped a payment of {sum} to {name}|there was a sign in on a new phone in {town}]. [Please
    check your details at {blink}|If you don't know this, go to {blink} and type your PIN to make
    sure it's you|To go on as before, use {blink} by {time}]
2* [This is {name} from your bank's safety desk.|{bank} calling desk, {name} speaking.] [You have
    been chosen to help us catch a dishonest cashier|Your money is not safe where it is]. [Draw out
    {big} today, say it's for a car, and give it to our officer|Transfer it to the holding account
    I set up in your name and don't ring the branch, they're being watched]
{bank}: your account is locked. Call us now on {phone} and have your card and PIN ready
Your card is blocked. Reply with your card number and PIN to use it again
Payment of {big} to {name} is going out now. Not you? Send us your password
{bank}: reply with your 6 digit code to stop a payment of {sum}
Dear {bank} customer, your account will be closed today. Update your details on {phone}
We need to check your {bank} details. Please text your account number, sort code and PIN
3* [{bank}:|Alert from {bank}.|Your bank:] [your card has been stopped|we have frozen your
    account|a payment of {big} is waiting]. [Call {phone} now and have your passcode ready|Reply
    with your card number to use it again|To get it back tell us your PIN and the code we just
    sent]
5* [{bank}:|{bank} security:|Dear customer,|{bank} alert.|Your bank:] [the account has been
    locked|a card payment of {big} at {shop} is waiting|a new payee {name} was added to your
    account|someone is logging in as you|we will close your account today]. [Stop this at|Not you?
    Confirm who you are at|Please confirm card number, PIN at|If it was not you cancel it at|Update
    the account now at] {blink}
4* [This is {name} from {bank},|{bank} fraud team:|Hi {name}, your bank here,|{bank} security
    desk,] [the account is not safe|someone has your card details|a payment of {big} is going out
    of your account|we've stopped a payment of {big}]. [Call us now on {phone} and have your card
    ready|Reply with the code we sent you|Please send us your PIN and card number to stop it|Move
    your money to the safe account today, I'll text you the number]
""",
    "code theft": """
hey its {name}, i put ur number by mistake when i logged in. u will get a 6 digit code, can u send
    it to me quick pls
Sorry! I sent you a code by accident, could you forward it? I need it to get back in, thank you so
    much
Chirrup support: someone reported your account. To keep it, answer this message with the code
    {code} that we've sent and your password
Your number is going to be moved to another SIM. To stop that, reply with the code you get next.
    {telco}
We have seen a strange sign in. Reply with your {bank} passcode and the words NOT ME and our team
    will block it
Hi it's {name} from the parents' group. We're changing to a new group and you should have had a
    code. Post it here or I can't add you
I'm a buyer for your sofa. Before I come I want to be sure you're real, so I've sent you a code,
    tell me it please
Delivery code needed: give {code} and the next one we send you to {name} on {phone} and your parcel
    is freed. {courier}
2* [It's {name}, your new colleague|{name} from the church list], [I typed your number for my login
    and it's sent you my code, pass it on please|you'll get a number by text in a moment, please
    read it to me and then delete it]
Send me the code you just got please, it was meant for me
{bank} here, we're calling you now, please have your code ready to read out
Reply with the code to keep your account open
4* [Hi it's {name},|Hello, sorry,|Hey,|Hi, this is {name} from the group,] [I sent you a code by
    mistake|I put your number in by accident|my code went to your phone|you will get a 6 digit code
    in a minute]. [Can you send it to me please?|Please send me the code quick|Could you text me
    the code? I'm locked out of my account|Just reply with the code, I need it to get in]
3* [{bank}:|{telco} security:|Chirrup support:] [someone is using your account|your account will be
    closed today|we have seen a login that is not you]. [Reply with the code we just sent you to
    stop it|Send us the code and password or the account goes|To confirm it's you reply with the 6
    digit code]
""",
    "boss": """
Hi {name}, it's {name} (CEO). In a meeting so can't take calls. I need you to buy five gift cards
    from {shop} for clients and send me the codes. Keep it quiet, it's a surprise
Are you at your desk? Need a task done before {time}, discreetly. Text me back here as my other
    phone is off. {name}, head of finance
Morning, it's your head teacher. I'm stuck at a conference, can you get four {quid} vouchers for
    the staff raffle and text me pictures of the backs? I'll pay you {day}
This is Father {he}. A lady in our parish is in hospital and I promised her gift cards. Would you
    buy {quid} worth and send me the numbers, the church will pay you back. I can't speak, I'm with
    her
payroll here, pls reply with ur bank acc and date of birth so salary will not be late this month,
    new system
I'm in with the auditors, no phone. Do you have a company card on you? Get {big} in vouchers,
    scratch off the silver, photograph. I'll explain after, tell nobody
The supplier has changed bank. Send the {big} to the account in this text instead, {name} said it's
    ok, today if you can because they're holding the van
It's your boss. I need gift cards for a client today, can you buy them now? Will pay you back
3* [Hi {name}, are you at work?|{name}, I'm in a meeting.|Hello, it's your manager, I can't talk.]
    [I need you to buy gift cards for a client|Can you get {sum} in {shop} gift cards for me|Please
    buy four gift cards of {quid}] [and send me the codes today|and text me a picture of the
    codes|now, scratch them and send the codes]. [I'll pay you back|Tell nobody, it's a
    surprise|Reply when you have them]
""",
    "crypto": """
I've been in {she}'s trading group for six weeks and I've doubled what I put in. She only takes ten
    more people. Want me to ask her?
Hi, my uncle is an analyst and he knows each day at {time} which coin is going up. Put in {quid} to
    try, you take it out whenever you like. I'll show you on Chirrup
Your wallet has 1.27 BTC waiting since 2017. It'll be lost on {date} unless you sign in and pay the
    miner's fee {link}
Tonight's share to watch is a little mining firm out of {town}. We told our readers at 4p and it
    closed at 9. The next tip goes out at {time}, get it at {link}
A man from {town} put {sum} into this and stopped going to work. The banks don't want you to read
    about it {link}
Not a get rich quick thing. Slow, safe, 2% a day, every day, and your money is insured. {name}
    answers all questions in the group {link}
hello friend, i am do forex since 3 year, i can trade for you, you give {sum} i give back {big} in
    one week, 100% sure, see my happy customer
We return your lost crypto! If you sent coins to a false site, our lawyers get it back. You pay
    only {sum} to open the file. Tell us what you lost, {phone}
Been meaning to say thanks to {she} for changing my life!! From {sum} to {big} in nine days. If you
    want to be next send her a message, {phone}
Pre sale of our token ends {day}. Everybody who sends one gets two back. Send to the address on
    {link} before the counter is at zero
Gold, not paper. I bought at the price my teacher told me and sold it the same afternoon. If you
    like I can place your first trade for you, you only need to open an account here {link}
Your trading account is ready and we've put {quid} in it as a present. Log in and double it, you
    can take it out after your first deposit {link}
3* [Hi {name},|Hello,|Good morning,] [I'm the assistant of a well known investor|we run a free
    share tips group|our robot trades while you sleep]. [Members made {big} last month|We're right
    nine times out of ten|{sum} became {big} by {day}], [join while it costs nothing {link}|places
    are few so tell me today|I'll add you when you say yes]
Free crypto tips every day, 9 out of 10 win. Reply JOIN
Double your bitcoin in 24 hours. Send {sum} to start
New coin going up tonight! Get in before {time}, free group, reply COIN
2* [Invest {sum} today|Start with just {quid}] and [get {big} back in a week, guaranteed|our
    experts make it {big} by the end of the month]. [Text {name} on {phone}|Reply INVEST]
5* [Hi, I'm {name}.|{name} here, we spoke last year.|Hello friend,|Good morning investors,|My name
    is {name}, trading teacher.] [My group made {big} with crypto this week|I can double your money
    in seven days|You invest {sum} and get {big}|Our members earn {sum} a day from trading|I turned
    {sum} into {big} with bitcoin]. [Join free today on Chirrup {phone}|Message me to start
    investing, no risk|Reply JOIN and I add you to the group|Start with {quid}, profit is
    guaranteed|Join the group {link}]
4* [Invest in crypto with {name}:|Bitcoin is going up again.|Hello investors,|Want to earn with
    crypto?] [You put in {sum} and get {big} in a week|My students earn {sum} every day|We double
    your money in ten days|Our trading group made {big} today], [no risk|profit is guaranteed|no
    experience needed|start with {quid}]. [Message me on Chirrup {phone}|Reply YES for the
    group|Join here {link}|Start with {name}, {phone}]
""",
    "subscriptions": """
Your {stream} payment failed. Update your card tonight or you'll lose your films and your list
    {slink}
Your {stream} membership was renewed for a year, {bill}. To stop this payment call {phone} today,
    our staff will need to see your screen
Cloud storage full: all your photos will be deleted on {date}. Get 50GB for {fee} {link}
You're now signed up for Daily Horoscope, {quid} a month on your phone bill. If you didn't want
    that text STOP ALL to 14{digits3}, costs {fee}
Your phone has 4 viruses and your pictures are at risk. Install the cleaner, free for three days
    and then {bill} a week {link}
Funny clip of the day! You get one each morning for {fee} until you send END CLIPS to 14{digits3}.
    Today: the cat and the fan
Last chance to keep {stream} at no cost for 12 months. We only need a card to check your country
    {slink}
Your virus protection ran out on {date}. We have charged {bill} to renew. If you want the money
    back ring {name} in refunds, {phone}, and stay near your computer
Try our slimming tea, you only pay {fee} postage. (By answering you agree to a box each month at
    {bill}.) Text TEA to 14{digits3}
Win back your {stream}: answer one question and it's yours for a pound. What's the capital of
    France? Paris or Rome? Then enter your card {slink}
Your free ringtone is ready! Just reply with TONE. You will get three a week, {fee} each, unless
    you write stop
Your quiz score was 118, higher than 94% of people in {town}! To see your full result there's a fee
    of {fee}, then {bill} a month {link}
Hello from the music club. Your trial ended and you owe {bill}. Pay now to avoid our partner coming
    to your address {link}
2* [{stream}:|Your {stream} plan:] [we couldn't take this month's payment|there's a problem with
    your billing]. [Your account is on hold until you put your details in again|Keep your place
    with your card number and password] {slink}
You have been subscribed to Love Tips, {fee} a week. To stop text STOP to 14{digits3}
Your {stream} account is on hold. Text us your card details to keep watching
New games for your phone every week! Text GAME to 14{digits3}, {fee} per week until you stop
Get the top 10 ringtones now, text TUNE to 14{digits3}. {fee} each, free logo with your first
2* [Wallpapers and games|Jokes, horoscopes and tones] for your [mobile|phone], [first week free|3
    for the price of 1]. Text [PLAY|FUN] to 14{digits3}, then {fee} a week, stop with STOP
4* [{stream}:|Your {stream} account:|Dear {stream} customer,|{stream} billing:] [payment was
    declined|we can't take the payment|the membership has ended|your account will be closed today].
    [Update your card details at|To keep watching, confirm a card at|Pay {fee} to go on at|Log in
    and enter your card again at] {slink}
""",
    "loans": """
Struggling with bills? You could borrow {big} today even if other lenders said no. It goes into
    your account in ten minutes {link}
You've been approved for {big}. No papers, no checks. There's one insurance payment of {sum} before
    we can send it
We see you were in a crash that wasn't your fault. You may be owed {big}. Reply CLAIM or STOP
Hi {name}, your loan is still here for you. {big} at 3% a month, just tell me your bank login so
    that we can see your income
Did you have a loan or a credit card before 2010? They probably mis-sold you something. Our records
    show {big} in your name, reply YES
dear sir we are giving loan of any kind, business, house, car, no guarantee, interest 2%, contact
    {mail}
Bad credit? Not a problem for us. {sum} tonight, pay when you get your wages. Reply CASH and your
    name
Been in hospital in the last three years and weren't happy? There may be money for you. No win, no
    fee. Answer Y and a lawyer will ring
Your car insurance is too high. Drivers in {town} pay {sum} when they ask us. Reply with your reg
    and date of birth
Life cover from {fee} a week, no doctor, no questions. You're never too old. Get a {quid} voucher
    when you join {link}
Student? Borrow {sum} until your loan comes in, your parents won't be told. Fee {quid}. Text LOAN
    to 14{digits3}
3* [Need cash before {day}?|Short this month?|Are the bills piling up?] [We lend {sum} to {big}|Our
    partner has {big} ready for you|You were picked for a loan of {big}], [no job needed|bad credit
    is welcome|nobody looks at your past]. [Answer YES and your bank details|Apply in two minutes
    {link}|One fee of {sum} and it's with you tonight]
2* [Our file shows|It seems that] [the accident you had is still unpaid, you're owed {big}|the
    breathing trouble or back pain from your old job is worth up to {big}]. [To start, text back
    your name, to opt out send STOP|Call {name} free on 0808 1570 {digits3}, lines open till
    {time}]
Cash loan up to {big}, paid today. Bad credit ok. Reply CASH
Your accident claim of {big} is ready. Call {name} today on {phone}, calls are free
Need money today? Text LOAN and your name to {phone}
PPI refund of {big} in your name. To claim, reply CLAIM
You are owed {big} for your accident. It takes two minutes to claim, reply YES or STOP
Last chance to claim back your bank charges. Average pay out {big}. Call {phone} now
3* [Get a loan of {big} today|Borrow up to {big} now|{big} cash loan in your bank tonight], [no
    credit check|even with bad credit|no questions asked]. [Reply LOAN|Call {phone}, free|Text YES
    to start]
3* [You may be owed {big}|Get up to {big} back|We can claim {big} for you] for [your accident at
    work|mis-sold insurance|late flights]. [Free to check, call {phone}|Reply CLAIM, no win no
    fee|Text YES now, STOP to opt out]
5* [Need money today?|Bad credit?|{name}, your loan is ready.|In debt?|Cash before payday?] [Get a
    loan of {big}|Borrow up to {big}|You are approved for {big}|We lend {sum} to {big}|{big} cash
    can be in your bank today], [no credit check|bad credit ok|no job, no problem|apply in 2
    minutes|no questions]. [Reply LOAN|Call free on 0808 1570 {digits3}|Text YES and your
    name|Apply now at {link}|Reply CASH, or STOP to opt out]
4* [You could be owed {big}|You may be owed money|There is {big} waiting for you|Our records show
    you are owed {big}] [for your accident|for the loan you had|for bank charges|for your
    insurance]. [Reply YES|Claim free on 0808 1570 {digits3}|Reply CLAIM now, STOP to opt out|Call
    {name} on {phone} to claim, no win no fee]
""",
    "prizes": """
Your mobile number has been drawn for a {big} prize. To claim call 0909 8790{digits3} from a
    landline. Claim number {ref}. Calls 1.50 a minute
CONGRATS! You are tonight's winner of a holiday for two or {big} cash. Txt SUN to 14{digits3} b4
    midnight. 3 texts at 1.50 each, 18+
You've won our weekly draw! A {shop} voucher worth {sum} is here for you. Pay the {fee} handling
    and tell us where to send it {link}
Free phone! Your upgrade is due and you can have the newest one with camera and half price calls.
    Call {name} on 0808 1570 {digits3} today
Dear lucky number owner, you win 2.5 million in the {town} lottery online promo. To claim send
    name, age, job, address to {mail}
u have won a ipad or {quid} cash guaranteed, txt GOT IT to 14{digits3} now, cost 3x1.50 per wk,
    help {phone}
{shop} is 30 years old and we're giving out {sum} vouchers! Answer 3 questions, pass it to 10
    friends and it's yours {link}
Final reminder: the {big} you won in our summer draw hasn't been claimed. Only the release fee of
    {sum} is missing, you can pay it with gift cards
Hi {name}, you came 2nd in our raffle last week! The prize is a phone. There's {fee} for the
    courier, card please {link}
You were customer number 1 million on {date} and there's a coffee machine with your name on it.
    Just cover shipping, {fee} {link}
You may choose: a weekend in Paris, a camera or {sum}. All three are real and one is yours. Ring
    0909 8790{digits3}, have your claim code {ref} ready
It's your birthday month so spin the wheel, every spin wins. Yours is ready: {link} (one card check
    of {fee})
3* [Your number came up!|Well done {name}!|You're one of five winners in {town}.] [A cash prize of
    {big}|A {shop} voucher for {sum}|A weekend away] [is waiting|hasn't been collected yet|will be
    yours]. [Call 0909 8790{digits3}, 10 minutes at 1.50|Text {ref} to 14{digits3}, 4.50 per
    text|All we ask is {fee} to post it {link}]
2* [free entry 2 win|ur chance 2 win] [tickets 2 the cup final|{big} cash 4 xmas]! [wot colour is
    grass? txt A green B red|who won in 66? txt A england B france] 2 14{digits3}. [1.50 per entry,
    16+|u pay 2.00 then 1.00 wkly til u txt stop]
You have won {big}! Call 0909 8790{digits3} now to claim your prize
Your number has won a free holiday. To claim text WON to 14{digits3}
Free entry in our weekly draw to win {big}. Text WIN to 14{digits3}
Last chance to claim your prize! Call 0909 8790{digits3} before midnight
Congratulations! You have been selected for a free {shop} gift card worth {sum}. Reply YES to claim
Win a new phone! Text PHONE to 14{digits3}. {fee} a text, 16+
Your prize of {big} is waiting, code {ref}. Call now to claim
You are a winner! Reply with your name and address to get your {sum} prize
4* [Congratulations!|Urgent!|Good news.|Final call.] [Your mobile has won|You have been picked to
    win|Your number was drawn for] [a cash prize of {big}|a free holiday in Spain|{sum} to spend at
    {shop}|a new camera phone]. [Claim now, call 0909 8790{digits3}|Text WIN 2 14{digits3}|Reply
    CLAIM with name, address|Call free on 0808 1570 {digits3}], [code {ref}|18+|{fee} per min|valid
    24 hours only]
3* [Win|Free entry to win|Your chance to win] [{big} cash|2 tickets to the final|a {shop} voucher]
    this [week|weekend|month]! [Text GOAL to 14{digits3}|Call 0909 8790{digits3} now|Reply PLAY],
    [{fee} per text|calls cost 1.50 a min|stop any time with STOP]
6* [Congratulations!|Hello winner!|Good news!|{name}, you won!|Urgent!|Dear customer,] [Your number
    has won|You have won|You've been chosen to win|You won in our draw:|Your mobile number was
    picked for] [a prize of {big}|{big} cash|a {shop} voucher for {sum}|a holiday for two|a new
    phone|{sum} in cash]. [Claim on 0909 8790{digits3}|Call 0909 8790{digits3} now|Text CLAIM 2
    14{digits3}|Claim the prize now at {link}|Reply with your name and address|Pay {fee} for
    delivery at {link}], [calls 1.50 a min|{fee} per text|claim code {ref}|18+ only|ends
    tonight|STOP to end]
""",
    "official": """
You're owed a tax refund of {sum}. Please give us the card it should be paid to by {date} {glink}
Tax office: this is about a case against you. Call {phone} before {time} or an officer will be sent
    to your address. Payment can be made in vouchers
You have an unpaid toll of {fee} from {date}. To avoid a fine of {sum} pay today {glink}
Parking charge {ref} for {street}: {sum}, half if paid in the next hour by card {glink}
Energy rebate: every home gets {sum}. You've not applied yet and the last day is {day}. Apply with
    your bank card {glink}
You've been in contact with someone who tested positive. You must order a kit, {fee} postage
    {glink}
Your driving licence will be withdrawn as your details are old. Renew in three minutes, {fee}
    {glink}
Council tax: you are in the wrong band and can have {sum} back. Sign in with your bank to accept
    {glink}
Immigration desk: there's a problem with your papers. Do not leave the house. To clear it pay {big}
    to officer {he}, {phone}
Your national insurance number was used in a crime. Press 1 when we ring, or call {phone}, and
    don't speak with family about it
The vaccine is here for you, jump the queue for {fee}. We need your bank card to see you're a
    resident {glink}
Police notice. Your computer was seen on forbidden pages. Pay {sum} as a fine and we close the
    file, otherwise your family will be told. {glink}
We couldn't take your TV licence payment. Set up the debit again within 3 days or you'll be taken
    to court {glink}
Cost of living help: you can have {sum} this month, paid straight to your card. Fill in the form,
    have the long number and the security code ready {glink}
3* [Final reminder:|Notice {ref}:|To the owner of this phone:] [you drove through the zone in
    {town} without paying|you stayed too long in the car park on {street}|a fine in your name is
    open]. [Pay {fee} now before it goes up|Answer Y and then open the link|Have your card with you
    and use the form] {glink}
Tax refund of {sum} ready for you. Reply with your card number to get it
You have an unpaid fine of {sum}. Pay today by calling {phone} with your card
Final notice from the tax office. Pay {big} now or be arrested today. Call {phone}
You can get a {sum} energy grant. Reply with your bank details to apply
4* [Tax office:|Final notice:|Government notice:|Dear citizen,] [you have a tax refund of {sum}|you
    are owed a refund of {sum}|you have an unpaid fine of {sum}|your payment of {sum} is missing].
    [Confirm your card here|Put the card details in here|Settle it here with your card|Last day,
    your card number goes in here:] {glink}
""",
    "shops": """
replica watches and bags, best quality, looks same as real, from {quid}. see photos {link} we post
    in plain box
10,000 followers for {quid}, real people, no password needed. Start tonight {link}
Cheap tablets without a doctor, sleep, pain, blue ones, sent in two days from our warehouse {link}
Casino night! {quid} free to play with when you put in {sum}, and every tenth spin pays. Ask for
    {name} {link}
we clean roof, drive, gutter in ur street today, special price {sum} cash only, first 3 houses,
    call now {phone}
Sunglasses sale, 90% off the famous ones, only today, pay by transfer {link}
Essay due? Our writers do it overnight for {quid}, no one will know. First page on us {link}
Degrees and diplomas from a real university, no study, based on your life. Your name on paper in 10
    days, {sum}, {phone}
Hair falling out? Our oil brings it back in three weeks or your money back, {quid} a bottle, buy
    one get two, {link}
Stop paying for electric! Put this small box in a socket and cut your bill by 70%. {quid}, while we
    have them {link}
2* [Poker room|Bingo palace]: [your seat is kept and there's {quid} in it|we miss you so here are
    50 spins]. [Join in at|Play before {day}] {link} [18+|put in {quid} to unlock]
Lose weight fast with our free trial. Just pay {fee} postage, reply SLIM
Casino: {quid} free when you join today. 18+. Reply SPIN
Get your free boiler now, offer ends {day}. Reply BOILER
2* [Special offer today only|Now in your area]: [carpets cleaned|drives and patios], [50% off if
    you pay cash|free quote, no obligation], [call {phone} now|reply YES for a visit]
4* [Free trial!|Special price today:|Only this week,|Sale now on,] [slimming pills|replica
    watches|followers for your page|cheap tablets without a doctor], [just {fee} postage|now
    {quid}, was {sum}|from {quid}|buy one get one free]. [Order at {link}|Order now on
    {phone}|Reply YES to order|Text ORDER to 14{digits3}, STOP to end]
""",
    "property and tickets": """
Yes the flat is still free. I'm abroad for my job so can't show it but send {rent} as deposit by
    transfer and my agent posts you the keys
Dear guest, your hotel booking will be cancelled in 12 hours as your card could not be checked.
    Give it again here {link}
Hi, I want the table you advertise. I'm at sea so I'll send a courier with the cash in an envelope.
    You only need to pay his insurance of {sum} first, I add it to the price
I sent you {sum} too much by mistake for the bike, please send the difference back to my wife's
    account. The payment will show by tomorrow
Puppies free to good home, my mother died and I cannot keep them. You pay only the flight and the
    vaccine, {sum}, to the shipper. They're so sweet 🐶
Your buyer has paid! To get your {sum} type the card where you want the money {link} (safe pay)
Villa with a pool, {quid} a night in August?! The site's slow so transfer it to me directly and you
    get 20% off. Send me your passport too
Someone viewed the room just now and wants it. If you want to be first put {sum} down before you
    see it, I trust you, here's the account of the owner, he's a priest abroad
I'm interested in your car, full price, won't haggle. Please pay {quid} for the history report on
    this site as my husband insists {link}
I want to buy your sofa. Send me your card number so I can pay now
""",
    "charity and inheritance": """
We are a small family in the war, three children and no bread. If you can send even {quid} of
    bitcoin to this wallet God will repay you
I'm barrister {he}. A client with your surname died without children and left {big} in a bank. With
    your help as next of kin we can share it half and half. Write to {mail}, in private
The flood took everything in our village. Our charity is new so it's not on the register. Give
    {quid} with a gift card, text us the code
Sick boy {he} wants cards and coins for his operation on {day}. For every ten people you pass this
    to, {telco} gives {fee}. And please send {quid} to his uncle {link}
You are mentioned in a will. We can't say more by text. Send a copy of your passport and the search
    fee of {sum} to {mail}
Banker here, from the {town} branch of {bank}. There's an account nobody has touched for 9 years,
    {big}. I can put your name on it, you and me, nobody else. Are you a person who can keep
    silent?
Pastor {he} saw you in prayer. A seed of {quid} sent today will return to you as a house. Reply
    AMEN and we tell you where to send it
""",
    "hijack": """
lol {he} look who died {link} so sad i think you know him
Could you vote for my niece? She's in the final of the dance contest, just log in with your phone
    number and the code they send you {link} 🙏
hey are you on Chirrup much? can you help me get my account back, they'll send you a link, don't
    open it just send me a picture of it
{name} has tagged you in 3 photos that you may want to delete. Sign in with your email password to
    see {link}
I got {sum} from the grant thing, did you get yours? I saw your name on the list when they
    delivered mine! Text the agent {he} {phone}, he's real
Hi its {name}, from school. Are you still with {bank}? I'm doing this thing where they pay you
    {big} to let money go through your account, all you do is give me the card for a week, easy
I know what you did on your computer and I have the film of it. {big} in bitcoin in two days or all
    your contacts get it. Don't answer this
Your friend {name} gave you {quid}! To pick it up, sign up with your card and invite six more
    {link}
Vote for me please, just send me the code you get 🙏
4* [Hi, can you vote for my daughter|Please vote for my niece|Hey, I need your vote for my
    son|Could you vote for my friend {she}] [in the dance contest|in the baby photo competition|in
    the school contest|to win the singing prize]? [Log in with your phone number|Sign in with your
    email and password|You get a code, send it to me and then look|Then enter the code that they
    send you] [{link}|at {link}|- {link}|here {link}]
""",
}


class Message:
    """Fills the slots of one text. Only `Random.random` is used: every Python draws the same."""

    def __init__(self, text: str, seed: str, whole_sums: bool):
        self.random = Random(seed).random
        self.whole_sums = whole_sums
        self.kept: dict[str, str] = {}
        self.names: list[str] = []
        self.currency = "£" if UK_ONLY.search(text) else self.pick("££££££££$$€")
        self.text = re.sub(r"\{(\w+)\}", lambda match: self.value(match[1]), text)

    def pick(self, options):
        """Return one of `options`."""
        return options[int(self.random() * len(options))]

    def value(self, slot: str, address: bool = False) -> str:
        """Return what the slot becomes; within an address only letters and digits are kept."""
        if slot in self.kept:
            text = self.kept[slot]
        elif slot in OPTIONS:
            inside = address or slot in WITHIN_ADDRESSES
            text = re.sub(
                r"\{(\w+)\}", lambda match: self.value(match[1], inside), self.pick(OPTIONS[slot])
            )
        else:
            text = getattr(self, slot)()
        if slot in ("she", "he"):
            if text in self.names:
                return self.value(slot, address)
            self.names.append(text)
        if slot in ONCE:
            self.kept[slot] = text
        if address and slot not in WITHIN_ADDRESSES:
            text = re.sub(r"[^a-z0-9]", "", text.lower())
        return text

    def between(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def digits(self, count: int) -> str:
        """Return that many digits."""
        return "".join(self.pick("0123456789") for _ in range(count))

    def fee(self) -> str:
        """A few coins: £1.45."""
        return self.currency + self.pick(
            "0.50 0.99 1.20 1.45 1.50 1.95 1.99 2.10 2.49 2.99 3.50 3.99 4.20 4.50 4.99".split()
        )

    def quid(self) -> str:
        """A small round sum, as people write it: 20 quid."""
        amount = self.pick("5 10 10 12 15 20 20 25 30 40 50 60 80 100".split())
        words = {"£": ["quid", "pounds"], "$": ["bucks", "dollars"], "€": ["euros", "euro"]}
        forms = [self.currency + amount] * 3 + [amount]
        return self.pick(forms + [f"{amount} {word}" for word in words[self.currency]])

    def sum(self) -> str:
        """A sum as on a bill, outside machines' messages a whole one: £61.50."""
        cents = "" if self.whole_sums or self.random() < 0.4 else f".{self.pick('0579')}0"
        return f"{self.currency}{self.between(12, 480)}{cents}"

    def bill(self) -> str:
        """What a month of something costs: £23.90."""
        return f"{self.currency}{self.between(6, 95)}.{self.pick('0459')}0"

    def rent(self) -> str:
        """What a month in a flat costs: £850."""
        return f"{self.currency}{25 * self.between(18, 60)}"

    def big(self) -> str:
        """A large round sum: £2,350."""
        amount = 50 * self.between(12, 180)
        return self.currency + (f"{amount:,}" if self.random() < 0.7 else str(amount))

    def phone(self) -> str:
        """A number that no one has."""
        if self.currency == "$":
            return f"{self.pick(['212', '303', '617'])}-555-01{self.digits(2)}"
        start = self.pick(["07700 900", "07700 900", "07700900", "020 7946 0", "01632 960"])
        return start + self.digits(3)

    def code(self) -> str:
        """A one-time code."""
        return self.pick("123456789") + self.digits(5)

    def pin(self) -> str:
        """Four digits."""
        return self.digits(4)

    def digits3(self) -> str:
        """Three digits, the end of a premium-rate number."""
        return self.digits(3)

    def n(self) -> str:
        """A number that can be an age, a house number, a ticket."""
        return str(self.between(21, 48))

    def ref(self) -> str:
        """A reference: KT4821."""
        letters = "ABCDEFHJKLMNPRSTVWXZ"
        return self.pick(letters) + self.pick(letters) + self.digits(4)

    def tail(self) -> str:
        """The end of a short link."""
        return "".join(self.pick("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(5))

    def hasten(self) -> None:
        """Type some messages carelessly."""
        if self.random() < 0.15:
            self.text = self.text.lower()
        if self.random() < 0.12:
            self.text = self.text.replace("'", "")
        if self.random() < 0.10:
            self.text = re.sub(r"(?<![\w./@-])[a-z]+(?![\w/@-]|\.\w)", hasty, self.text)
        if self.random() < 0.15:
            self.text = self.text.removesuffix(".")


def hasty(match: re.Match) -> str:
    """Return the short form of a word, or the word."""
    return HASTY.get(match[0], match[0])


def lines_of(block: str) -> list[str]:
    """Return the texts of a block, continuation lines joined."""
    return re.sub(r"\n +", " ", block).strip("\n").split("\n")


def variants(line: str, seed: str) -> list[str]:
    """Return the texts that a line stands for, slots not yet filled."""
    match = re.match(r"(\d)\* ", line)
    if not match:
        return [line]
    random = Random(seed).random
    parts = re.split(r"\[(.*?)\]", line[match.end() :])  # text, options, text, options, text
    columns = [
        sorted(part.split("|"), key=lambda _: random()) if i % 2 else [part]
        for i, part in enumerate(parts)
    ]
    texts = []
    for i in range(int(match[1])):
        text = "".join(column[i % len(column)] for column in columns)
        text = re.sub(r"\s+([,.;:?!])", r"\1", text)
        texts.append(re.sub(r"([.!?,])[.,]", r"\1", text))
    return texts


def messages(label: str, themes: dict[str, str]) -> list[tuple[float, str, str]]:
    """Return a random key, the label and the text of every message."""
    found = []
    for theme, block in themes.items():
        for line in lines_of(block):
            for i, text in enumerate(variants(line, f"{SEED} {line}")):
                if i or line[1:2] == "*" and theme != "old times":
                    text = re.sub(r"(^|[.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text)
                if label == "spam":
                    text = text.replace("{clink}", "{xclink}")
                message = Message(text, f"{SEED} {i} {line}", theme in CASUAL)
                if theme in CASUAL:
                    message.hasten()
                found.append((message.random(), label, message.text))
    return found


def build() -> str:
    """Return the file's text."""
    rows = sorted(messages("ham", HAM) + messages("spam", SPAM))
    return "label\ttext\n" + "".join(f"{label}\t{text}\n" for _, label, text in rows)


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description="Write llmutils/assets/messages.tsv.")
    parser.add_argument("--check", action="store_true", help="only compare; exit with 1 if stale")
    if not parser.parse_args().check:
        FILE.write_text(build(), encoding="utf-8", newline="\n")
    elif not FILE.exists() or FILE.read_bytes() != build().encode():
        print(f"{FILE} differs from what {Path(__file__).name} writes")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
