// Comments beside the text: what they point at is marked, and selecting text in the article fills the form.
addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#new-comment");
  const parts = { title: ".article > h1", short_answer: ".short-answer", body: ".body" };
  const QUOTE = 300, BEFORE = 40;
  if (!form) return;

  // The characters of a part without space, each with the place where it stands: browsers and stored text break lines differently.
  const characters = root => {
    const found = [];
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) [...walk.currentNode.data].reduce((at, sign) => {
      if (sign.trim()) found.push({ node: walk.currentNode, at, sign });
      return at + sign.length;
    }, 0);
    return found;
  };
  const squeezed = text => text.replace(/\s+/gu, "");
  const sharedEnd = (text, before) => {
    let length = 0;
    while (length < before.length && text.at(-1 - length) === before.at(-1 - length)) length += 1;
    return length;
  };

  const passage = ({ part, quote, before }) => {
    const root = document.querySelector(parts[part]);
    if (!root) return null;
    const signs = characters(root), wanted = [...squeezed(quote)];
    let best = null, shared = -1;
    for (let start = 0; start + wanted.length <= signs.length; start += 1) {
      if (!wanted.every((sign, i) => signs[start + i].sign === sign)) continue;
      const alike = sharedEnd(signs.slice(Math.max(0, start - BEFORE), start).map(each => each.sign).join(""), before || "");
      if (alike > shared) [best, shared] = [start, alike];
    }
    if (best === null) return null;
    const range = document.createRange(), last = signs[best + wanted.length - 1];
    range.setStart(signs[best].node, signs[best].at);
    range.setEnd(last.node, last.at + last.sign.length);
    return range;
  };

  const ranges = [];
  for (const comment of document.querySelectorAll(".comment[data-quote]")) {
    const range = passage(comment.dataset);
    if (!range) continue;
    if (!comment.classList.contains("is-settled")) ranges.push(range);
    const show = document.createElement("button");
    Object.assign(show, { type: "button", className: "is-quiet", textContent: "看原文" });
    show.addEventListener("click", () => {
      range.startContainer.parentElement.scrollIntoView({ block: "center" });
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      button.hidden = true;
    });
    comment.querySelector(".comment-actions").append(show);
  }
  if (ranges.length && window.Highlight) CSS.highlights.set("comment", new Highlight(...ranges));

  // Selecting
  const button = document.body.appendChild(document.createElement("button"));
  Object.assign(button, { type: "button", className: "comment-selected", textContent: "评论所选文字", hidden: true });
  let chosen = null;
  const selected = () => {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const part = Object.keys(parts).find(name => document.querySelector(parts[name])?.contains(range.commonAncestorContainer));
    const quote = selection.toString().replace(/\s+/gu, " ").trim();
    if (!part || !quote || quote.length > QUOTE) return null;
    const lead = document.createRange();
    lead.setStart(document.querySelector(parts[part]), 0);
    lead.setEnd(range.startContainer, range.startOffset);
    return { part, quote, before: squeezed(lead.toString()).slice(-BEFORE), box: range.getBoundingClientRect() };
  };
  document.addEventListener("selectionchange", () => {
    const now = selected();
    if (document.activeElement === button) return;
    chosen = now;
    button.hidden = !now;
    if (!now) return;
    button.style.top = `${now.box.bottom + scrollY + 6}px`;
    button.style.left = `${Math.max(8, Math.min(now.box.left + scrollX, scrollX + innerWidth - 160))}px`;
  });
  // Pressing would end the selection before the click is there.
  button.addEventListener("pointerdown", event => event.preventDefault());
  button.addEventListener("click", () => {
    for (const name of ["part", "quote", "before"]) form.elements[name].value = chosen[name];
    button.hidden = true;
    form.elements.text.focus();
    form.scrollIntoView({ block: "center" });
  });
});
