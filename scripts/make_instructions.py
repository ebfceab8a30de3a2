"""Write llmutils/assets/instructions.json: instructions and their answers, to finetune on.

Every sentence is this project's own writing. An entry has a kind (28 of them), an instruction, an
input that may be empty, and an output. Within a kind each object (a word, a sentence, a country,
a set of numbers) comes once, so that no split puts one object on both sides under two wordings.

TEMPLATES hold the wordings, kind by kind, one a line: the instruction, and after a bar the input.
DATA hold the objects: one a line (an indented line continues the one above) or separated by
commas. `mouse = mice` is an object and its output; where there is no output, RULES work it out;
` / ` separates the slots of a kind that has two. Each object draws its wording and its place in
the file from a generator seeded with its own line: editing one line leaves the rest alone.

Run: python scripts/make_instructions.py           (rewrites the file)
     python scripts/make_instructions.py --check   (exits with 1 if the file differs)
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

FILE = Path(__file__).parents[1] / "llmutils" / "assets" / "instructions.json"
SEED = 123

TEMPLATES = {
    "letter case": """
Write this text in {case}. | {x}
Put the whole text in {case}. | {x}
Rewrite the text with {case} only. | {x}
Write '{x}' in {case}.
How do you write '{x}' in {case}?
Use only {case} to write '{x}'.
""",
    "first word": """
What is the first word of this sentence? | {x}
Copy the first word of the sentence. | {x}
Give only the first word of the input. | {x}
Write down the word that opens the sentence. | {x}
What is the first word of '{x}'?
Which word comes first here? {x}
""",
    "last word": """
What is the last word of this sentence? | {x}
Copy the last word of the sentence. | {x}
Give only the last word of the input. | {x}
Write down the word that ends the sentence. | {x}
What is the last word of '{x}'?
Which word comes last here? {x}
""",
    "word count": """
How many words are in this sentence? | {x}
Count the words and answer with a digit. | {x}
Give the number of words in the input. | {x}
How many words do you count here? {x}
Count the words in this sentence: {x}
How many words are there in '{x}'?
""",
    "word search": """
Is the word '{word}' in the sentence? | {x}
Does this sentence contain the word '{word}'? | {x}
Say yes if '{word}' is in the sentence, otherwise say no. | {x}
Answer yes or no: is '{word}' one of these words? | {x}
Does the word '{word}' appear here? {x}
Look for the word '{word}'. Is it in this sentence? {x}
""",
    "reverse order": """
Write these words in reverse order. | {x}
Reverse the order of the three words. | {x}
List the three words from last to first. | {x}
Write this list backwards, word by word: {x}
Put these words in the opposite order: {x}
What is the list '{x}' in reverse order?
""",
    "quotation marks": """
Put quotation marks around the text. | {x}
Put this in quotation marks. | {x}
Add double quotes at the beginning and at the end. | {x}
Copy the text and put it between double quotes. | {x}
Write this in quotation marks: {x}
Enclose these words in double quotes: {x}
""",
    "number order": """
Sort the numbers {order}. | {x}
Put these numbers in order {order}. | {x}
List the three numbers {order}. | {x}
Arrange these numbers {order}: {x}
Write the numbers {x} {order}.
Rank {x} {order}.
""",
    "alphabetical order": """
Put these words in alphabetical order. | {x}
Sort the words from A to Z. | {x}
List the three words as in a dictionary. | {x}
Sort these words alphabetically: {x}
Arrange {x} in alphabetical order.
Write these words in the order of the alphabet: {x}
""",
    "arithmetic": """
Calculate and give the answer in words. | {x}
Work out the result and write it in words. | {x}
Do this calculation and answer in words. | {x}
What is {x}? Answer in words.
How much is {x}?
Work out {x} and write the result in words.
""",
    "unit conversion": """
Convert the input to {unit}. | {x}
Give the same value in {unit}. | {x}
Rewrite this quantity in {unit}. | {x}
Convert {x} to {unit}.
What is {x} in {unit}?
Change {x} into {unit}.
""",
    "plural": """
Write the plural of the word. | {x}
Give the plural form of this noun. | {x}
Change this noun from singular to plural. | {x}
What is the plural of '{x}'?
Write the word '{x}' in the plural.
Complete with one word: one {x}, two ...
""",
    "past tense": """
Put this verb in the past tense. | {x}
Give the simple past of the verb. | {x}
Change the verb to the past tense. | {x}
What is the past tense of '{x}'?
Write the past form of the verb '{x}'.
Complete with one word: today I {x}, yesterday I ...
""",
    "spelling": """
Correct the spelling mistake in the input. | {x}
Find the spelling mistake and correct it. | {x}
Write this again without the spelling mistake. | {x}
Write this with the right spelling: {x}
What is the correct spelling of '{x}'?
There is a spelling mistake here, please correct it: {x}
""",
    "antonym": """
Give an antonym of this word. | {x}
Write the opposite of the word. | {x}
Which word has the opposite meaning? | {x}
What is the opposite of '{x}'?
Name a word that means the opposite of '{x}'.
Find an antonym for '{x}'.
""",
    "synonym": """
Replace the word with a synonym. | {x}
Write another word with the same meaning. | {x}
Give a synonym of this word. | {x}
Which word means the same as '{x}'?
Find a word that means almost the same as '{x}'.
What is a synonym of '{x}'?
""",
    "category": """
Choose a group: animals, plants, clothes, vehicles or furniture. | {x}
Classify the word as animals, plants, clothes, vehicles or furniture. | {x}
Which group fits this word: animals, plants, clothes, vehicles or furniture? | {x}
Does '{x}' belong to animals, plants, clothes, vehicles or furniture?
Choose the right group for '{x}': animals, plants, clothes, vehicles or furniture.
""",
    "sentiment": """
Is this comment positive or negative? | {x}
Classify the text as positive or negative. | {x}
Decide whether the writer's opinion is positive or negative. | {x}
Does this sound positive or negative? | {x}
Say whether this opinion is positive or negative: {x}
Label this comment as positive or negative: {x}
""",
    "sentence type": """
Is this a question, a statement or a command? | {x}
Classify the sentence as question, statement or command. | {x}
Say what the input is: question, statement or command. | {x}
Name the type of this sentence (question, statement or command): {x}
Is '{x}' a question, a statement or a command?
""",
    "capital city": """
Name the capital city of this country. | {x}
Give the capital of the country. | {x}
Write only the name of the capital city. | {x}
What is the capital of {x}?
Which city is the capital of {x}?
Name the capital of {x}.
""",
    "author": """
Who is the author of this work? | {x}
Name the person who wrote this. | {x}
Give the name of the writer. | {x}
Who wrote '{x}'?
Name the author of '{x}'.
Which writer wrote '{x}'?
""",
    "definition": """
Give a short definition of the word. | {x}
Explain this word in simple English. | {x}
Say what this word means. | {x}
What does '{x}' mean?
Define the word '{x}'.
What is the meaning of '{x}'?
""",
    "passive voice": """
Rewrite the sentence in the passive voice. | {x}
Change this sentence from active to passive. | {x}
Use the passive voice instead of the active. | {x}
Put this sentence into the passive voice: {x}
Turn the active sentence into a passive one: {x}
How do you say '{x}' in the passive voice?
""",
    "polite request": """
Make this request more polite. | {x}
Rewrite the sentence so that it sounds polite. | {x}
Turn this into a polite question. | {x}
Say this in a polite way: {x}
Write a polite version of this sentence: {x}
How can I say '{x}' more politely?
""",
    "question form": """
Turn the statement into a question. | {x}
Change this sentence into a yes-or-no question. | {x}
Form a question from the statement. | {x}
Make a yes-or-no question from this sentence: {x}
Rewrite '{x}' as a question.
Ask whether this is true: {x}
""",
    "explanation": """
Answer the question in one sentence. | {x}
Give a short explanation. | {x}
Answer with one short sentence. | {x}
{x} Answer in one sentence.
{x} Explain it briefly.
Answer this question in simple words: {x}
""",
    "completion": """
Complete the sentence and write it in full. | {x} ...
Finish this sentence in a sensible way. | {x} ...
Write the whole sentence with a good ending. | {x} ...
Complete this sentence: {x} ...
Add the missing end and write the whole sentence: {x} ...
How does this sentence end? Write it in full: {x} ...
""",
    "summary": """
