"""The search log: what readers look for, and what they find. Nothing else depends on it; a site works without.

searched() and chosen() count, the background thread writes with flush() and prune(), editors read the admin page.
"""

import logging

from articles.stats.log import chosen, flush, prune, searched

__all__ = ["chosen", "flush", "frequent", "prune", "searched", "without_results"]

logger = logging.getLogger(__name__)


def frequent(days: int = 30, limit: int = 50) -> list[str]:
    """What was searched most often in the last `days` days, most frequent first; [] where the log cannot be read.

    Adds up every row of those days: a caller that answers readers keeps the list for a while. The words are readers'
    own and nobody has looked at them.
    """
    from articles.stats.models import SearchDay  # models cannot be imported while the apps are loading

    try:
        return list(SearchDay.objects.within(days).most_searched()[:limit])
    except Exception:  # whatever is wrong with the database of the log, the page that asks still answers
        logger.warning("the search log cannot be read", exc_info=True)
        return []


def without_results(days: int = 7, limit: int = 21) -> list[tuple[str, int]]:
    """What was searched in vain in the last `days` days, and how often, most often first; [] where the log cannot be read."""
    from articles.stats.models import SearchDay

    try:
        return list(SearchDay.objects.within(days).in_vain()[:limit])
    except Exception:  # as above: the desk goes on without
        logger.warning("the search log cannot be read", exc_info=True)
        return []
