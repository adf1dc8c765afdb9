"""What the demo library says of moments of its demo videos, by their titles."""

from collections.abc import Mapping, Sequence

ANNOTATIONS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "Quarterly numbers that explain themselves": (
        {
            "timestamp": 0.5,
            "title": "One question for each chart",
            "description": "Each screen answers one question, and says where its figures come from.",
            "annotation_type": "info",
        },
        {
            "timestamp": 2,
            "end_timestamp": 4,
            "title": "Fresh within a minute",
            "description": "The bars grow as the numbers arrive: views, refreshed by triggers.",
            "annotation_type": "feature",
            "url": "https://www.postgresql.org/docs/current/rules-materializedviews.html",
        },
        {
            "timestamp": 4.5,
            "title": "Rounding is right now",
            "description": "Parts of a whole sum to exactly 100, by the largest remainder.",
            "annotation_type": "bug-fix",
        },
    ),
    "Delivery routes on open map data": (
        {
            "timestamp": 0.75,
            "title": "Streets from OpenStreetMap",
            "description": "A whole city is imported in under a minute.",
            "annotation_type": "info",
            "url": "https://www.openstreetmap.org/about",
        },
        {
            "timestamp": 2.5,
            "end_timestamp": 5,
            "title": "The round redraws itself",
            "description": "A closed road moves two stops, not the whole round.",
            "annotation_type": "demo",
        },
    ),
    "Planning a week on one board": (
        {
            "timestamp": 1,
            "title": "Three columns, one rule",
            "description": "Nothing new begins while four cards wait for review.",
            "annotation_type": "feature",
        },
        {
            "timestamp": 3.25,
            "title": "Cards keep their place",
            "description": "Two people who drag at the same time no longer lose a card.",
            "annotation_type": "bug-fix",
        },
    ),
}