Sum up the text in one sentence. | {x}
Give the main point in one short sentence. | {x}
Shorten the text to one sentence. | {x}
Retell the text in one short sentence. | {x}
Sum this up in one sentence: {x}
Put this into one short sentence: {x}
""",
}
SLOTS = {
    "letter case": ["case", "x"],
    "word search": ["word", "x"],
    "number order": ["order", "x"],
    "unit conversion": ["x", "unit"],
}  # the others have {x} alone

# A dict's keys are the outputs of the objects below them; for 'letter case', their first slot.
DATA = {
    "letter case": {
        "capital letters": """
please close the door
no entry
hot drinks
open every day
fresh bread
wet paint
keep off the grass
the end
beware of the dog
summer sale
do not feed the ducks
lost black cat
free tickets
good luck, Maria
way out
quiet please
happy birthday
we are closed on Sunday
ring the bell
this side up
handle with care
to the beach
danger, deep water
best pies in town
room for rent
men at work
thank you for waiting
no parking
""",
        "small letters": """
THE BUS IS LATE
Good Evening
MY KEYS ARE GONE
Where Is Peter
HELLO FROM ROME
I LOST MY HAT
The Old Bridge
COME HOME SOON
WAIT FOR ME
Two Small Boats
NEVER MIND
SHE SAID NO
A Long Way Home
IT IS COLD HERE
Bread And Butter
CALL ME TONIGHT
LOOK AT THE SKY
The Green Door
WHO IS THERE
SEND MORE MONEY
My Dear Friend
ALL IS WELL
THE SOUP IS READY
Stop That Train
WE WON THE GAME
READ THIS FIRST
One Cup Of Tea
I CANNOT SLEEP
""",
    },
    "first word": """
Rain fell on the roof all night.
Our teacher plays the piano.
Nobody saw the fox leave the yard.
Twelve boats lay in the bay.
Carla sold her bicycle yesterday.
Under the bridge sat an old man.
Slowly the door began to open.
My uncle keeps bees behind his house.
Bring a warm coat with you.
Snow covers the hills in January.
Every child got a red balloon.
Behind the shop there is a garden.
Peter never eats before noon.
They painted the kitchen green.
Candles stood in every window.
Without a map we soon got lost.
His father drives a night bus.
Hundreds of birds flew over the lake.
Tomorrow we will visit the museum.
Her letter arrived on Friday.
Fresh bread smells wonderful.
Someone left a wet umbrella here.
At midnight the music stopped.
Lions sleep for most of the day.
You should wash that cut at once.
Before breakfast he swims in the sea.
This road leads to the castle.
Samira speaks four languages.
Old ships creak in a storm.
Both brothers became doctors.
Please put the milk in the fridge.
Sometimes the lift does not work.
Green apples taste sour.
After lunch the baby fell asleep.
We grow tomatoes on the balcony.
Few people live on the island.
Listen to the wind in the trees.
Most shops close at six.
Oscar forgot his lunch again.
Cold water runs down the rock.
Near the station you will find a bank.
It took three days to mend the wall.
Those shoes are too small for me.
Music helps me to relax.
Perhaps the train is late today.
Grandmother knits socks for the whole family.
Yesterday a heron stood by the pond.
Only two of the eggs were broken.
Who took the last biscuit?
Across the street a dog was barking.
""",
    "last word": """
The farmer sold his horse.
She hung her coat behind the door.
We waited an hour for the ferry.
Nina wrote the answer in pencil.
The boys built a house of snow.
A spider made its web in the corner.
He put too much salt in the soup.
The judge asked for silence.
I left my gloves on the train.
The children fed the goat.
There is a hole in my pocket.
The captain pointed at the island.
Our plane landed in heavy fog.
The nurse carried a lamp.
Butter is made from cream.
The tailor lost his needle.
Two swans crossed the river.
David wants to become a pilot.
The soldiers slept in a barn.
Wolves live in that forest.
My sister bought a yellow scarf.
The mayor opened the new bridge.
He cut the rope with a knife.
The thief hid under the bed.
We ate our sandwiches on a bench.
The widow lived alone for years.
The cook forgot the rice.
Please write your name at the top.
The path ends at a gate.
The painter mixed blue and white.
They spent the winter in Egypt.
The clock struck eleven.
A cold wind came from the north.
The letter was full of lies.
The queen wore a simple dress.
The engine made a strange noise.
Lena saved her money for a violin.
The dog buried its bone.
We could smell smoke.
The canal was frozen in February.
He never told us his age.
The doctor looked at my tongue.
The guests danced until morning.
The lamp hung from the ceiling.
The prisoner longed for freedom.
Clouds hid the top of the mountain.
The old sailor told us a story.
Anton keeps his tools in a box.
The baby laughed at the mirror.
The shop sells paper and ink.
No one believed the witness.
""",
    "word count": """
Birds sing.
Snow is white.
Do not run.
The soup is too hot.
Anna smiled.
He opened the letter with shaking hands.
Where is my other shoe?
Cats hate water.
The moon rose over the quiet village.
Come here.
We walked home in the rain.
She has never been on a boat before.
Time flies.
The bakery on our street opens at five.
I like pears.
My brother is taller than my father.
It was a dark and windy night.
Turn left at the church.
The carpenter needs more nails.
Two and two make four.
You may sit down now.
The last bus leaves at ten.
Old friends are the best friends.
Sit still.
There were nine people in the small red car.
Nobody answered.
The wind blew my hat into the river.
Have you seen the new film?
Mice eat cheese.
A storm is coming.
The gardener planted a row of beans.
I cannot find the key to the cellar.
Ravi plays chess every Sunday afternoon.
Dogs bark at night.
The tall ships left before sunrise.
Lunch is ready.
He reads the newspaper from end to end.
Her answer surprised everyone.
The bell rang twice.
My pen is empty.
They sat by the fire and told old stories.
Fish swim.
Bread is cheap here.
What a lovely day!
The boat went slowly down the wide brown river.
Marta is afraid of spiders.
Wake up.
The museum has a fine collection of old clocks.
Put the cups on the shelf.
Sugar dissolves in water.
A fox lives behind the barn.
We do not know what happened to the ship.
Stars shine.
Our hens lay brown eggs.
The king had three daughters and no sons.
Somebody stole the flag from the tower last night.
""",
    "word search": """
garden / The children play in the garden after school.
letter / Tom found a letter under the carpet.
candle / A candle was burning in the hall.
bridge / The bridge was closed because of the flood.
orange / She peeled an orange and shared it.
doctor / The doctor comes to our village once a week.
silver / He wore a silver ring on his left hand.
winter / In winter the lake is covered with ice.
kitchen / There is a mouse in the kitchen.
blanket / The baby slept under a soft blanket.
ticket / I bought a ticket for the evening show.
shadow / The tree threw a long shadow on the grass.
hammer / You need a hammer and six nails.
monkey / The monkey took the banana from my hand.
slowly / The old man climbed the stairs slowly.
never / My aunt has never tasted coffee.
window / Rain was beating against the window.
forest / They followed the path into the forest.
market / Fish is cheap at the market today.
basket / She filled her basket with mushrooms.
soldier / A soldier stood at the gate.
pillow / He hid the money under his pillow.
island / The island can only be reached by boat.
yellow / Two yellow birds sat on the wire.
captain / The captain ordered everyone to stay calm.
pepper / This stew needs more pepper.
ladder / The painter fell from his ladder.
always / Trains on this line are always full.
village / Not far from here there is a village without a road.
mirror / She looked in the mirror and laughed.
table / The cat sleeps on a chair near the stove.
river / Our tent stood beside a small lake.
teacher / My mother works as a nurse in the city.
sugar / Would you like some milk in your tea?
horse / The farmer has two cows and a goat.
happy / It was a sad story about a lost dog.
evening / We have breakfast at seven every morning.
blue / Her new bicycle is red and white.
piano / He plays the violin in a small orchestra.
summer / Leaves fall from the trees in autumn.
bread / They ate cheese and olives for lunch.
train / The bus to the airport leaves at noon.
paper / Write your name on the board with chalk.
sister / Jonas has three brothers and no cousins.
hat / Put on your coat and your boots.
moon / The sun went down behind the hills.
king / The queen lived alone in her palace.
quickly / The snail moved along the wall without a sound.
money / The thieves took the paintings and the clock.
apple / A pear fell from the tree and hit him.
school / The library is open until eight.
ship / Three planes passed over the valley.
green / The door of the cottage is painted brown.
lion / A tiger rested in the shade of a rock.
wine / The guests drank water from tall glasses.
spoon / Knives and forks are in the top drawer.
snow / Heavy rain has washed the road away.
church / We met in front of the town hall.
finger / She hurt her knee when she jumped.
book / I read an old newspaper on the journey.
""",
    "quotation marks": """
