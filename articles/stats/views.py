"""Where the search page reports that a result was opened. Counted without cookie, account or address."""

from django import forms
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from articles.stats import log

SIZE = 10_000  # bytes of a body; a query takes at most 1,800
FORM = "application/x-www-form-urlencoded"


class ClickForm(forms.Form):
    q = forms.CharField(max_length=1000)
    rank = forms.RegexField(r"\A[0-9]{1,4}\Z")

    def clean_rank(self):
        rank = int(self.cleaned_data["rank"])
        if not 1 <= rank <= 1000:
            raise forms.ValidationError("名次应在 1 到 1000 之间")
        return rank


@csrf_exempt  # readers have no cookie that could be abused; pages of other sites are refused below
@require_POST
def click(request):
    """Count that result number `rank` of the search `q` was opened; navigator.sendBeacon() calls this."""
    if not _from_own_page(request):
        return _refusal("只接受本站页面的请求。", status=403)
    if request.content_type != FORM or not _fits(request.META.get("CONTENT_LENGTH") or "0"):
        return _refusal("请求的格式不对，或者内容太长。", status=400)
    form = ClickForm(request.POST)
    if not form.is_valid():
        return _refusal("应有搜索词 q，以及 1 到 1000 的名次 rank。", status=400)
    log.chosen(form.cleaned_data["q"], form.cleaned_data["rank"])
    return HttpResponse(status=204)


def _from_own_page(request) -> bool:
    """Browsers say which site a request comes from, and no page can make them lie; older ones say nothing."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or origin.partition("://")[2].lower() == request.get_host().lower()


def _fits(length: str) -> bool:
    return len(length) < 9 and length.isdecimal() and int(length) <= SIZE


def _refusal(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
