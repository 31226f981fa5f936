// How long what is being written is: characters and limit under short fields, Chinese characters and reading time under the body.
addEventListener("DOMContentLoaded", () => {
  const PACE = 350; // Chinese characters a minute; adults read 300 to 400 on a screen
  const form = document.querySelector("#article_form");
  if (!form) return;
  const han = (text) => (text.match(/\p{Script=Han}/gu) || []).length;
  const number = (value) => value.toLocaleString("zh-CN");

  function counter(name, show) {
    const field = form.elements[name];
    const row = field?.closest(".form-row");
    if (!row) return;
    const line = document.createElement("p");
    line.className = "count";
    line.id = `count-${name}`;
    row.firstElementChild.append(line);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
    const update = () => {
      const { text, full } = show(field, row);
      line.textContent = text;
      line.classList.toggle("is-full", full >= 1);
      line.classList.toggle("is-near", full >= 0.9);
    };
    field.addEventListener("input", update);
    update();
  }

  function limited(field, say) {
    const length = [...field.value].length;
    return { text: say(length, field.maxLength), full: length / field.maxLength };
  }

  counter("title", (field) => limited(field, (length, limit) => `${length} / ${limit} 字`));
  counter("short_answer", (field) => limited(field, (length, limit) => `汉字 ${han(field.value)} 个，共 ${length} / ${limit} 字`));
  counter("body", (field, row) => {
    const count = han(row.querySelector(".tiptap")?.textContent ?? field.value);
    const minutes = count / PACE;
    const time = minutes < 1 ? "不到 1 分钟" : `约 ${Math.round(minutes)} 分钟`;
    const limit = Number(field.getAttribute("maxlength"));
    const full = field.value.length / limit;
    const used = full < 0.5 ? "" : `；连同格式已用 ${number(field.value.length)} / ${number(limit)} 字符`;
    return { text: `汉字 ${number(count)} 个，${time}读完（按每分钟 ${PACE} 字）${used}`, full };
  });
});