Good morning
I will be late
Where are you going?
Follow me
It was not my fault
See you on Monday
Never again
The water is cold
Take a seat
What time is it?
Leave it to me
All aboard
I am so sorry
Look behind you
Who goes there?
Nothing ever happens here
Keep the change
My name is Ivan
Dinner is served
Do you like fish?
You are welcome
Not so fast
Life is short
Is anybody at home?
We have no more eggs
Silence is golden
Help me with this box
Thank you very much
I have changed my mind
Try once more
That is my umbrella
Stay right here
How old is the bridge?
Wish me luck
The answer is no
Let us begin
Have a safe journey
Somebody has been here
I do not believe it
Home sweet home
Be quiet
Put it over there
This is a secret
Long ago and far away
What a strange idea
One step at a time
Give it back
""",
    "plural": """book = books, river = rivers, table = tables, cloud = clouds, garden = gardens,
        letter = letters, horse = horses, bridge = bridges, orange = oranges, house = houses,
        nose = noses, window = windows, village = villages, teacher = teachers, doctor = doctors,
        pencil = pencils, apple = apples, island = islands, song = songs, street = streets,
        bird = birds, ship = ships, boy = boys, key = keys, monkey = monkeys, toy = toys,
        day = days, valley = valleys, bus = buses, box = boxes, fox = foxes, glass = glasses,
        dress = dresses, brush = brushes, dish = dishes, church = churches, watch = watches,
        match = matches, beach = beaches, bench = benches, peach = peaches, wish = wishes,
        tax = taxes, class = classes, potato = potatoes, tomato = tomatoes, hero = heroes,
        piano = pianos, photo = photos, city = cities, baby = babies, lady = ladies,
        story = stories, party = parties, family = families, country = countries, fly = flies,
        berry = berries, army = armies, leaf = leaves, wolf = wolves, knife = knives, wife = wives,
        half = halves, shelf = shelves, loaf = loaves, thief = thieves, man = men, woman = women,
        child = children, foot = feet, tooth = teeth, mouse = mice, goose = geese, ox = oxen,
        sheep = sheep, deer = deer, person = people, crisis = crises""",
    "past tense": """walk = walked, play = played, jump = jumped, look = looked, call = called,
        open = opened, cook = cooked, clean = cleaned, wash = washed, laugh = laughed,
        talk = talked, visit = visited, wait = waited, paint = painted, help = helped,
        start = started, answer = answered, listen = listened, pull = pulled, push = pushed,
        dance = danced, smile = smiled, close = closed, arrive = arrived, bake = baked,
        hope = hoped, move = moved, save = saved, carry = carried, cry = cried, try = tried,
        hurry = hurried, study = studied, worry = worried, copy = copied, stop = stopped,
        plan = planned, clap = clapped, beg = begged, nod = nodded, grab = grabbed, go = went,
        see = saw, eat = ate, drink = drank, sing = sang, swim = swam, begin = began,
        write = wrote, drive = drove, ride = rode, break = broke, speak = spoke, steal = stole,
        choose = chose, give = gave, take = took, know = knew, grow = grew, throw = threw,
        draw = drew, come = came, run = ran, find = found, sit = sat, buy = bought,
        bring = brought, think = thought, catch = caught, teach = taught, sleep = slept,
        keep = kept, feel = felt, leave = left, make = made, say = said, sell = sold, send = sent,
        build = built, lose = lost, win = won, stand = stood, fall = fell, forget = forgot,
        cut = cut""",
    "spelling": """
recieve = receive
beleive = believe
freind = friend
becuase = because
tomorow = tomorrow
beautifull = beautiful
untill = until
definately = definitely
seperate = separate
occured = occurred
begining = beginning
goverment = government
langauge = language
adress = address
necesary = necessary
diffrent = different
intresting = interesting
libary = library
Febuary = February
Wensday = Wednesday
suprise = surprise
buisness = business
calandar = calendar
rythm = rhythm
knowlege = knowledge
strenght = strength
truely = truly
arguement = argument
writting = writing
comming = coming
swiming = swimming
happyness = happiness
wierd = weird
foriegn = foreign
peice = piece
thier = their
restarant = restaurant
temprature = temperature
vegatable = vegetable
hospitle = hospital
mountin = mountain
garantee = guarantee
dissapear = disappear
sucess = success
exellent = excellent
probaly = probably
allways = always
remeber = remember
brige = bridge
kichen = kitchen
She lives in a small vilage. = She lives in a small village.
My brother is a docter. = My brother is a doctor.
We eat brekfast at eight. = We eat breakfast at eight.
Please open the windo. = Please open the window.
He bought a new umbrela. = He bought a new umbrella.
The elefant drank from the river. = The elephant drank from the river.
I forgot my homwork. = I forgot my homework.
They play in the gardin. = They play in the garden.
The pupils sat in silense. = The pupils sat in silence.
The bottel is empty. = The bottle is empty.
This qestion is hard. = This question is hard.
You must lissen to me. = You must listen to me.
He is a famous musision. = He is a famous musician.
The sience lesson was short. = The science lesson was short.
I have an appointmant at noon. = I have an appointment at noon.
Our holliday begins soon. = Our holiday begins soon.
The machine is very expensiv. = The machine is very expensive.
The captin spoke first. = The captain spoke first.
Spring is a lovely seeson. = Spring is a lovely season.
We need a longer lader. = We need a longer ladder.
She wore a purpel dress. = She wore a purple dress.
The joorney took six hours. = The journey took six hours.
The consert starts at seven. = The concert starts at seven.
Bring me a clean towl. = Bring me a clean towel.
""",
    "antonym": """hot = cold, big = small, long = short, early = late, day = night, open = closed,
        happy = sad, rich = poor, strong = weak, heavy = light, wet = dry, hard = soft,
        fast = slow, full = empty, clean = dirty, deep = shallow, wide = narrow, thick = thin,
        old = young, true = false, wrong = right, up = down, in = out, above = below,
        before = after, always = never, everything = nothing, friend = enemy, war = peace,
        love = hate, win = lose, buy = sell, begin = end, remember = forget, arrive = depart,
        push = pull, accept = refuse, build = destroy, lend = borrow, cheap = expensive,
        easy = difficult, safe = dangerous, noisy = quiet, brave = cowardly, polite = rude,
        ancient = modern, public = private, guilty = innocent, success = failure,
        summer = winter, north = south, first = last, top = bottom, inside = outside,
        alive = dead, awake = asleep, absent = present, increase = decrease, minimum = maximum,
        possible = impossible, visible = invisible, import = export, sharp = blunt,
        rough = smooth, victory = defeat, beautiful = ugly, kind = cruel, tight = loose""",
    "synonym": """commence = begin, large = big, glad = happy, quick = fast, intelligent = clever,
        difficult = hard, simple = easy, silent = quiet, wealthy = rich, shut = close,
        finish = end, purchase = buy, assist = help, reply = answer, speak = talk, shout = yell,
        permit = allow, select = choose, construct = build, mend = repair, vanish = disappear,
        ill = sick, afraid = scared, lucky = fortunate, incorrect = wrong, error = mistake,
        present = gift, stone = rock, physician = doctor, infant = baby, automobile = car,
        sofa = couch, journey = trip, liberty = freedom, occupation = job, pupil = student,
        foe = enemy, scent = smell, tale = story, weary = tired, courageous = brave,
        strange = odd, huge = enormous, little = small, entire = whole, leap = jump, weep = cry,
        gather = collect, conceal = hide, require = need, attempt = try, demolish = destroy,
        depart = leave, halt = stop, observe = watch, frequently = often, nearly = almost,
        perhaps = maybe, immediately = instantly, sufficient = enough, summit = peak,
        wicked = evil""",
    "category": {
        "animals": """tiger, frog, sparrow, donkey, whale, rabbit, camel, eagle, lizard, wolf,
            shark, hedgehog, squirrel, butterfly""",
        "plants": """oak, rose, daisy, fern, cactus, tulip, ivy, moss, pine, nettle, sunflower,
            clover, birch, bamboo""",
        "clothes": """shirt, trousers, skirt, coat, scarf, gloves, socks, jacket, sweater,
            cardigan, shorts, blouse, raincoat, tights""",
        "vehicles": """bus, truck, tram, bicycle, taxi, van, tractor, motorcycle, ambulance,
            ferry, helicopter, scooter, minibus, fire engine""",
        "furniture": """chair, table, wardrobe, sofa, desk, bookcase, stool, bed, armchair,
            cupboard, sideboard, chest of drawers, dressing table, rocking chair""",
    },
    "sentiment": {
        "positive": """
