"""The pictures of docs/编辑手册.md: the running product, with work on the desk. script/screenshots starts the site and runs this."""

import os
import struct
import sys
import time
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple
from zlib import compress, crc32

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from articles import autosave, comments, workflow  # noqa: E402
from articles.content import KINDS, ArticleContent, Source  # noqa: E402
from articles.forms.article import as_typed  # noqa: E402
from articles.models import Article, Category, Qualification, Revision, SavedFilter, Tag  # noqa: E402
from tests.browser.conftest import FLAGS, PASSWORD  # noqa: E402
from tests.browser.test_pasting import CLIPBOARD, PASTE  # noqa: E402

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
ROOT = f"http://127.0.0.1:{os.environ['PORT']}"
WIDTH, HEIGHT, TALLEST = 1280, 600, 1200
COLOURS = 64  # letters in grey on flat colours need no more
PLAIN = ["--disable-lcd-text", "--font-render-hinting=none", "--force-color-profile=srgb", "--hide-scrollbars", "--lang=zh-CN"]

NOTICE = Source("《示例市职工医保门诊保障办法》", number="示医保〔2026〕5号", issuer="示例市医疗保障局", date=date(2026, 3, 1))


# The people and their work


def words(title: str, body: str, category: str, **fields) -> ArticleContent:
    tag, _ = Tag.objects.get_or_create(name="门诊")
    return ArticleContent(title, **{"body": body, "category": Category.objects.get(slug=category).pk, "tags": (tag.pk,), **fields})


