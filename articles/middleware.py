"""What requests pass through before any view."""

from django.shortcuts import render
from django.urls import reverse


def refuse_nul(get_response):
    """The admin's own filters hand what an address says to the database, and PostgreSQL fails on NUL: 400 before they do."""

    def middleware(request):
        if "%00" in request.META.get("QUERY_STRING", "") and request.path_info.startswith(reverse("admin:index")):
            return render(request, "400.html", status=400)
        return get_response(request)

    return middleware