The food was delicious and the waiter was kind.
I loved every minute of this film.
What a wonderful little hotel!
This lamp is exactly what I wanted.
Our guide was friendly and knew everything.
The best holiday we have ever had.
My new shoes are very comfortable.
A brilliant book, I could not put it down.
The concert was magnificent.
She is a patient and cheerful teacher.
The parcel came early and nothing was broken.
I would happily stay here again.
The soup was perfect, just like at home.
We laughed so much at this play.
Great service and fair prices.
The room was bright, clean and quiet.
These gloves keep my hands lovely and warm.
An excellent museum for the whole family.
He sings beautifully.
The garden was a pleasure to walk in.
I am delighted with my new camera.
The staff could not have been more helpful.
Such a charming town, full of music.
The cake tasted even better than it looked.
This tool saved me hours of work.
Everything worked the first time.
The children adored the puppet show.
I feel so much better after that walk.
The view from the balcony was superb.
A lovely gift at a good price.
""",
        "negative": """
The room smelled of smoke and the bed was hard.
I was bored from beginning to end.
The handle broke on the first day.
Nobody answered my letters of complaint.
What a terrible waste of money!
The coffee was cold and far too weak.
Our driver was rude to everyone.
This phone stops working every hour.
The worst meal of the whole trip.
We waited two hours and then they sent us away.
The story makes no sense at all.
My coat came with a hole in it.
I will never shop here again.
The actors were dull and the songs were worse.
A noisy, dirty and crowded beach.
The instructions are useless.
She was late again and did not even say sorry.
The bread was as hard as a brick.
I regret buying this chair.
The paint came off after a week.
They charged us twice and refused to help.
Rain came in through the roof of our tent.
The tour was too long and very tiring.
This knife does not cut anything.
I am disappointed with the sound.
The water in the pool was filthy.
He forgot our order and blamed us for it.
The zoo was a sad place with tiny cages.
My headache got worse after these pills.
An ugly building with awful food inside.
""",
    },
    "sentence type": {
        "question": """
Where did you put the scissors?
Is the bank open on Saturdays?
How much does this melon cost?
Who painted the fence?
Can your parrot talk?
When does the film start?
Why are you laughing?
Have they found the keys?
Which of these coats is yours?
Did it snow last night?
Are you afraid of heights?
What is your dog called?
Will Eva be at the party?
Do owls sleep in winter?
Whose glasses are these?
Was the exam difficult?
May I borrow your pen?
How far is the nearest village?
Should we wait for them?
""",
        "statement": """
The shop closes at six.
My cousin collects stamps.
It is raining in the mountains.
Bees live in hives.
She forgot her password.
There are no seats left.
The moon has no air.
We moved house in April.
Ali wants to be an engineer.
The ice is too thin.
I have already eaten.
Their boat needs a new sail.
Coffee keeps me awake.
The lesson was about volcanoes.
Paul is older than his wife.
Nobody knows where the treasure is.
You were right about the weather.
These grapes are sour.
The king died in the spring.
""",
        "command": """
Shut the window.
Wait here until I come back.
Do not touch the wire.
Wash your hands before dinner.
Turn off the radio.
Take the second road on the left.
Be careful with that vase.
Give the dog some water.
Stop making that noise.
Fold the paper in half.
Hold the rope with both hands.
Never swim alone.
Read the first page aloud.
Add two spoons of flour.
Leave your boots outside.
Stand up straight.
Tell me the truth.
Clean your room today.
Keep this letter safe.
""",
    },
    "capital city": """France = Paris, Spain = Madrid, Portugal = Lisbon, Italy = Rome,
        Greece = Athens, Germany = Berlin, Austria = Vienna, Poland = Warsaw, Hungary = Budapest,
        Norway = Oslo, Sweden = Stockholm, Finland = Helsinki, Denmark = Copenhagen,
        Iceland = Reykjavik, Ireland = Dublin, Belgium = Brussels, Romania = Bucharest,
        Bulgaria = Sofia, Serbia = Belgrade, Croatia = Zagreb, Slovenia = Ljubljana,
        Slovakia = Bratislava, Latvia = Riga, Lithuania = Vilnius, Estonia = Tallinn,
        Ukraine = Kyiv, Armenia = Yerevan, Malta = Valletta, Turkey = Ankara, Iran = Tehran,
        Iraq = Baghdad, Jordan = Amman, Lebanon = Beirut, Saudi Arabia = Riyadh, Oman = Muscat,
        Qatar = Doha, Pakistan = Islamabad, India = New Delhi, Nepal = Kathmandu,
        Bangladesh = Dhaka, Thailand = Bangkok, Vietnam = Hanoi, Cambodia = Phnom Penh,
        China = Beijing, Japan = Tokyo, South Korea = Seoul, Morocco = Rabat, Tunisia = Tunis,
        Algeria = Algiers, Kenya = Nairobi, Ethiopia = Addis Ababa, Uganda = Kampala,
        Rwanda = Kigali, Ghana = Accra, Nigeria = Abuja, Senegal = Dakar, Angola = Luanda,
        Zambia = Lusaka, Zimbabwe = Harare, Namibia = Windhoek, Canada = Ottawa,
        Mexico = Mexico City, Cuba = Havana, Jamaica = Kingston, Peru = Lima, Chile = Santiago,
        Ecuador = Quito, Argentina = Buenos Aires, Uruguay = Montevideo, Australia = Canberra,
        New Zealand = Wellington""",
    "author": """
Pride and Prejudice = Jane Austen
Sense and Sensibility = Jane Austen
Oliver Twist = Charles Dickens
Great Expectations = Charles Dickens
A Tale of Two Cities = Charles Dickens
Middlemarch = George Eliot
Silas Marner = George Eliot
Treasure Island = Robert Louis Stevenson
Frankenstein = Mary Shelley
Dracula = Bram Stoker
The Time Machine = H. G. Wells
The War of the Worlds = H. G. Wells
The Hound of the Baskervilles = Arthur Conan Doyle
The Jungle Book = Rudyard Kipling
Through the Looking-Glass = Lewis Carroll
Robinson Crusoe = Daniel Defoe
Vanity Fair = William Makepeace Thackeray
Far from the Madding Crowd = Thomas Hardy
Jude the Obscure = Thomas Hardy
The Moonstone = Wilkie Collins
The Woman in White = Wilkie Collins
Peter Pan = J. M. Barrie
The Wind in the Willows = Kenneth Grahame
The Picture of Dorian Gray = Oscar Wilde
The Importance of Being Earnest = Oscar Wilde
Black Beauty = Anna Sewell
The Secret Garden = Frances Hodgson Burnett
Little Women = Louisa May Alcott
The Adventures of Tom Sawyer = Mark Twain
Moby-Dick = Herman Melville
The Scarlet Letter = Nathaniel Hawthorne
The Raven = Edgar Allan Poe
The Call of the Wild = Jack London
The Great Gatsby = F. Scott Fitzgerald
War and Peace = Leo Tolstoy
Anna Karenina = Leo Tolstoy
Crime and Punishment = Fyodor Dostoevsky
The Three Musketeers = Alexandre Dumas
The Hunchback of Notre-Dame = Victor Hugo
Around the World in Eighty Days = Jules Verne
Madame Bovary = Gustave Flaubert
Don Quixote = Miguel de Cervantes
Hamlet = William Shakespeare
Macbeth = William Shakespeare
Romeo and Juliet = William Shakespeare
The Canterbury Tales = Geoffrey Chaucer
Paradise Lost = John Milton
The Divine Comedy = Dante Alighieri
Animal Farm = George Orwell
The Hobbit = J. R. R. Tolkien
Heart of Darkness = Joseph Conrad
The Old Man and the Sea = Ernest Hemingway
To the Lighthouse = Virginia Woolf
A Room with a View = E. M. Forster
The Cherry Orchard = Anton Chekhov
Three Men in a Boat = Jerome K. Jerome
Ivanhoe = Walter Scott
""",
    "definition": """
