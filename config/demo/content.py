"""What is said and taught in the demo's schools. Data only.

People are named by their place in `people.LEARNERS` and `people.INSTRUCTORS`: `L0` is Alice,
`I0` is John, `A` the administrator.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`answers` is the index of the line it replies to; `reactions` are (who, emoji)."""

    who: str
    text: str
    answers: int | None = None
    reactions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    description: str
    owner: str
    learners: range
    talk: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Forum:
    """Without a group it is open to the whole school."""

    title: str
    description: str
    owner: str
    group: str
    talk: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Course:
    title: str
    code: str
    teacher: str
    category: str
    level: str
    short: str
    description: str
    learners: range
    announcements: tuple[tuple[str, str], ...]


GROUPS = (
    Group(
        "2024 Cohort A",
        "Everyone who started in the spring, with John.",
        "I0",
        range(0, 6),
        (
            Line("I0", "Welcome, cohort A! Say hello and what you hope to build this term."),
            Line("L0", "Hi all, Alice here. I want to automate my lab reports.", 0),
            Line("L1", "Bob. A small budget app for my flatmates 😄", 0, (("L0", "😄"),)),
            Line("L2", "Carol, coming from biology. Data first, apps later."),
            Line("I0", "Great mix. Study hour is Thursday at 18:00, camera optional."),
            Line("L3", "Can we move it to 18:30? My train gets in at 18:10.", 4),
            Line("I0", "18:30 it is.", 5, (("L3", "🙏"), ("L4", "👍"), ("L0", "👍"))),
            Line("L4", "I put my notes from week one in the course folder."),
            Line("L5", "You are a hero, Emma.", 7, (("L4", "❤️"),)),
        ),
    ),
    Group(
        "2024 Cohort B",
        "Everyone who started in the autumn, with Sarah.",
        "I1",
        range(6, 12),
        (
            Line("I1", "Hello cohort B. Your first pair exercise is up; pairs are below."),
            Line("I1", "Grace and Henry, Isabel and Jack, Kavita and Liam."),
            Line("L7", "Grace, shall we start tonight around seven?", 1),
            Line("L6", "Seven works. I will share my screen.", 2, (("L7", "👍"),)),
            Line("L10", "Is the exercise graded?"),
            Line("I1", "No, but I read every one of them and write back.", 4),
            Line("L11", "Then we had better tidy up our variable names, Kavita.", 5),
            Line("L10", "Speak for yourself, Liam 😉", 6, (("L11", "😄"), ("I1", "😄"))),
        ),
    ),
    Group(
        "Engineering Team",
        "People who keep our own tools running.",
        "I2",
        range(3, 8),
        (
            Line("I2", "Release goes out on Friday at ten. Please no merges after nine."),
            Line("L3", "The export script is ready for review."),
            Line("L6", "Reviewing it now. First comment: the dates need a time zone.", 1),
            Line("L3", "Good catch, fixed.", 2, (("L6", "✅"),)),
            Line("L5", "Staging is green again after the disk clean-up."),
            Line("I2", "Thank you. I will write down what filled it.", 4, (("L5", "👍"),)),
        ),
    ),
)

FORUMS = (
    Forum(
        "General Discussion",
        "Anything that concerns the whole school.",
        "A",
        "",
        (
            Line("A", "Welcome to the school's forum. Be kind, stay curious."),
            Line("L0", "Is there a quiet room on the second floor after six?"),
            Line("A", "Room 2.14 is open until nine, just take the key at the desk.", 1),
            Line("L9", "And it has the good coffee machine.", 2, (("L0", "☕"), ("L4", "☕"))),
            Line("L2", "Who else goes to the open day on Saturday?"),
            Line("L8", "I do! I can take two people from the station.", 4),
            Line("L2", "Perfect, count me in.", 5),
            Line("I1", "We still need two volunteers at the robotics table."),
            Line("L6", "I will take the morning.", 7, (("I1", "🙏"),)),
            Line("L11", "And I the afternoon.", 7, (("I1", "🙏"),)),
        ),
    ),
    Forum(
        "Course Questions",
        "Stuck? Ask here, somebody was stuck there before you.",
        "I0",
        "",
        (
            Line("L1", "Why does my list change when I only changed its copy?"),
            Line(
                "I0",
                "b = a gives the same list a second name. Use a.copy(), or copy.deepcopy when "
                "there are lists inside.",
                0,
                (("L1", "💡"), ("L7", "💡")),
            ),
            Line("L1", "That explains three hours of my evening. Thank you!", 1),
            Line("L5", "What is the difference between a decorator and a wrapper?"),
            Line("L3", "The decorator returns the wrapper. One is the baker, one the bread.", 3),
            Line("I0", "I am going to steal that sentence.", 4, (("L3", "😄"), ("L5", "😄"))),
            Line("L10", "My flexbox items refuse to wrap. Ideas?"),
            Line("I1", "flex-wrap is nowrap until you say otherwise.", 6, (("L10", "🎉"),)),
        ),
    ),
    Forum(
        "Cohort A Lounge",
        "Only for cohort A.",
        "I0",
        "2024 Cohort A",
        (
            Line("L0", "Pub quiz on Wednesday, anyone?"),
            Line("L3", "Only if there is a round about tea.", 0, (("L0", "🫖"),)),
            Line("L4", "I am in."),
            Line("I0", "Instructors may watch but not play, I suppose."),
            Line("L2", "You may keep the score, John.", 3, (("I0", "😄"),)),
        ),
    ),
)

DIRECT = (
    ("L0", "I0", "Hi John, could you look at my loop? It stops one item too early."),
    ("I0", "L0", "Sure. Look at the end of your range: it is not included."),
    ("L0", "I0", "Ah! range(len(items)), not len(items) - 1. Thanks!"),
)

COURSES = (
    Course(
        "Python Programming Fundamentals",
        "PY101",
        "I0",
        "Programming",
        "beginner",
        "From the first line to small programs you use yourself.",
        "Values, names, decisions, loops, functions, files and tests, with an exercise a day.",
        range(0, 9),
        (
            ("Welcome to Python", "The first exercise is open. Take your time, ask early."),
            ("Study hour moved", "From this week on we meet on Thursdays at 18:30."),
        ),
    ),
    Course(
        "Web Development Essentials",
        "WEB101",
        "I1",
        "Web",
        "beginner",
        "Pages that work on every screen and for everybody.",
        "HTML, CSS and a little JavaScript, with accessibility from the first day.",
        range(4, 12),
        (("Your first page", "Hand in a link by Sunday evening. It need not be pretty yet."),),
    ),
    Course(
        "Data Science in Practice",
        "DS201",
        "I2",
        "Data",
        "intermediate",
        "Questions first, then data, then methods.",
        "Cleaning, looking, modelling and telling what you found, on data of our own city.",
        range(2, 7),
        (("New data set", "Bicycle counts for the last three years are in the course folder."),),
    ),
)
