// Tags that fit what is being written, as buttons under the tag field. Without them the field works as ever.
addEventListener("DOMContentLoaded", () => {
  const select = document.querySelector("#id_tags[data-suggest]");
  const form = select?.form;
  if (!form) return;

  const box = document.createElement("div");
  box.className = "tag-suggestions";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "建议的标签");
  box.tabIndex = -1;
  box.hidden = true;
  (select.closest(".related-widget-wrapper") || select.parentElement).after(box);

  const chosen = () => [...select.selectedOptions].map((option) => option.value);

  function choose(tag, button) {
    const known = [...select.options].find((option) => option.value === String(tag.id));
    if (known) known.selected = true;
    else select.add(new Option(tag.name, tag.id, true, true));
    django.jQuery(select).trigger("change");
    const next = button.nextElementSibling || button.previousElementSibling;
    button.remove();
    if (next?.matches("button")) next.focus();
    else done();
  }

  // The focus stays here, for select2 moves the page under the mouse of whoever leaves its field.
  function done() {
    box.textContent = "建议的标签都加上了。";
    box.focus();
  }

  function show(tags) {
    const taken = new Set(chosen());
    const buttons = tags.filter((tag) => !taken.has(String(tag.id))).map((tag) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `＋ ${tag.name}`;
      button.setAttribute("aria-label", `＋ ${tag.name}（${tag.why}）`);
      button.title = tag.why;
      button.addEventListener("click", () => choose(tag, button));
      return button;
    });
    if (!buttons.length && box === document.activeElement) return;
    const label = document.createElement("span");
    label.textContent = "建议：";
    box.replaceChildren(label, ...buttons);
    box.hidden = !buttons.length;
  }

  let timer = 0;
  let asked = 0;
  let last = "";
  async function ask() {
    if (box !== document.activeElement && box.contains(document.activeElement)) return; // not from under somebody's finger
    const data = new FormData();
    data.set("title", form.elements.title?.value || "");
    data.set("short_answer", form.elements.short_answer?.value || "");
    data.set("body", form.querySelector(".ProseMirror[contenteditable=true]")?.innerText || form.elements.body?.value || "");
    for (const id of chosen()) data.append("chosen", id);
    const now = JSON.stringify([...data]);
    if (now === last) return;
    last = now;
    const turn = ++asked;
    try {
      const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
      const answer = await fetch(select.dataset.suggest, { method: "POST", body: data, headers });
      if (answer.ok && turn === asked) show((await answer.json()).tags);
    } catch {
      last = ""; // the next change asks again
    }
  }
  const soon = (event) => {
    if (event?.isComposing) return; // half a word of an input method
    clearTimeout(timer);
    timer = setTimeout(ask, 600);
  };
  form.addEventListener("input", soon);
  form.addEventListener("compositionend", soon);
  django.jQuery(select).on("change", soon);
  soon();
});