orphan = A child whose parents are dead.
library = A place where books are kept for people to read or borrow.
island = A piece of land with water all around it.
bakery = A place where bread and cakes are made or sold.
widow = A woman whose husband has died.
desert = A large, dry area of land with very little rain.
volcano = A mountain with an opening from which lava and gas can come out.
thirsty = Needing or wanting to drink.
dictionary = A book that lists words and explains what they mean.
umbrella = A folding cover on a stick that keeps off the rain.
thief = A person who steals.
calendar = A table of the days, weeks and months of a year.
shepherd = A person who looks after sheep.
bridge = A structure that carries a road or path over a river or another road.
whisper = To speak very quietly.
borrow = To take something and use it for a time before giving it back.
generous = Willing to give and share.
ancient = Very old.
twins = Two children of one mother who are born at the same time.
century = A period of one hundred years.
decade = A period of ten years.
orchard = A piece of land where fruit trees are grown.
compass = An instrument with a needle that points north.
thermometer = An instrument for measuring temperature.
telescope = An instrument that makes distant things look nearer and larger.
museum = A building where interesting or valuable objects are shown to the public.
passenger = A person who travels in a vehicle but does not drive it.
author = A person who writes books or other texts.
carpenter = A person who makes things from wood.
tailor = A person who makes or alters clothes.
nephew = A son of one's brother or sister.
honest = Always telling the truth and never cheating.
stubborn = Not willing to change one's mind.
curious = Wanting to know or learn more.
lonely = Sad because one is alone.
fragile = Easily broken.
transparent = Clear enough to be seen through.
invisible = Impossible to see.
annual = Happening once a year.
bilingual = Able to speak two languages well.
edible = Safe to eat.
nocturnal = Active at night.
harvest = The gathering of ripe crops.
drought = A long time with little or no rain.
peninsula = A piece of land almost surrounded by water.
triangle = A flat shape with three straight sides.
cube = A solid shape with six equal square faces.
alphabet = The letters of a language in their fixed order.
promise = To say that one will certainly do something.
hesitate = To wait a moment before acting because one is not sure.
imitate = To copy what someone else does.
hibernate = To spend the winter in a deep sleep.
melt = To turn from solid to liquid through heat.
forgive = To stop being angry with someone who has done wrong.
translate = To put what is said or written into another language.
exaggerate = To make something sound greater than it is.
vegetarian = A person who does not eat meat or fish.
pedestrian = A person who is walking, especially in a street.
souvenir = A thing kept to remember a place or a journey.
lullaby = A quiet song that helps a child to fall asleep.
aquarium = A glass tank in which fish are kept.
""",
    "passive voice": """
The cat chased the mouse. = The mouse was chased by the cat.
A young doctor saved the child. = The child was saved by a young doctor.
The wind broke two windows. = Two windows were broken by the wind.
My grandfather built this house. = This house was built by my grandfather.
The whole village watched the race. = The race was watched by the whole village.
Emma wrote the letter. = The letter was written by Emma.
The police found the stolen car. = The stolen car was found by the police.
A dog bit the postman. = The postman was bitten by a dog.
The waves destroyed the little pier. = The little pier was destroyed by the waves.
The baker makes fresh bread every day. = Fresh bread is made by the baker every day.
Thousands of people visit the castle each year. = The castle is visited by thousands of people each
    year.
The sun heats the sand. = The sand is heated by the sun.
Cows produce milk. = Milk is produced by cows.
The queen will open the new hospital. = The new hospital will be opened by the queen.
A famous chef cooked our dinner. = Our dinner was cooked by a famous chef.
The teacher praised the two girls. = The two girls were praised by the teacher.
The children painted the wall. = The wall was painted by the children.
An old woman told the story. = The story was told by an old woman.
The storm damaged several boats. = Several boats were damaged by the storm.
Maria won the first prize. = The first prize was won by Maria.
The gardener has cut the grass. = The grass has been cut by the gardener.
The king ordered the attack. = The attack was ordered by the king.
A kind stranger helped us. = We were helped by a kind stranger.
The guards are watching him. = He is being watched by the guards.
The wolf frightened the horses. = The horses were frightened by the wolf.
The company sells used books. = Used books are sold by the company.
Snow covers the mountain. = The mountain is covered by snow.
The mechanic will repair the engine tomorrow. = The engine will be repaired by the mechanic
    tomorrow.
The audience loved the young singer. = The young singer was loved by the audience.
The students must answer all the questions. = All the questions must be answered by the students.
Heavy rain delayed the match. = The match was delayed by heavy rain.
A thief took my purse. = My purse was taken by a thief.
The captain steered the ship. = The ship was steered by the captain.
The nurse washed the wound. = The wound was washed by the nurse.
Three small rivers feed the lake. = The lake is fed by three small rivers.
The committee chose a new leader. = A new leader was chosen by the committee.
Pedro carried the heavy bags. = The heavy bags were carried by Pedro.
My aunt taught me. = I was taught by my aunt.
The dentist pulled out the tooth. = The tooth was pulled out by the dentist.
The mayor invited her. = She was invited by the mayor.
Two white oxen pulled the cart. = The cart was pulled by two white oxen.
The lawyer read the contract. = The contract was read by the lawyer.
The enemy attacked the town at dawn. = The town was attacked by the enemy at dawn.
A bell wakes the monks. = The monks are woken by a bell.
The pilot saw the smoke. = The smoke was seen by the pilot.
The tailor made this suit. = This suit was made by the tailor.
The hunters caught a bear. = A bear was caught by the hunters.
The goats ate all the cabbages. = All the cabbages were eaten by the goats.
The fire destroyed the old barn. = The old barn was destroyed by the fire.
A fallen tree blocked the road. = The road was blocked by a fallen tree.
The boy threw the ball. = The ball was thrown by the boy.
The scientist discovered a new comet. = A new comet was discovered by the scientist.
My sister drew this picture. = This picture was drawn by my sister.
The manager has signed the papers. = The papers have been signed by the manager.
Eagles hunt rabbits. = Rabbits are hunted by eagles.
The soldiers guarded the gate. = The gate was guarded by the soldiers.
The judge sent the man to prison. = The man was sent to prison by the judge.
""",
    "polite request": """
Give me the salt. = Could you give me the salt, please?
Open the window. = Could you open the window, please?
Shut the door. = Could you shut the door, please?
Tell me your name. = Could you tell me your name, please?
I want a cup of tea. = Could I have a cup of tea, please?
Be quiet. = Could you be quiet, please?
Help me with these bags. = Could you help me with these bags, please?
Wait a minute. = Could you wait a minute, please?
Pass the bread. = Could you pass the bread, please?
Speak more slowly. = Could you speak more slowly, please?
Turn down the music. = Could you turn down the music, please?
I want to sit here. = May I sit here, please?
Move your car. = Could you move your car, please?
Sign this form. = Could you sign this form, please?
Show me your ticket. = Could you show me your ticket, please?
Repeat the question. = Could you repeat the question, please?
Lend me your pen. = Could you lend me your pen, please?
Call me a taxi. = Could you call me a taxi, please?
Send me the photos. = Could you send me the photos, please?
I want to see the menu. = May I see the menu, please?
I want to speak to the manager. = May I speak to the manager, please?
Bring us the bill. = Could you bring us the bill, please?
Take off your shoes. = Could you take off your shoes, please?
Feed my cat on Sunday. = Could you feed my cat on Sunday, please?
Write down the address. = Could you write down the address, please?
Explain that again. = Could you explain that again, please?
Do not smoke here. = Would you mind not smoking here, please?
Do not shout. = Would you mind not shouting, please?
Stop whistling. = Could you stop whistling, please?
Do not park in front of the gate. = Would you mind not parking in front of the gate, please?
Do not touch the paintings. = Would you mind not touching the paintings, please?
I want two tickets. = Could I have two tickets, please?
I want more rice. = Could I have more rice, please?
I want to use your phone. = May I use your phone, please?
I want to leave early. = May I leave early, please?
Get me a chair. = Could you get me a chair, please?
Carry this box upstairs. = Could you carry this box upstairs, please?
Check the oil. = Could you check the oil, please?
Hurry up. = Could you hurry up, please?
Answer my letter. = Could you answer my letter, please?
Drive more carefully. = Could you drive more carefully, please?
Put the dog outside. = Could you put the dog outside, please?
Water the plants. = Could you water the plants, please?
Hold this rope. = Could you hold this rope, please?
Wake me at six. = Could you wake me at six, please?
Clean the table. = Could you clean the table, please?
Find my glasses. = Could you find my glasses, please?
Cut the cake. = Could you cut the cake, please?
Read this to me. = Could you read this to me, please?
Return the key tomorrow. = Could you return the key tomorrow, please?
Come a little earlier. = Could you come a little earlier, please?
Fill in both pages. = Could you fill in both pages, please?
I want the soup without onions. = Could I have the soup without onions, please?
I want to try on this coat. = May I try on this coat, please?
""",
    "question form": """