class Team:
    """Somebody in every role, and a piece of work in every state."""

    def __init__(self):
        self.writer, self.colleague = _person("作者甲", "作者"), _person("作者乙", "作者")
        self.reviewer, self.editor = _person("审核丙", "医学审核"), _person("主编丁", "主编")
        self.manager = _person("管理员戊", "管理员")
        until = timezone.localdate() + timedelta(days=400)
        Qualification.objects.create(user=self.reviewer, title="主治医师", institution="示例医院", kinds=list(KINDS), expires_on=until)
        self.draft = self.write_a_draft()
        self.reviewed = self.return_and_mend()
        self.changed = self.change_a_page()
        invoice = words("门诊看病的发票丢了，还能报销吗？", "<p>先到医院补打结算单。</p>", "reimbursement", sources=(NOTICE,))
        self.approved = self.approve(invoice)
        self.disputed = self.let_two_write()
        self.twins = self.ask_twice()
        self.fill_the_calendar()
        SavedFilter.objects.create(user=self.editor, name="等着审核的政策", query="state=in_review&kind=policy", shared=True)
        workflow.follow()
        call_command("find_duplicates", verbosity=0)
        call_command("check_articles", verbosity=0)

    def save(self, content: ArticleContent, article: Article | None = None, by: User | None = None) -> Revision:
        return workflow.save_draft(content, by=by or self.writer, article=article)

    def hand_in(self, content: ArticleContent, article: Article | None = None, **said) -> Revision:
        revision = self.save(content, article)
        workflow.submit(revision, by=self.writer, not_duplicate_because="问的不是同一件事", **said)
        return revision

    def approve(self, content: ArticleContent) -> Revision:
        revision = self.hand_in(content)
        workflow.approve(revision, by=self.reviewer)
        return revision

    def publish(self, content: ArticleContent) -> Article:
        return workflow.publish(self.approve(content), by=self.editor)

    def write_a_draft(self) -> Revision:
        body = (
            "<p>能接上，但要看停了多久。</p><h2>三个月以内</h2><p>补缴以后，停缴期间的费用多数地方可以补报。</p>"
            "<h2>超过三个月</h2><ul><li>重新办理参保登记</li><li>从缴费的次月起等待2个月</li></ul>"
        )
        answer = "能接上。停缴不超过3个月可以补缴，超过的要重新等待。"
        title, phrasings = "灵活就业的人停缴以后，门诊待遇怎么接上？", ("停缴以后怎么恢复",)
        return self.save(words(title, body, "gaps", short_answer=answer, phrasings=phrasings))

    def return_and_mend(self) -> Revision:
        """Returned once and handed in again, so that there is a conversation."""
        title = "门诊特殊病的药，一次最多能开多少？"
        first = self.hand_in(words(title, "<p>病情稳定的，一次最多能开三个月的量。</p><p>由医生决定。</p>", "pharmacy-outpatient"))
        thread = comments.add(first, by=self.reviewer, part="body", quote="最多能开三个月", text="是哪份文件的规定？请写明文号。")
        workflow.reject(first, by=self.reviewer, reason="用量缺来源")
        comments.reply(thread, by=self.writer, text="已补上来源，也写明了是长期处方。")
        body = "<p>病情稳定、用药固定的，可以开长期处方，一次最多能开三个月的量。</p><p>由医生按病情决定。</p>"
        second = words(title, body, "pharmacy-outpatient", short_answer="长期处方一次最多3个月的量，由医生决定。", sources=(NOTICE,))
        return self.hand_in(second, first.article, due_on=timezone.localdate() + timedelta(days=1))

    def change_a_page(self) -> Revision:
        title = "住院期间，还能用门诊待遇买药吗？"
        body = (
            "<p>一般不能。住院的费用和门诊的费用不能同时结算。</p><p>急需的药请告诉病房的医生，由医院代购并计入住院费用。</p>"
            "<h2>出院以后</h2><p>出院当天就可以恢复使用。</p><p>仍然刷不了的，带出院小结到医保窗口处理。</p>"
        )
        article = self.publish(words(title, body, "pharmacy-outpatient", short_answer="一般不能，出院结算以后恢复。", sources=(NOTICE,)))
        new = body.replace("一般不能", "多数地方不能").replace("出院当天", "住院费用结清以后，当天")
        changed = words(title, new, "pharmacy-outpatient", short_answer="多数地方不能，住院费用结清以后恢复。", sources=(NOTICE,))
        return self.hand_in(changed, article, public_note="写明了恢复的时间：住院费用结清以后。")

    def let_two_write(self) -> Article:
        """The writer's words wait in the slot; a colleague was faster."""
        title = "出院带药的费用怎么算？"
        texts = [
            "<p>出院带的药算在住院费里。</p><p>一般最多带七天的量。</p>",
            "<p>出院带的药算在住院费里，和住院费一起结算。</p><p>急性病一般最多带七天的量。</p>",
            "<p>出院带的药算在住院费里。</p><p>一般最多带七天的量，慢性病最多十五天。</p>",
        ]
        base, mine, theirs = (words(title, text, "reimbursement") for text in texts)
        first = self.save(base)
        autosave.keep(as_typed(mine), by=self.writer, article=first.article, parent=first.pk, window="a" * 32)
        self.save(theirs, first.article, by=self.colleague)
        return first.article

    def ask_twice(self) -> list[Article]:
        asked = {
            "门诊报销的起付线是多少？": "<p>每年先自己付一部分，超过的才按比例报。</p><p>具体数额由各地公布。</p>",
            "门诊报销起付线多少钱？": "<p>各地公布的数额不同。</p><p>一年之内累计，超过起付线的才报。</p>",
        }
        return [self.publish(words(title, body, "reimbursement", short_answer="由各地公布。")) for title, body in asked.items()]

    def fill_the_calendar(self) -> None:
        morning = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
        for days, title in {1: "新年度的居民医保从哪天开始缴？", 3: "门诊的电子发票去哪里查？"}.items():
            revision = self.approve(words(title, "<p>以参保地的通知为准。</p>", "enrolment"))
            workflow.schedule(revision, by=self.editor, at=morning + timedelta(days=days))
        soon = timezone.localdate() + timedelta(days=5)
        self.publish(words("老年人门诊缴费优惠到哪天？", "<p>到年度结束为止。</p>", "enrolment", valid_until=soon, sources=(NOTICE,)))


def _person(username: str, role: str) -> User:
    person = User.objects.create_user(username, password=PASSWORD, is_staff=True, last_name=username[:-1], first_name=username[-1:])
    person.groups.add(Group.objects.get(name=role))
    return person


# The pictures


