// From the HTML that Word, WPS, WeChat and web pages put on the clipboard to the few elements that the editor knows.
// Structure is read here (lists, tables, headings, bold); no word is changed, that is typography.js.
import { isHan } from "wenkang/typography";

const GONE = "script, style, link, meta, title, base, template, iframe, object, embed, svg, math, canvas, audio, video, button, input, select, textarea, noscript, del, colgroup, [hidden]";
const CONTAINERS = new Set(("address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header "
  + "h1 h2 h3 h4 h5 h6 hr li main nav ol p pre section summary table ul").split(" "));
const LINK = /^(https?:|mailto:|tel:)/i;
const ORDERED = /^[（(]?(?:(\d{1,3})|[a-z]{1,2}|[ivxlc]+)[)）.．、]$|^[①-⑳]$/i;
const CHINESE_NUMBER = /^[（(]?第?[一二三四五六七八九十百]+[)）、.．章节条]*$/;

// -> {html, pictures: how many pictures were left out}
export function structure(html) {
  const source = new DOMParser().parseFromString(asleep(html), "text/html");
  const pictures = source.querySelectorAll("img").length;
  for (const element of source.querySelectorAll("*")) if (unwanted(element)) element.remove();
  listWordParagraphs(source.body);
  const shift = source.body.querySelector("h1") ? 1 : 0;
  const target = source.createElement("body");
  new Builder(source, shift).flow(source.body, target);
  return { html: target.innerHTML, pictures };
}

// The policy of the page would report every style and handler as the text is parsed: so they go, or go by another name.
function asleep(html) {
  return html.replace(/<style\b.*?<\/style\s*>|<base\b[^>]*>/gis, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\s(style|on[a-z]+)\s*=/gi, " data-$1="));
}

function style(element, property) {
  const found = new RegExp(`(?:^|;)\\s*${property}\\s*:\\s*([^;]+)`, "i").exec(element.getAttribute("data-style") || "");
  return found ? found[1].trim().toLowerCase() : "";
}

function unwanted(element) {
  const name = element.localName;
  return element.matches(GONE) || /^(v:|m:|w:data|mp)/.test(name) || style(element, "display") === "none" || style(element, "mso-hide") === "all"
    || style(element, "mso-element").startsWith("comment") || /\bMso(Comment|Annotation)Reference\b/.test(element.className);
}

// Word writes a list as paragraphs that say their level in a style of Word's own, with the number or bullet as text.
function listWordParagraphs(body) {
  let open = []; // the lists around the item before, the outermost first
  for (const paragraph of body.querySelectorAll("p, div, h1, h2, h3, h4, h5, h6")) {
    const item = wordItem(paragraph);
    if (!item) continue;
    if (!open.length || open[0].list.nextElementSibling !== paragraph) open = [];
    while (open.length && (open.at(-1).level > item.level || (open.at(-1).level === item.level && open.at(-1).list.localName !== item.list))) open.pop();
    if (!open.length || open.at(-1).level < item.level) open.push({ level: item.level, list: newList(item, paragraph, open.at(-1)) });
    const made = body.ownerDocument.createElement("li");
    made.setAttribute("data-style", paragraph.getAttribute("data-style"));
    made.append(...paragraph.childNodes);
    open.at(-1).list.append(made);
    paragraph.remove();
  }
}

function newList({ list, start }, paragraph, parent) {
  const made = paragraph.ownerDocument.createElement(list);
  if (start > 1) made.setAttribute("start", start);
  if (parent) parent.list.lastElementChild.append(made);
  else paragraph.before(made);
  return made;
}

// What list and level a paragraph of Word's belongs to; a number that is part of the words (一、 or a heading's) stays as text.
function wordItem(paragraph) {
  const level = /\blevel(\d)/.exec(style(paragraph, "mso-list"));
  if (!level) return null;
  const marker = [...paragraph.querySelectorAll("*")].find((element) => style(element, "mso-list") === "ignore");
  const text = marker ? marker.textContent.replace(/\s+/g, "") : "";
  if (CHINESE_NUMBER.test(text) || /^h/.test(paragraph.localName)) {
    marker?.replaceWith(text);
    return null;
  }
  marker?.remove();
  const number = ORDERED.exec(text);
  return { level: Number(level[1]), list: number ? "ol" : "ul", start: Number(number?.[1] || 1) };
}

// Builds the document anew, so that nothing comes along that is not named here.
class Builder {
  constructor(document, shift) {
    this.document = document;
    this.shift = shift;
    this.line = null; // the paragraph or heading that takes the next text
  }

  make(tag, parent) {
    return parent.appendChild(this.document.createElement(tag));
  }