The train is late. = Is the train late?
You are hungry. = Are you hungry?
She can swim. = Can she swim?
The shops were closed. = Were the shops closed?
It will rain tomorrow. = Will it rain tomorrow?
They live in Madrid. = Do they live in Madrid?
He likes olives. = Does he like olives?
The dog ate the sausage. = Did the dog eat the sausage?
You have finished the book. = Have you finished the book?
Lisa has a twin brother. = Does Lisa have a twin brother?
The bridge was built in a year. = Was the bridge built in a year?
We should leave now. = Should we leave now?
Your parents know the way. = Do your parents know the way?
The soup tastes good. = Does the soup taste good?
The guests arrived on time. = Did the guests arrive on time?
There is a doctor on board. = Is there a doctor on board?
There are lions in this park. = Are there lions in this park?
He must pay in cash. = Must he pay in cash?
The children are asleep. = Are the children asleep?
Hugo was born in May. = Was Hugo born in May?
The kiosk sells stamps. = Does the kiosk sell stamps?
She wrote this poem. = Did she write this poem?
You were at the meeting. = Were you at the meeting?
It is cold outside. = Is it cold outside?
The lake freezes in winter. = Does the lake freeze in winter?
Rosa speaks Italian. = Does Rosa speak Italian?
They have seen the sea. = Have they seen the sea?
The parcel has arrived. = Has the parcel arrived?
Your horse can jump this fence. = Can your horse jump this fence?
The film starts at nine. = Does the film start at nine?
He lost his wallet. = Did he lose his wallet?
We need more paint. = Do we need more paint?
This water is safe to drink. = Is this water safe to drink?
You want to come with us. = Do you want to come with us?
The teacher was angry. = Was the teacher angry?
Nora will bring the music. = Will Nora bring the music?
Those boots are made of leather. = Are those boots made of leather?
The museum opens on Mondays. = Does the museum open on Mondays?
They went home by bus. = Did they go home by bus?
She could hear the bells. = Could she hear the bells?
The cat sleeps on your bed. = Does the cat sleep on your bed?
He knows the answer. = Does he know the answer?
The baby has started to walk. = Has the baby started to walk?
You bought these shoes in Paris. = Did you buy these shoes in Paris?
The roads are dangerous at night. = Are the roads dangerous at night?
The letter came this morning. = Did the letter come this morning?
We are lost. = Are we lost?
His sister drives a taxi. = Does his sister drive a taxi?
The plants need water. = Do the plants need water?
They found the hidden door. = Did they find the hidden door?
I am too early. = Am I too early?
The king was very old. = Was the king very old?
The job pays well. = Does the job pay well?
Your brother would like tea. = Would your brother like tea?
The clock stopped at noon. = Did the clock stop at noon?
The apples fell from the tree. = Did the apples fall from the tree?
Elephants eat bananas. = Do elephants eat bananas?
""",
    "explanation": """
Why do people use umbrellas? = Umbrellas keep people dry when it rains.
Why does ice float on water? = Ice floats because it is less dense than liquid water.
Why do we wear coats in winter? = Coats keep the warmth of the body in.
Why do we put food in a fridge? = The cold slows down the germs that spoil food.
Why do plants need light? = Plants use light to make their own food.
Why do birds build nests? = Birds build nests to keep their eggs and chicks safe.
Why do we have day and night? = The Earth turns, so each place faces the Sun and then turns away
    from it.
Why do cats have whiskers? = Whiskers help cats to feel what is near them.
Why should we wash our hands? = Washing removes germs that could make us ill.
Why do ships carry lifeboats? = Lifeboats let people leave the ship safely if it sinks.
Why do bees visit flowers? = Bees visit flowers to collect nectar and pollen.
Why is the sea salty? = Rivers carry salts from rocks into the sea, and the salts stay there when
    the water evaporates.
Why do people wear glasses? = Glasses help people whose eyes do not see clearly.
Why does a candle go out under a glass? = The flame no longer gets enough oxygen.
Why do we sweat? = Sweat cools the body as it dries on the skin.
Why do some animals hibernate? = They save energy in winter, when food is hard to find.
Why do cars have brakes? = Brakes let the driver slow down and stop the car.
Why do we see lightning before we hear thunder? = Light travels much faster than sound.
Why does the Moon shine? = The Moon reflects light from the Sun.
Why do camels have humps? = The humps store fat that the animal can live on when food is scarce.
Why are leaves green? = Leaves contain chlorophyll, which reflects green light.
Why do people learn foreign languages? = They want to understand and talk with people from other
    countries.
Why do we sleep? = Sleep lets the body and the brain rest and recover.
Why do many trees lose their leaves in autumn? = Without leaves, trees lose less water in the cold
    season.
Why do shops have locks? = Locks keep thieves out when a shop is closed.
Why do we cook meat? = Cooking kills germs and makes meat easier to chew.
Why do maps have a scale? = The scale shows how distances on the map relate to real distances.
Why does metal often feel colder than wood? = Metal takes heat away from the hand faster than wood
    does.
Why is salt put on icy roads? = Salt lowers the freezing point of water, so the ice melts.
Why do firefighters wear helmets? = Helmets protect their heads from heat and falling objects.
Why do dogs pant? = Dogs pant to cool down, because they sweat very little.
Why do we need bones? = Bones hold up the body and protect its soft parts.
Why should we brush our teeth? = Brushing removes food and the germs that cause tooth decay.
Why do books have page numbers? = Page numbers help readers to find a place in the book.
Why do planes have wings? = Air flowing around the wings lifts the plane.
Why do people save money? = They may need it later for something important.
Why do many spiders make webs? = Spiders catch insects for food in their webs.
Why does bread dough rise? = Yeast makes bubbles of gas in the dough.
Why do lighthouses send out light? = Their light warns ships of danger and shows them where they
    are.
Why do cities have traffic lights? = Traffic lights tell people when to stop and when to go.
Why do fish have gills? = Gills let fish take in oxygen from the water.
Why does iron rust? = Iron rusts because it reacts with oxygen and water.
Why is river water boiled before people drink it? = Boiling kills germs that could make people ill.
Why do farmers keep hens? = Farmers keep hens for their eggs and their meat.
Why do houses have chimneys? = Chimneys carry the smoke of a fire out of the house.
Why should cyclists use lights at night? = Lights let other people on the road see them.
Why does a helium balloon rise? = Helium is lighter than the air around it.
Why do our pupils get smaller in bright light? = Small pupils let less light into the eye.
Why do some boats have sails? = Sails catch the wind, which pushes the boat along.
Why do we have leap years? = A year lasts about a quarter of a day longer than 365 days.
Why do people breathe faster when they run? = Their muscles need more oxygen from the air.
Why do clothes dry faster in the sun? = Warm water evaporates faster than cold water.
""",
    "completion": """
