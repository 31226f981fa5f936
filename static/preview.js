// The page as readers will see it, beside the form: the words of the form are sent, the answer is the real page, in a frame.
// It is put into the frame by hand, so that it neither jumps back to its top nor fills the history of the back button.
addEventListener("DOMContentLoaded", () => {
  const PAUSE = 700; // milliseconds without a key before the page is asked for
  const WIDTHS = { phone: 390, desk: 1200 };
  const box = document.querySelector(".live-preview");
  const form = document.querySelector("#article_form");
  if (!box || !form) return;

  const toggle = box.querySelector(".preview-toggle");
  const panel = box.querySelector(".preview-panel");
  const stage = box.querySelector(".preview-stage");
  const frame = box.querySelector("iframe");
  const status = box.querySelector("[role=status]");
  const choices = [...box.querySelectorAll("[data-width]")];
  const wide = matchMedia("(min-width: 1100px)");

  // What somebody chose stays chosen in this browser: shown or not, on a wide screen and on a narrow one, and the width.
  const key = (name) => `wenkang-preview-${name}`;
  const remembered = (name, otherwise) => { try { return localStorage.getItem(key(name)) ?? otherwise; } catch { return otherwise; } };
  const remember = (name, value) => { try { localStorage.setItem(key(name), value); } catch { /* a private window: not remembered */ } };
  const screen = () => (wide.matches ? "wide" : "narrow");

  let width = remembered("width", "phone");
  let timer = 0;
  let turn = 0;
  let last = "";

  function fit() {
    const scale = Math.min(1, stage.clientWidth / WIDTHS[width]);
    Object.assign(frame.style, { width: `${WIDTHS[width]}px`, height: `${stage.clientHeight / scale}px`, transform: `scale(${scale})` });
  }

  function draw() {
    const shown = remembered(screen(), wide.matches ? "yes" : "no") === "yes";
    panel.hidden = !shown;
    box.closest(".writing").classList.toggle("has-preview", shown);
    toggle.setAttribute("aria-expanded", shown);
    toggle.textContent = shown ? "隐藏预览" : "显示预览";
    for (const choice of choices) choice.setAttribute("aria-pressed", choice.dataset.width === width);
    if (!shown) return;
    fit();
    ask();
  }

  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const script of page.querySelectorAll("script")) script.remove(); // the frame runs none
    const old = frame.contentDocument;
    if (old?.querySelector("main")) old.body.replaceWith(old.importNode(page.body, true));
    else frame.srcdoc = `<!doctype html>${page.documentElement.outerHTML}`;
  }

  async function ask() {
    if (panel.hidden) return;
    const data = new FormData(form);
    const now = new URLSearchParams(data).toString();
    if (now === last) return;
    last = now;
    const mine = ++turn;
    let problem = "预览没有更新：网络不通，或者登录已过期。您写的字还在表单里。";
    try {
      const answer = await fetch(box.dataset.url, { method: "POST", body: data });
      const text = await answer.text();
      if (mine !== turn) return;
      if (answer.ok && !answer.redirected) { show(text); problem = ""; }
      else if (answer.headers.get("Content-Type").startsWith("text/plain")) problem = text;
    } catch { /* said below */ }
    if (mine !== turn) return;
    if (problem) last = ""; // the next change asks again
    if (status.textContent !== problem) status.textContent = problem;
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  // Links of the page lead nowhere from here, but to its own sections.
  frame.addEventListener("load", () => frame.contentDocument.addEventListener("click", (event) => {
    const link = event.target.closest("a, button");
    if (!link) return;
    event.preventDefault();
    const target = decodeURIComponent(link.hash || "").slice(1);
    if (target && link.pathname === "srcdoc") frame.contentDocument.getElementById(target)?.scrollIntoView();
  }));
  toggle.addEventListener("click", () => { remember(screen(), panel.hidden ? "yes" : "no"); draw(); });
  for (const choice of choices) choice.addEventListener("click", () => { width = choice.dataset.width; remember("width", width); draw(); });
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  window.django?.jQuery?.(form).on("change", soon); // Select2 tells jQuery alone
  wide.addEventListener("change", draw);
  new ResizeObserver(() => panel.hidden || fit()).observe(stage);
  box.hidden = false;
  draw();
});