class Picture(NamedTuple):
    """`path` as `who` sees it, after `prepare`; of the whole page, or only the element `part`."""

    name: str
    who: User | None
    path: str
    prepare: Callable[[Page], None] = lambda page: None
    part: str = ""


def pictures(team: Team) -> Iterator[Picture]:
    form = lambda article: f"/admin/articles/article/{article}/change/"  # noqa: E731
    page = lambda article, path: f"/admin/articles/article/{article}/{path}"  # noqa: E731
    reviewed, changed = team.reviewed, team.changed
    yield Picture("工作台", team.editor, "/admin/")
    yield Picture("资质", team.manager, f"/admin/auth/user/{team.reviewer.pk}/change/", part="#qualification-group")
    yield Picture("写文章", team.writer, form(team.draft.article_id), part="#article_form")
    yield Picture("粘贴", team.writer, "/admin/articles/article/add/", paste, ".field-body")
    yield Picture("来源", team.writer, form(team.approved.article_id), part="fieldset:has(.sources)")
    yield Picture("重复提示", team.writer, "/admin/articles/article/add/", ask_again, ".field-title")
    yield Picture("实时预览", team.writer, form(team.changed.article_id), show_preview)
    yield Picture("自动保存", team.writer, form(team.disputed.pk), part="#autosave")
    yield Picture("冲突", team.writer, page(team.disputed.pk, "conflict/"), part="#content")
    yield Picture("检查", team.writer, form(team.draft.article_id), part=".checklist")
    yield Picture("提交", team.writer, form(team.changed.article_id), part="fieldset:has(.field-weight)")
    yield Picture("待办队列", team.reviewer, page("queue", "?stage=review"))
    yield Picture("审阅", team.reviewer, page(reviewed.article_id, f"review/{reviewed.pk}/"))
    yield Picture("对照", team.reviewer, page(changed.article_id, "compare/"), part="#content")
    yield Picture("历史", team.editor, page(changed.article_id, "history/"), part="#content")
    yield Picture("流程", team.editor, form(team.approved.article_id), part=".workflow")
    yield Picture("合并", team.editor, f"/admin/articles/article/merge/?a={team.twins[0].pk}&b={team.twins[1].pk}", part="#content")
    yield Picture("疑似重复", team.editor, "/admin/articles/duplicatepair/")
    yield Picture("相关推荐", team.editor, page(team.twins[0].pk, "related/"))
    yield Picture("提醒", team.editor, "/admin/articles/openwarning/")
    yield Picture("批量操作", team.editor, "/admin/articles/bulkaction/add/?category=gaps", choose_bulk, "#content")
    yield Picture("文章列表", team.editor, "/admin/articles/article/?q=门诊", open_filters)
    yield Picture("日历", team.editor, "/admin/articles/article/calendar/")
    yield Picture("搜索统计", team.editor, "/admin/stats/searchday/")
    yield Picture("操作记录", team.manager, f"/admin/articles/event/people/{team.writer.pk}/")


def paste(page: Page) -> None:
    page.get_by_label("问题").first.fill("粘贴来的文章怎么处理？")
    page.locator(".tiptap").click()
    page.evaluate(PASTE, ["text/html", (CLIPBOARD / "wechat.html").read_text()])
    page.locator(".paste-notice").wait_for()


def ask_again(page: Page) -> None:
    page.get_by_label("问题").first.fill("门诊报销的起付线是多少钱？")
    page.locator(".field-title li, .duplicates li").first.wait_for()


def show_preview(page: Page) -> None:
    page.locator(".preview-toggle[aria-expanded=false], .preview-toggle[aria-expanded=true]").wait_for()
    if page.locator(".preview-toggle").get_attribute("aria-expanded") == "false":
        page.locator(".preview-toggle").click()
    page.frame_locator(".live-preview iframe").locator("h1").wait_for()


def choose_bulk(page: Page) -> None:
    page.get_by_label("操作").select_option("add_tag")
    page.get_by_label("标签", exact=True).last.fill("门诊")
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="执行").wait_for()


def open_filters(page: Page) -> None:
    page.locator(".list-form details").evaluate("each => { each.open = true }")