Bees make = honey.
The sun rises in the = east.
A week has seven = days.
Birds fly with their = wings.
We cut bread with a = knife.
When it rains, I open my = umbrella.
Fish live in = water.
In winter it is often = cold.
A triangle has three = sides.
Cows eat = grass.
To unlock the door you need a = key.
We hear with our = ears.
At the bakery you can buy = bread.
The baby was hungry and began to = cry.
A spider has eight = legs.
If you are thirsty, drink a glass of = water.
Before you cross the street, look both = ways.
On a clear night you can see the moon and the = stars.
He was so tired that he fell = asleep.
A person who is ill should see a = doctor.
Trees grow from small = seeds.
The hungry dog ate all of its = food.
You can borrow books from a = library.
She turned on the lamp because the room was = dark.
Every morning I brush my = teeth.
The hen laid an = egg.
We sat round the fire to keep = warm.
It was too noisy to = sleep.
Water boils at one hundred degrees = Celsius.
The cat drank a bowl of = milk.
He wrote the letter with a = pen.
Please speak louder, I cannot = hear you.
The bus was full, so we had to = stand.
I could not buy the coat because I had no = money.
A year has twelve = months.
After the long walk my feet were = sore.
The sailor looked at the map to find the = way.
Sheep give us = wool.
The soup needs a little more = salt.
We took the lift to the top = floor.
She opened the envelope and read the = letter.
The teacher wrote the word on the = board.
When the play ended, everybody began to = clap.
The farmer gets up early to milk the = cows.
The ship sailed across the = sea.
The music was so good that we started to = dance.
He lost his glasses and could not = see.
If you drop a glass, it may = break.
The plane landed safely at the = airport.
The baker puts the dough in the = oven.
In autumn the leaves fall from the = trees.
Half of ten is = five.
Lemons taste = sour.
On my birthday I blow out the = candles.
The firefighters put out the = fire.
""",
    "summary": """
Tom missed the bus this morning. He had to walk, and he came to work an hour late. = Tom missed the
    bus and was late for work.
The village had no water for two weeks. Then the men dug a deep well, and now everyone has enough.
    = The village dug a well and has enough water again.
Lena planted beans in the spring. Snails ate most of them, so she grew onions instead. = Snails ate
    Lena's beans, so she grew onions.
It snowed all night. In the morning the roads were blocked and every school stayed closed. = Heavy
    snow closed the schools.
Our cat went away in May. We had given up hope, but yesterday she walked in through the kitchen
    door. = Our lost cat came home yesterday.
Sam wanted to learn the guitar. He took lessons for a year, and now he plays in a band. = Sam took
    guitar lessons and now plays in a band.
The museum needs a new roof. It asked the town for money, but the town refused to pay. = The town
    refused to pay for the museum's new roof.
Two boys found a wallet in the park. They took it to the police, and the owner gave them ten pounds.
    = Two boys were rewarded for returning a lost wallet.
The hotel looked lovely in the pictures. When we got there, the pool was empty and the beds were
    broken. = The hotel was much worse than its pictures.
My aunt is afraid of flying. When she visits us, she spends two days on trains. = My aunt travels by
    train because she fears flying.
The old mill has stood empty since the war. Next year it will be turned into a school of music. =
    The empty old mill will become a music school.
The bakery used to open at eight. So many people came early that it now opens at six. = The bakery
    now opens at six because people come early.
Karl forgot his wife's birthday. He bought her flowers the next day, but she was still angry. =
    Karl's wife was angry because he forgot her birthday.
A ship hit a rock near the coast last night. All the passengers were brought to land, and nobody was
    hurt. = A ship hit a rock, but everyone was saved.
The farmer bought a machine that milks the cows. Now he can sleep until seven. = A milking machine
    lets the farmer sleep longer.
Our team was losing at half-time. Then Rosa scored three times, and we won the match. = Rosa's three
    goals won us the match.
The bridge is too weak for heavy trucks. They must take the long road through the hills. = Heavy
    trucks must avoid the weak bridge.
I bought a cheap pair of shoes in June. By August they had holes, and I had to buy new ones. = My
    cheap shoes had holes after two months.
Mr Bell taught at our school for forty years. On Friday he retired, and hundreds of old pupils came
    to say goodbye. = Hundreds of old pupils came to say goodbye to Mr Bell.
A fox got into the yard on Sunday night. It killed six hens before the dog drove it away. = A fox
    killed six hens in the yard.
Nadia moved to Berlin without knowing any German. She joined a choir, and soon she spoke it well. =
    Nadia picked up German by singing in a choir.
The doctor told my father to walk more. So my father got a dog, and now he walks for two hours a
    day. = My father got a dog to make himself walk more.
The lights went out during the play. The actors went on by candlelight, and the audience loved it. =
    The actors finished the play by candlelight.
A new shop has opened next to ours. It sells the same things for less, and we are losing customers.
    = A cheaper new shop is taking our customers.
The letter was posted in 1962. It was found behind a shelf and delivered last week. = A letter from
    1962 was delivered last week.
Jan wanted to cook a special dinner. He ruined the meat, dropped the cake and ordered a pizza. =
    Jan's special dinner went wrong, so he ordered a pizza.
The river rose three feet in one day. The people near the bank had to leave their homes. = A flood
    forced people near the river to leave.
The two sisters had not spoken for years. At their mother's funeral they made peace. = Two sisters
    made peace at their mother's funeral.
Our train stopped in a tunnel. After an hour we had to get out and walk to the next station. = Our
    train broke down, and we had to walk.
The king promised gold to anyone who could make him laugh. Many tried, but only a small child did
    it. = Only a small child could make the king laugh.
The library lends more than books. You can also borrow tools, games and even a tent. = The library
    lends many things besides books.
Ines wanted to sell her car. Nobody would pay the price, so she gave it to her nephew. = Ines gave
    her nephew the car that nobody would buy.
The wind pulled down the great oak in the square. It had stood there for three hundred years. = The
    wind blew down a very old oak.
We planned to camp by the lake. It rained so hard that we slept in the car. = Rain made us sleep in
    the car.
The factory makes chairs from old bottles. Last year it used two million of them. = The factory
    turned two million old bottles into chairs.
Omar lost his job in March. He began to repair bicycles at home, and now he has his own shop. = Omar
    lost his job and now owns a bicycle shop.
The museum guard heard a noise at night. It was only a cat that had been locked in. = The noise in
    the museum came from a cat.
The boy was afraid of the dark. His sister gave him a small lamp, and since then he has slept well.
    = A small lamp helped the boy to sleep.
The town has no cinema. Every summer the people hang up a sheet in the square and show films there.
    = In summer the town shows films in the square.
Clara has written eleven novels. None of them sold well until a famous actor praised the last one. =
    An actor's praise made Clara's last novel sell.
The mountain path is steep and full of stones. Three walkers have broken a leg there this year. =
    The mountain path is dangerous for walkers.
The twins wanted the same toy. Their grandfather cut a piece of wood in two and made one for each. =
    Their grandfather made a toy for each of the twins.
The man next door plays the drums at night. We have asked him to stop, but he does not listen. = The
    man next door refuses to stop playing the drums.
Eggs have become very expensive. Many families now keep a few hens in the garden. = Many families
    keep hens because eggs are expensive.
The new doctor in our small town speaks four languages. Many patients who were too shy before now
    come to see her. = More patients come because the doctor speaks four languages.
The thieves opened the safe with great care. Inside they found only a note that said "Too late". =
    The thieves found nothing but a note in the safe.
