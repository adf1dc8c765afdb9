"""The twelve clips of the demo library."""

from . import diagrams, landscapes, motion, screens
from .models import Sample

SAMPLES: tuple[Sample, ...] = (
    Sample(
        title="Your first HTTP API in ten minutes",
        description=(
            "We start with an empty folder and end with an API that answers, documents itself and is tested. "
            "Every line is typed in front of you and explained. No knowledge of web frameworks is needed."
        ),
        tags=("python", "api", "beginners"),
        tech_stack=("Python", "FastAPI", "Uvicorn"),
        video_type="tutorial",
        headline="Your first HTTP API",
        scene=screens.editor,
        melody=(0, 4, 7, 12, 7, 4),
        seconds=7.0,
    ),
    Sample(
        title="Quarterly numbers that explain themselves",
        description=(
            "A tour of our reporting screens: what each chart answers, where its figures come from, and how "
            "fresh they are. At the end we build a new chart together from a plain SQL query."
        ),
        tags=("dashboards", "sql", "analytics"),
        tech_stack=("PostgreSQL", "TypeScript", "D3"),
        video_type="demo",
        headline="Numbers that explain themselves",
        scene=diagrams.chart,
        melody=(-5, 0, 2, 4, 7, 4, 2, 0),
    ),
    Sample(
        title="How group calls scale: inside a media server",
        description=(
            "Why a call of fifty people does not need fifty uplinks. We follow one packet from a laptop "
            "through a selective forwarding unit to everybody else, and see where it may be dropped without "
            "anyone noticing."
        ),
        tags=("webrtc", "video", "networking"),
        tech_stack=("WebRTC", "SFU", "Python"),
        video_type="webinar",
        headline="Inside a media server",
        scene=diagrams.network,
        melody=(-2, 3, 5, 10, 5, 3),
        seconds=6.5,
    ),
    Sample(
        title="Delivery routes on open map data",
        description=(
            "A planner that finds the shortest round for a courier and redraws it as the traffic changes. "
            "The demo shows the import of the streets, the search, and the screen that the driver sees."
        ),
        tags=("maps", "routing", "open data"),
        tech_stack=("PostGIS", "OpenStreetMap", "MapLibre"),
        video_type="demo",
        headline="Routes on open maps",
        scene=screens.route,
        melody=(2, 6, 9, 6, 11, 9),
    ),
    Sample(
        title="Sorting algorithms you can see",
        description=(
            "Bubble sort on thirty-two bars, one pass at a time, and then the same bars with quicksort. "
            "Watching them settle shows in seconds why one of the two needs so many more steps."
        ),
        tags=("algorithms", "beginners", "visualisation"),
        tech_stack=("Python", "Pillow"),
        video_type="tutorial",
        headline="Sorting you can see",
        scene=diagrams.sorting,
        melody=(12, 9, 7, 4, 2, 0, 2, 4),
    ),
    Sample(
        title="Waves at dusk: a calm minute",
        description=(
            "Nothing to learn here: a sun that stays, and a sea that moves. "
            "Made for the break between two sessions, with sound that does not ask for attention."
        ),
        tags=("ambient", "animation"),
        tech_stack=("Pillow", "PyAV"),
        video_type="other",
        headline="Waves at dusk",
        scene=landscapes.waves,
        melody=(-3, 0, 4, 9, 7, 4),
        seconds=7.0,
        container="webm",
    ),
    Sample(
        title="Planning a week on one board",
        description=(
            "How a team of six plans its week in twenty minutes with three columns and one rule. "
            "We move real cards, talk about what not to start, and look at what happened to last week's plan."
        ),
        tags=("planning", "teamwork", "kanban"),
        tech_stack=("React", "GraphQL"),
        video_type="demo",
        headline="Planning a week on one board",
        scene=screens.board,
        melody=(0, 5, 9, 12, 9, 5),
        seconds=5.0,
    ),
    Sample(
        title="Why clocks on servers disagree",
        description=(
            "Two machines in one room can be seconds apart, and logs then tell a story that never happened. "
            "We measure the drift, set up time synchronisation, and learn which clock to use for what."
        ),
        tags=("time", "operations", "distributed systems"),
        tech_stack=("NTP", "Linux", "chrony"),
        video_type="tutorial",
        headline="Why clocks disagree",
        scene=motion.clock,
        melody=(7, 7, 0, 0, 4, 4),
    ),
    Sample(
        title="Community call: what is new this spring",
        description=(
            "The maintainers show what has changed since the winter release, answer questions from the chat, "
            "and say what comes next. With two short demos by people who contributed for the first time."
        ),
        tags=("community", "release", "roadmap"),
        tech_stack=("Kinetoscope",),
        video_type="webinar",
        headline="Community call · What is new this spring",
        scene=screens.card,
        melody=(4, 7, 11, 12, 11, 7),
        seconds=6.5,
    ),
    Sample(
        title="A physics engine in sixty lines",
        description=(
            "Gravity, bounce and friction are three short formulas. We write them down, feed them to a loop, "
            "and let circles, squares and triangles fall until they come to rest."
        ),
        tags=("physics", "games", "animation"),
        tech_stack=("JavaScript", "Canvas"),
        video_type="tutorial",
        headline="Physics in sixty lines",
        scene=motion.bouncing,
        melody=(0, 7, 3, 10, 5, 12),
        container="webm",
    ),
    Sample(
        title="Seeing sound: a live equaliser",
        description=(
            "From the microphone to the screen in twelve milliseconds: we split sound into its frequencies "
            "and let it draw. The session covers windowing, the Fourier transform, and how to avoid flicker."
        ),
        tags=("audio", "signal processing", "live"),
        tech_stack=("Web Audio", "WebGL", "Rust"),
        video_type="webinar",
        headline="Seeing sound",
        scene=motion.equaliser,
        melody=(-5, 2, 7, 10, 14, 10),
        seconds=7.0,
    ),
    Sample(
        title="One night above the ridge",
        description=(
            "Six hours of stars in a few seconds, taken from a hut at 2,100 metres. "
            "The sky turns around the pole while the moon holds still over the valley."
        ),
        tags=("timelapse", "nature", "stars"),
        tech_stack=("Raspberry Pi", "libcamera"),
        video_type="other",
        headline="One night above the ridge",
        scene=landscapes.night,
        melody=(-7, 0, 5, 8, 5, 0),
    ),
)
