"""What the desk knows of its work: boxes.py for a person's first page, queue.py for what waits, calendar.py for what is to come,
lists.py for the list of all articles.

Nothing here writes. Every question is answered from an index and is bounded: it asks for some rows, and never how many there are.
"""

from articles.desk.boxes import Box, boxes
from articles.desk.calendar import Day, day, month
from articles.desk.lists import ENDINGS, PUBLIC_STATES, Listing, Position, chosen_articles, listing
from articles.desk.queue import STAGES, Stage, queue, stages_of
from articles.desk.rows import CAP, Row, capped

__all__ = [
    "CAP",
    "ENDINGS",
    "PUBLIC_STATES",
    "STAGES",
    "Box",
    "Day",
    "Listing",
    "Position",
    "Row",
    "Stage",
    "boxes",
    "capped",
    "chosen_articles",
    "day",
    "listing",
    "month",
    "queue",
    "stages_of",
]