  // What stands in `source` as paragraphs, lists and tables of `target`; `tag`: what a line of text becomes.
  flow(source, target, tag = "p") {
    for (const node of source.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) this.text(node, target, tag);
      else if (node.nodeType === Node.ELEMENT_NODE) this.element(node, target, tag);
    }
  }

  element(element, target, tag) {
    const name = element.localName;
    if (name === "br") this.lineBreak(element);
    else if (!CONTAINERS.has(name) && style(element, "display") !== "block") this.flow(element, target, tag);
    else {
      this.endLine();
      if (/^h[1-6]$/.test(name)) this.flow(element, target, this.heading(Number(name[1]), target));
      else if (name === "ul" || name === "ol") this.list(element, target);
      else if (name === "table") this.table(element, target);
      else if (name === "blockquote") this.flow(element, this.make("blockquote", target));
      else this.flow(element, target, tag);
      this.endLine();
    }
  }

  heading(level, target) {
    if (target.localName !== "body") return "p";
    return level + this.shift <= 2 ? "h2" : "h3";
  }

  text(node, target, tag) {
    const data = node.data.replace(/[\u200b-\u200f\u2060\ufeff]/g, "").replace(/\u00a0/g, " ").replace(/\s*[\r\n]\s*/g, "\n");
    if (!this.line && !data.trim()) return;
    this.line ??= this.make(tag, target);
    const { href, strong, em } = marks(node);
    let around = this.line;
    if (href) around = this.make("a", around);
    if (href) around.setAttribute("href", href);
    if (strong && tag === "p") around = this.make("strong", around);
    if (em) around = this.make("em", around);
    around.append(data);
  }

  lineBreak(element) {
    if (!this.line) return;
    const last = this.line.lastChild;
    if (last?.localName === "br") this.endLine();
    else this.line.append(element.cloneNode());
  }

  endLine() {
    const line = this.line;
    this.line = null;
    if (!line) return;
    closeWrappedLines(line);
    while (line.lastChild && (line.lastChild.localName === "br" || !line.lastChild.textContent.trim())) line.lastChild.remove();
    if (!line.hasChildNodes()) line.remove();
  }

  list(source, target) {
    const list = this.make(source.localName, target);
    if (Number(source.getAttribute("start")) > 1) list.setAttribute("start", source.getAttribute("start"));
    for (const child of source.childNodes) {
      if (!child.textContent.trim()) continue;
      const nested = child.localName === "ul" || child.localName === "ol"; // beside the items and not in one: common, and not HTML
      const item = nested && list.lastElementChild ? list.lastElementChild : this.make("li", list);
      if (nested || child.localName !== "li") this.flow({ childNodes: [child] }, item);
      else this.flow(child, item);
      this.endLine();
    }
    if (!list.hasChildNodes()) list.remove();
  }

  table(source, target) {
    const rows = [...source.rows].filter((row) => row.cells.length);
    if (source.caption) this.flow({ childNodes: [source.caption] }, target);
    if (rows.every((row) => row.cells.length === 1)) { // a frame for the layout
      rows.forEach((row) => { this.flow(row.cells[0], target); this.endLine(); });
      return;
    }
    const table = this.make("table", target);
    for (const row of rows) {
      const made = this.make("tr", table);
      for (const cell of row.cells) this.cell(cell, made);
    }
    const first = table.firstElementChild;
    if ([...first.cells].every((cell) => cell.localName === "th" || isBold(cell))) [...first.cells].forEach((cell) => this.rename(cell, "th"));
  }

  cell(source, row) {
    const cell = this.make(source.localName, row);
    for (const name of ["colspan", "rowspan"]) if (Number(source.getAttribute(name)) > 1) cell.setAttribute(name, source.getAttribute(name));
    this.flow(source, cell);
    this.endLine();
  }

  rename(cell, name) {
    const made = this.document.createElement(name);
    for (const { name: key, value } of cell.attributes) made.setAttribute(key, value);
    made.append(...cell.childNodes);
    for (const strong of made.querySelectorAll("strong")) strong.replaceWith(...strong.childNodes);
    cell.replaceWith(made);
  }
}

const isBold = (element) => {
  const texts = [...element.querySelectorAll("*")].flatMap((inner) => [...inner.childNodes]).filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  return texts.length > 0 && texts.every((node) => node.parentElement.closest("strong"));
};

// The link, boldness and slant of a text: the nearest element that says something about it decides.
function marks(text) {
  const said = { strong: undefined, em: undefined };
  let href = "";
  for (let element = text.parentElement; element && element.localName !== "body"; element = element.parentElement) {
    const name = element.localName;
    const weight = style(element, "font-weight");
    const slant = style(element, "font-style");
    if (weight) said.strong ??= /^bold/.test(weight) || Number(weight) >= 600;
    if (slant) said.em ??= slant === "italic";
    if (name === "b" || name === "strong") said.strong ??= true;
    if (name === "i" || name === "em") said.em ??= true;
    if (name === "a" && !href && LINK.test(element.getAttribute("href") || "")) href = element.getAttribute("href");
  }
  return { href, ...said };
}

// A line that the source broke for its own width: nothing between Chinese characters, else a space; and no indent.
function closeWrappedLines(line) {
  const walker = line.ownerDocument.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  const whole = line.textContent;
  let before = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const start = before;
    before += node.data.length;
    node.data = node.data.replace(/\n/g, (_, at) => (isChinese(whole, start + at - 1) && isChinese(whole, start + at + 1) ? "" : " "));
    if (!whole.slice(0, start).trim()) node.data = node.data.trimStart();
  }
}

const isChinese = (text, at) => isHan(text[at] || "") || /[，。、；：？！（）《》“”]/.test(text[at] || "");