# The most frequent colours, and for each pixel the nearest of them.
REDUCE = """async ([png, most]) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most).map(([colour]) => colour);
  const parts = colour => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const known = palette.map(parts);
  const nearest = new Map(palette.map((colour, index) => [colour, index]));
  const find = colour => {
    const wanted = parts(colour);
    const far = known.map(each => each.reduce((sum, part, i) => sum + (part - wanted[i]) ** 2, 0));
    return far.indexOf(Math.min(...far));
  };
  let rows = "";
  pixels.forEach((pixel, at) => {
    if (at % image.width === 0) rows += "\\0";
    if (!nearest.has(pixel)) nearest.set(pixel, find(pixel));
    rows += String.fromCharCode(nearest.get(pixel));
  });
  return [image.width, image.height, known.flat(), btoa(rows)];
}"""


def reduced(png: bytes, darkroom: Page) -> bytes:
    """The picture with a palette, a third of the size."""
    width, height, palette, rows = darkroom.evaluate(REDUCE, [b64encode(png).decode(), COLOURS])
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))  # noqa: E731
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"PLTE", bytes(palette)) + chunk(b"IDAT", compress(b64decode(rows), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


class Camera:
    """A browser for each person, signed in once."""

    def __init__(self, chromium, **options):
        self.chromium, self.options, self.pages = chromium, options, {}
        self.darkroom = chromium.new_page()

    def page(self, who: User | None) -> Page:
        if who not in self.pages:
            context = self.chromium.new_context(base_url=ROOT, locale="zh-CN", reduced_motion="reduce", **self.options)
            page = self.pages[who] = context.new_page()
            page.on("dialog", lambda dialog: dialog.accept())  # leaving a form with words in it asks
            if who:
                page.goto("/admin/login/")
                page.get_by_label("用户名").fill(who.username)
                page.get_by_label("密码").fill(PASSWORD)
                page.get_by_role("button", name="登录").click()
        return self.pages[who]

    def take(self, picture: Picture, folder: Path = IMAGES) -> Path:
        page, file = self.page(picture.who), folder / f"{picture.name}.png"
        page.goto(picture.path)
        page.wait_for_load_state("networkidle")
        picture.prepare(page)
        page.evaluate("document.activeElement.blur()")
        width, height = page.viewport_size["width"], page.evaluate("document.documentElement.scrollHeight")
        # Bars that stick to the lower edge stand at the end.
        page.set_viewport_size({"width": width, "height": height if picture.part else min(height, TALLEST)})
        whole = {"x": 0, "y": 0, "width": width, "height": height}
        box = page.locator(picture.part).first.bounding_box() if picture.part else whole
        box["height"] = min(box["height"], TALLEST)
        file.write_bytes(reduced(page.screenshot(full_page=True, clip=box, animations="disabled"), self.darkroom))
        page.set_viewport_size(self.options["viewport"])
        return file


@contextmanager
def browser(**options) -> Iterator[Camera]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=[*FLAGS, *PLAIN], env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        yield Camera(chromium, **options)
        chromium.close()


def wait_for_the_site(seconds: int = 60) -> None:
    for _ in range(seconds * 2):
        try:
            with urllib.request.urlopen(f"{ROOT}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"{ROOT} does not answer")


def search_a_little() -> None:
    """So that there is something to count."""
    for query, times in {"门诊报销": 4, "医保断缴": 3, "异地就医备案": 2, "种植牙集采价格": 3, "护工费报销": 2}.items():
        for _ in range(times):
            urllib.request.urlopen(f"{ROOT}/search/?q={urllib.request.quote(query)}", timeout=30).close()
    time.sleep(3)  # they are written down every second


def main(only: str = "") -> None:
    wait_for_the_site()
    search_a_little()
    team = Team()
    IMAGES.mkdir(exist_ok=True)
    with browser(viewport={"width": WIDTH, "height": HEIGHT}) as camera:
        for picture in pictures(team):
            if only in picture.name:
                file = camera.take(picture)
                sys.stdout.write(f"{file.stat().st_size // 1024:4} KB  {file.name}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