""",
}

NOUNS = """anchor, apple, arrow, badge, ball, banana, bank, barrel, basket, bath, beach, bell, belt,
    bird, boat, bone, book, bottle, box, branch, bread, bridge, brush, bucket, butter, button, cake,
    camera, candle, carpet, castle, chair, cheese, chicken, clock, cloud, coat, coin, cotton, cow,
    cup, curtain, desk, dog, door, drum, duck, ear, egg, engine, eye, face, farm, feather, fence,
    field, finger, fire, flag, flower, fork, forest, fox, garden, gate, ghost, glass, goat, gold,
    grass, guitar, hammer, hand, hat, hill, honey, horse, house, ice, ink, iron, island, jacket,
    jam, jar, jug, key, king, kitchen, kite, knee, knife, ladder, lake, lamp, leaf, lemon, letter,
    lion, lock, map, market, milk, mirror, money, moon, mouse, mud, nail, neck, needle, nest, night,
    nose, nurse, oil, olive, onion, orange, oven, owl, page, palace, paper, park, pear, pencil,
    pepper, piano, picture, pig, pillow, pipe, plate, pocket, pond, queen, rabbit, rain, ring,
    river, road, roof, rope, rose, sail, salt, sand, school, sheep, ship, shirt, shoe, shop, silk,
    snake, snow, soap, soup, spoon, star, station, stone, street, sugar, sun, table, tailor, tent,
    ticket, tiger, tooth, tower, train, tree, umbrella, uncle, valley, village, violin, wall,
    watch, water, wheel, whistle, wind, window, winter, wolf, wood, wool, yard, zebra"""

# A pair of units, how many of the second make one of the first; quantities to convert.
UNITS = """
km, m, 1000: 3 km, 7 km, 12 km, 20 km, 4000 m, 9000 m, 15000 m
m, cm, 100: 2 m, 6 m, 15 m, 300 cm, 450 cm, 800 cm
cm, mm, 10: 4 cm, 9 cm, 25 cm, 60 mm, 75 mm
kg, g, 1000: 5 kg, 8 kg, 11 kg, 2000 g, 6000 g, 2500 g
hours, minutes, 60: 2 hours, 4 hours, 6 hours, 180 minutes, 300 minutes, 90 minutes
minutes, seconds, 60: 3 minutes, 7 minutes, 10 minutes, 120 seconds, 240 seconds
days, hours, 24: 2 days, 3 days, 5 days, 96 hours, 240 hours
weeks, days, 7: 2 weeks, 3 weeks, 6 weeks, 28 days, 35 days, 70 days
years, months, 12: 3 years, 5 years, 10 years, 24 months, 48 months, 18 months
feet, inches, 12: 2 feet, 4 feet, 8 feet, 36 inches, 60 inches
yards, feet, 3: 2 yards, 5 yards, 8 yards, 9 feet, 12 feet
inches, cm, 2.54: 10 inches, 20 inches, 50 inches
miles, km (rounded to a whole number), 1.609344: 5 miles, 10 miles, 20 miles, 100 miles
degrees Celsius, degrees Fahrenheit, 1.8: 10 degrees Celsius, 25 degrees Celsius,
    100 degrees Celsius, 32 degrees Fahrenheit, 68 degrees Fahrenheit, 86 degrees Fahrenheit
"""

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def lines_of(block: str) -> list[str]:
    """Return a block's lines, continuation lines joined, or its comma-separated words."""
    if block.startswith("\n"):
        return re.sub(r"\n +", " ", block).strip("\n").split("\n")
    return [" ".join(item.split()) for item in block.split(",")]


def words_of(number: int) -> str:
    """Return a number below 100 in words: forty-two."""
    if number < 20:
        return ONES[number]
    tens, ones = divmod(number, 10)
    return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")


def converted(x: str, unit: str) -> str:
    """Return a quantity in another unit."""
    number, source = x.split(" ", 1)
    for line in lines_of(UNITS):
        large, small, factor = line.split(":")[0].split(", ")
        shift = 32 if small == "degrees Fahrenheit" else 0
        if (source, unit) == (large, small):
            value = int(number) * float(factor) + shift
        elif (source, unit) == (small, large):
            value = (int(number) - shift) / float(factor)
        else:
            continue
        value = round(value, 0 if "rounded" in unit else 2)
        return f"{value:.10g} {unit.split(' (')[0]}"
    raise ValueError(f"no factor from {source!r} to {unit!r}")


def quantities() -> Iterator[str]:
    """Yield every quantity with the unit to convert it to."""
    for line in lines_of(UNITS):
        units, amounts = line.split(": ")
        large, small, _ = units.split(", ")
        for amount in amounts.split(", "):
            yield f"{amount} / {small if amount.endswith(f' {large}') else large}"


def calculations(count: int = 16) -> Iterator[str]:
    """Yield `count` calculations of each kind; no two share their numbers and result."""
    seen = set()
    for name in ("plus", "minus", "times", "divided by"):
        random, high = Random(f"{SEED} {name}").random, 20 if name in ("plus", "minus") else 10
        kept = 0
        while kept < count:
            a, b = (2 + int(random() * (high - 1)) for _ in range(2))
            c = a + b if high == 20 else a * b
            if frozenset((a, b, c)) not in seen and a != b:
                seen.add(frozenset((a, b, c)))
                kept += 1
                a, c = (a, c) if name in ("plus", "times") else (c, a)
                yield f"{words_of(a)} {name} {words_of(b)} = {words_of(c)}"


def triples(kind: str) -> list[str]:
    """Return words in threes, none in the order of the alphabet."""
    nouns = lines_of(NOUNS)
    nouns.sort(key=lambda noun: Random(f"{SEED} {kind} {noun}").random())
    threes = [nouns[i : i + 3] for i in range(0, len(nouns) - 2, 3)]
    return [", ".join(three) for three in threes if three != sorted(three)]


def number_triples(count: int = 60) -> Iterator[str]:
    """Yield three numbers and the order in which to put them."""
    random, seen = Random(f"{SEED} numbers").random, set()
    while len(seen) < count:
        three = [1 + int(random() * 99) for _ in range(3)]
        order = ("smallest to largest", "largest to smallest")[len(seen) % 2]
        done = sorted(three, reverse=order.startswith("largest"))
        if len(set(three)) == 3 and frozenset(three) not in seen and three != done:
            seen.add(frozenset(three))
            yield f"from {order} / {', '.join(map(str, three))}"


RULES = {
    "letter case": lambda case, x: x.upper() if case.startswith("capital") else x.lower(),
    "first word": lambda x: x.split()[0],
    "last word": lambda x: x.rstrip(".?!").split()[-1],
    "word count": lambda x: str(len(x.split())),
    "word search": lambda word, x: "yes" if word in re.findall(r"\w+", x.lower()) else "no",
    "quotation marks": lambda x: f'"{x}"',
    "reverse order": lambda x: ", ".join(reversed(x.split(", "))),
    "alphabetical order": lambda x: ", ".join(sorted(x.split(", "))),
    "number order": lambda order, x: ", ".join(
        sorted(x.split(", "), key=int, reverse=order.startswith("from largest"))
    ),
    "unit conversion": converted,
}
MAKERS = {
    "number order": number_triples,
    "alphabetical order": lambda: triples("alphabetical order"),
    "reverse order": lambda: triples("reverse order"),
    "arithmetic": calculations,
    "unit conversion": quantities,
}


def objects(kind: str) -> Iterator[str]:
    """Yield the lines of a kind: an object and, unless a rule will find it, its output."""
    if kind in MAKERS:
        yield from MAKERS[kind]()
    elif isinstance(DATA[kind], str):
        yield from lines_of(DATA[kind])
    else:
        for label, block in DATA[kind].items():
            for line in lines_of(block):
                yield f"{label} / {line}" if kind in RULES else f"{line} = {label}"


def entry(kind: str, line: str) -> tuple[float, dict[str, str]]:
    """Return a random key, and the entry that a line stands for."""
    random = Random(f"{SEED} {kind} {line}").random
    values, _, output = line.partition(" = ")
    slots = dict(zip(SLOTS.get(kind, ["x"]), values.split(" / "), strict=True))
    if kind in RULES:
        output = RULES[kind](**slots)
    elif kind == "completion":
        output = f"{values} {output}"
    templates = lines_of(TEMPLATES[kind])
    template = templates[int(random() * len(templates))].format(**slots)
    instruction, _, text = template.partition(" | ")
    return random(), dict(kind=kind, instruction=instruction, input=text, output=output)


def build() -> str:
    """Return the file's text: a JSON list, one entry a line."""
    found = [entry(kind, line) for kind in TEMPLATES for line in objects(kind)]
    rows = [json.dumps(row, ensure_ascii=False) for _, row in sorted(found, key=lambda f: f[0])]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def main() -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description="Write llmutils/assets/instructions.json.")
    parser.add_argument("--check", action="store_true", help="only compare; exit with 1 if stale")
    if not parser.parse_args().check:
        FILE.write_text(build(), encoding="utf-8", newline="\n")
    elif not FILE.exists() or FILE.read_bytes() != build().encode():
        print(f"{FILE} differs from what {Path(__file__).name} writes")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
