import random
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from articles import related, search, workflow
from articles.content import ArticleContent
from articles.models import Article, Category, Tag

BATCH = 500
LENGTH = 540  # characters of an average article

PLACES = "北京 上海 天津 重庆 石家庄 太原 沈阳 长春 哈尔滨 南京 杭州 合肥 福州 南昌 济南 郑州 武汉 长沙 广州 南宁 海口 成都 贵阳 昆明 西安 兰州 西宁 银川 大连 青岛 宁波 厦门 深圳 苏州 无锡 温州 泉州 烟台 洛阳 宜昌".split()
SUBJECTS = "个人账户 门诊统筹 住院报销 异地备案 家庭共济 生育津贴 大病保险 医疗救助 慢特病门诊 长期处方 灵活就业参保 居民医保缴费 职工医保断缴 新生儿参保 关系转移 零星报销 药店购药 电子凭证 退休待遇 缴费年限".split()
CONDITIONS = "高血压 糖尿病 冠心病 肺炎 骨折 白内障 哮喘 胃炎 甲状腺结节 腰椎间盘突出 过敏性鼻炎 偏头痛 贫血 肾结石 胆囊炎 湿疹 抑郁症 失眠 痛风 肝炎".split()
FORMS = [
    "{place}{subject}怎么办理", "{place}{subject}需要什么材料", "{year}年{place}{subject}有什么变化", "{condition}患者能享受{subject}吗",
    "{place}得了{condition}能报销多少", "{subject}多久能办好", "{year}年{condition}用药能走{subject}吗", "换了工作{subject}怎么接上",
]  # fmt: skip
SENTENCES = [
    "{place}的{subject}由当地医疗保障经办机构受理，具体口径以办理当天的公告为准。", "办理{subject}前，先核对参保状态是否正常。",
    "{condition}的治疗费用先分清目录内外，再看起付标准。", "{year}年之后的规定与此前可能不同，旧单据按发生时的规定处理。",
    "材料不齐时，窗口会一次告知需要补充的内容。", "线上提交以后，可以在同一页面查询进度。", "{place}以外就医的，先完成备案再就诊。",
    "复诊时带上既往检查结果，可以避免重复检查。", "{condition}病情变化较快时，不要等待报销手续，先就医。", "家庭成员可以代办，需要双方的身份证件。",
    "如果系统显示待遇暂停，先确认上一个单位是否已办理停保。", "{subject}的结果会以短信通知。",
]  # fmt: skip


class Command(BaseCommand):
    help = "生成 N 篇合成文章并发布，用于压力测试。内容没有意义；不要在正式站点上运行。"

    def add_arguments(self, parser):
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--seed", type=int, default=1, help="相同的种子生成相同的文章")

    def handle(self, *, count, seed, **_):
        if not 0 < count <= 10_000_000:
            raise CommandError("N 应在 1 到 10,000,000 之间")
        self.random = random.Random(seed)  # noqa: S311  (load, not secrets)
        self.categories = list(Category.objects.values_list("pk", flat=True))
        self.tags = [tag.pk for tag in Tag.objects.named(SUBJECTS + CONDITIONS)]
        if not self.categories:
            raise CommandError("没有栏目，请先运行 prepare_site")
        with tqdm(total=count, unit="篇", disable=None) as bar:
            for start in range(0, count, BATCH):
                size = min(BATCH, count - start)
                workflow.publish_in_bulk([self._content() for _ in range(size)], reason="合成文章，压力测试", at=self._times(size))
                bar.update(size)
        search.sync()
        related.skip()  # a hundred lists a second: rebuild_related makes them where a test wants them
        self.stdout.write(f"现有 {Article.objects.count()} 篇")

    def _words(self) -> dict[str, str]:
        choose = self.random.choice
        return {"place": choose(PLACES), "subject": choose(SUBJECTS), "condition": choose(CONDITIONS), "year": str(choose(range(2019, 2027)))}

    def _content(self) -> ArticleContent:
        words = self._words()
        paragraphs, length = [], 0
        while length < LENGTH:
            text = "".join(sentence.format(**self._words()) for sentence in self.random.sample(SENTENCES, 4))
            paragraphs.append(f"<p>{text}</p>")
            length += len(text)
        heading = f"<h2>{words['subject']}的办理</h2>"
        return ArticleContent(
            title=self.random.choice(FORMS).format(**words),
            short_answer=f"可以办理，以{words['place']}当地规定为准。",
            body=paragraphs[0] + heading + "".join(paragraphs[1:]),
            category=self.random.choice(self.categories),
            tags=tuple(self.random.sample(self.tags, 3)),
        )

    def _times(self, size):
        now = timezone.now()
        return [now - timedelta(seconds=self.random.randrange(3 * 365 * 86400)) for _ in range(size)]
