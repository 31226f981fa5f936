/* While an editor types a question: which articles ask nearly the same, and what tells them apart. */
addEventListener("DOMContentLoaded", () => {
  const PAUSE = 400; // milliseconds without a key before we ask
  const title = document.querySelector("input[data-duplicates]");
  if (!title) return;
  const phrasings = document.querySelector("#id_phrasings");
  const reason = document.querySelector(".field-not_duplicate_because");
  const refused = reason && (reason.querySelector("input").value || document.querySelector(".errornote"));
  let timer, request, asked = "";

  const add = (parent, tag, text = "", attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return parent.appendChild(made);
  };
  const box = add(title.closest(".field-title") || title.parentNode, "section", "", { class: "duplicates", "aria-label": "相近的问题" });
  const status = add(box, "p", "", { role: "status", class: "help" });
  const list = add(box, "ul");
  box.hidden = true;
  if (reason && !refused) reason.hidden = true;

  const show = ({ nearest, reason: needed }) => {
    list.textContent = "";
    for (const found of nearest) {
      const item = add(list, "li", "", found.duplicate ? { class: "is-duplicate" } : {});
      add(item, "strong", found.duplicate ? "很可能重复：" : "相近，但不是同一个问题：");
      add(item, "a", `#${found.id} ${found.title}`, { href: found.url, target: "_blank", rel: "noopener" });
      add(item, "small", `${found.state} · 相似度 ${found.similarity}%${found.differing ? ` · 不同：${found.differing}` : ""}`);
    }
    const twins = nearest.filter(found => found.duplicate).length;
    // Said aloud by screen readers, so it changes only when there is something new to say.
    const said = !nearest.length ? "" : twins ? `${twins} 篇文章很可能问的是同一件事` : `${nearest.length} 篇文章问得相近`;
    box.hidden = !nearest.length;
    if (status.textContent !== said) status.textContent = said;
    if (reason && !refused) reason.hidden = !needed && !reason.querySelector("input").value;
  };

  const ask = async () => {
    const query = new URLSearchParams({ title: title.value.trim(), phrasings: phrasings ? phrasings.value : "", article: title.dataset.article });
    if (query.toString() === asked) return;
    asked = query.toString();
    if (request) request.abort();
    if (title.value.trim().length < 4) return show({ nearest: [], reason: false });
    const own = request = new AbortController();
    try {
      const response = await fetch(`${title.dataset.duplicates}?${query}`, { signal: own.signal, headers: { Accept: "application/json" } });
      const found = await response.json();
      if (own === request && found.nearest) show(found);
    } catch {
      asked = ""; // a warning less: aborted, offline or signed out, writing goes on, and submitting asks once more
    }
  };
  const askSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  };
  for (const field of [title, phrasings].filter(Boolean)) {
    // What an input method has not committed yet is no question.
    field.addEventListener("input", event => event.isComposing || askSoon());
    field.addEventListener("compositionend", askSoon);
  }
  if (title.value.trim()) askSoon();
});
