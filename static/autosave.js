/* While an editor writes, the form's words are kept: in the editor's slot on the server, or, where that cannot be reached, in this browser.
   A form that was opened once is a “window”; copies in the browser carry its name, so that no window writes over another's words. */
addEventListener("DOMContentLoaded", () => {
  const PAUSE = 2000, EVERY = 5000, HEARTBEAT = 20000, PATIENCE = 15000; // milliseconds
  const DAYS = 7; // that a copy stays in the browser
  const box = document.querySelector("#autosave");
  if (!box) return;
  const copies = copiesOf(box.dataset.user);

  // What the server says it has needs no copy here.
  const page = new URL(location.href);
  copies.forget(box.dataset.kept || page.searchParams.get("saved"));
  copies.forgetOlderThan(DAYS);
  if (page.searchParams.has("saved")) {
    page.searchParams.delete("saved");
    history.replaceState(history.state, "", page);
  }

  const form = document.querySelector("#article_form");
  if (!form) return;
  form.autocomplete = "off"; // a reload shows what the server has, and offers the rest
  const status = document.querySelector("#autosave-status");
  const presence = box.querySelector(".presence");
  const own = form.elements.window.value;
  const token = form.elements.csrfmiddlewaretoken;
  let kept, timer = 0, sentAt = 0, sending = null, leaving = false;

  const entries = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  const words = () => JSON.stringify(entries());
  const say = (text, ...more) => {
    if (status.dataset.said === text) return;
    status.dataset.said = text;
    status.replaceChildren(text, ...more);
  };

  // Talking to the server. `trouble` is what kept it from taking the words; nothing when it has.
  const ask = async (options = {}) => {
    let response;
    try {
      response = await fetch(box.dataset.address, {
        redirect: "manual",
        headers: { Accept: "application/json", "X-CSRFToken": token.value },
        signal: AbortSignal.timeout(PATIENCE),
        ...options,
      });
    } catch {
      return { trouble: "offline" };
    }
    if (response.type === "opaqueredirect") return { trouble: "login" };
    const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
    const answer = isJson ? await response.json() : {};
    if (response.ok && isJson) return answer;
    if (answer.error) return { trouble: "refused", error: answer.error };
    return { trouble: response.status === 403 ? "forbidden" : response.status < 500 ? "refused" : "offline", error: "没有自动保存：文字太长，或者没有编辑的权限" };
  };
  const whoIsThere = async () => {
    const answer = await ask();
    if (answer.trouble) return answer;
    token.value = answer.token; // signing in again has made another one
    return String(answer.user) === box.dataset.user ? answer : { trouble: "refused", error: "现在登录的是另一个人，请换回来再保存" };
  };
  const send = async (fields) => {
    const body = new FormData();
    for (const [name, value] of fields) body.append(name, value);
    body.append("user", box.dataset.user);
    const answer = await ask({ method: "POST", body });
    if (answer.trouble !== "forbidden") return answer;
    const there = await whoIsThere();
    return there.trouble ? there : ask({ method: "POST", body });
  };

  const saySo = ({ trouble, error }) => {
    if (trouble === "offline") return say("连不上服务器，已存在本机");
    if (trouble === "refused" || trouble === "forbidden") return say(`${error}；已存在本机`);
    const login = document.createElement("a");
    login.href = `${box.dataset.login}?next=${encodeURIComponent("/admin/")}`;
    login.target = "_blank";
    login.textContent = "在新窗口登录";
    say("登录已过期，文字已存在本机。", login, "，再回到这里继续。");
  };

  const autosave = async () => {
    timer = 0;
    const fields = entries(), text = JSON.stringify(fields);
    if (leaving || text === kept) return;
    sentAt = Date.now();
    sending = send(fields);
    const answer = await sending;
    sending = null;
    if (answer.trouble) {
      copies.keep(box.dataset.article, own, fields);
      saySo(answer);
    } else {
      kept = text;
      copies.forget(own);
      form.dispatchEvent(new Event("autosaved"));
      if (words() === kept) return say(`已保存 ${answer.saved}`);
    }
    soon();
  };
  const soon = () => {
    if (!timer && !leaving) timer = setTimeout(autosave, Math.max(PAUSE, sentAt + EVERY - Date.now()));
  };
  const touched = () => {
    if (leaving || timer || words() === kept) return;
    say("未保存");
    soon();
  };

  // What came back refused is kept nowhere yet. The editor of the body may write its text otherwise as it opens.
  const begin = () => { kept = document.querySelector(".errornote") ? null : words(); };
  begin();
  if (kept === null) touched();
  for (const event of ["input", "change", "click", "keyup"]) form.addEventListener(event, touched);

  // Leaving without saving: the last words that the server does not have yet.
  addEventListener("pagehide", () => {
    if (!leaving && words() !== kept) copies.keep(box.dataset.article, own, entries());
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    leaving = false;
    setButtons(false);
  });

  // Saving. First a look whether the server is there and knows us: a form that is sent to the sign-in page is gone.
  const buttons = form.querySelectorAll(".submit-row input[type=submit]");
  const setButtons = (off) => { for (const button of buttons) button.disabled = off; };
  let checking = false, passed = false;
  form.addEventListener("submit", async (event) => {
    if (passed) {
      passed = false;
      setTimeout(setButtons, 0, true);
      return;
    }
    event.preventDefault();
    if (checking) return;
    checking = true;
    await sending; // or it comes after the save, with words that are saved
    const answer = await whoIsThere();
    checking = false;
    copies.keep(box.dataset.article, own, entries());
    if (answer.trouble) {
      form.dispatchEvent(new Event("change"));
      return saySo(answer);
    }
    leaving = passed = true;
    clearTimeout(timer);
    form.requestSubmit(event.submitter);
  });

  // Who else is here.
  const heartbeat = async () => {
    if (document.hidden || leaving) return;
    const answer = await send([["heartbeat", "1"], ["window", own]]);
    const said = (answer.others || []).join("；");
    if (!answer.trouble && presence.textContent !== said) presence.textContent = said;
  };
  if (box.dataset.article !== "new") setInterval(heartbeat, HEARTBEAT);

  // Words that only this browser has.
  const offer = (copy) => {
    const row = document.createElement("div");
    row.className = "autosave-offer";
    row.setAttribute("role", "region");
    row.setAttribute("aria-label", "存在本机的文字");
    const text = document.createElement("p");
    text.textContent = `这台电脑上有 ${copy.time} 的文字，服务器没有收到。`;
    const restore = document.createElement("button"), discard = document.createElement("button");
    restore.type = discard.type = "button";
    restore.textContent = `恢复 ${copy.time} 的文字`;
    discard.textContent = "丢弃";
    discard.addEventListener("click", () => {
      copies.forget(copy.window);
      row.remove();
    });
    restore.addEventListener("click", async () => {
      const answer = await send(copy.fields);
      if (answer.trouble) {
        text.textContent = answer.error || "连不上服务器，请稍后再试；文字仍在这台电脑上。";
        return;
      }
      copies.forget(copy.window);
      form.dispatchEvent(new Event("autosaved"));
      leaving = true;
      location.assign(`${box.dataset.form}?restore=1`);
    });
    row.append(text, restore, discard);
    box.prepend(row);
    // The slot of the same window holds older words.
    box.querySelector(`.autosave-offer[data-window="${copy.window}"]`)?.remove();
  };
  if (!document.querySelector(".errornote")) copies.of(box.dataset.article).forEach(offer);
});

/* Copies of forms in localStorage, by user, article and window. A browser that keeps nothing is one without copies. */
function copiesOf(user) {
  const start = `wenkang:${user}:`;
  const names = () => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(start));
    } catch {
      return [];
    }
  };
  const read = (name) => {
    try {
      const copy = JSON.parse(localStorage.getItem(name));
      const time = new Date(copy.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
      return { ...copy, time, window: name.split(":")[3] };
    } catch {
      return null;
    }
  };
  return {
    keep(article, window, fields) {
      try {
        localStorage.setItem(`${start}${article}:${window}`, JSON.stringify({ at: Date.now(), fields }));
      } catch {
        // full, or forbidden: the words are still in the form
      }
    },
    of(article) {
      const found = names().filter((name) => name.startsWith(`${start}${article}:`)).map(read);
      return found.filter(Boolean).sort((one, other) => one.at - other.at).slice(-3);
    },
    forget(window) {
      for (const name of names()) if (window && name.endsWith(`:${window}`)) localStorage.removeItem(name);
    },
    forgetOlderThan(days) {
      for (const name of names()) if (!(read(name)?.at > Date.now() - days * 86400000)) localStorage.removeItem(name);
    },
  };
}
