/* A finding's link goes to the words that it is about, not only to their field. Without this file it goes to the field. */
"use strict";

const textNodes = (root) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
};

/* The text node, and the place in it, of the character at `place` of the whole text. */
const pointAt = (nodes, place) => {
  for (const node of nodes) {
    if (place <= node.length) return [node, place];
    place -= node.length;
  }
  return null;
};

const selectIn = (editor, quote) => {
  for (const block of editor.querySelectorAll("p, li, td, th, h2, h3")) {
    const nodes = textNodes(block), at = block.textContent.indexOf(quote);
    if (quote && at >= 0 && !block.querySelector("p, li")) {
      block.scrollIntoView({ block: "center" });
      getSelection().setBaseAndExtent(...pointAt(nodes, at), ...pointAt(nodes, at + quote.length));
      return;
    }
  }
  const link = [...editor.querySelectorAll("a")].find((a) => quote && a.getAttribute("href").startsWith(quote));
  (link || editor).scrollIntoView({ block: link ? "center" : "start" });
  if (link) getSelection().selectAllChildren(link);
};

document.addEventListener("click", (event) => {
  const link = event.target.closest(".checklist a[data-part]");
  if (!link) return;
  const { part, quote } = link.dataset;
  const field = part === "body" ? document.querySelector(".field-body .ProseMirror[contenteditable=true]") : document.getElementById(`id_${part}`);
  const row = field || document.querySelector(`.field-${part}`);
  if (!row) return;
  event.preventDefault();
  const target = row.matches("input, textarea, select, .ProseMirror") ? row : row.querySelector("input:not([type=hidden]), select, textarea") || row;
  target.scrollIntoView({ block: "center" });
  target.focus();
  if (part === "body") selectIn(target, quote);
  else if (quote && target.setSelectionRange && target.type !== "date") {
    const at = target.value.indexOf(quote);
    if (at >= 0) target.setSelectionRange(at, at + quote.length);
  }
});
