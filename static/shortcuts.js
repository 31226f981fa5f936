// Ctrl+S saves the draft and Ctrl+Enter submits it, or ⌘ on a Mac: the same as the two buttons, which say so.
addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#article_form");
  const save = form?.querySelector("[name=_save]");
  const submit = form?.querySelector("[name=_submit]");
  if (!save) return;

  const mac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
  for (const [button, key, shown, does] of [[save, "S", "S", "保存草稿"], [submit, "Enter", mac ? "↩" : "Enter", "提交审核"]]) {
    if (!button) continue;
    const hint = document.createElement("span");
    hint.className = "shortcut";
    hint.textContent = `${mac ? "⌘" : "Ctrl+"}${shown} ${does}`;
    button.setAttribute("aria-keyshortcuts", `${mac ? "Meta" : "Control"}+${key}`);
    save.parentElement.append(hint);
  }

  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("pageshow", () => { sent = false; }); // the back button brings the page as it was left

  // Before the editor, which would break the line at Ctrl+Enter.
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const button = { s: save, S: save, Enter: submit }[event.key];
    const within = event.target.closest?.("form"); // the key belongs to another form, such as a dialog's, while somebody types there
    if (!button || (within && within !== form)) return;
    event.preventDefault();
    event.stopPropagation();
    const composing = event.isComposing || event.keyCode === 229; // half a word of an input method
    if (!composing && !event.repeat && !sent) form.requestSubmit(button);
  }, true);
});
