// What is pasted comes in with its structure and its own words (one step of the history); then its typography is mended,
// which is a second step, so that Ctrl+Z, or the button of the notice, gives back the words as they were.
import { Extension, Plugin, crel, pm } from "django-prose-editor/editor";
import { structure } from "wenkang/clipboard";
import { mend } from "wenkang/typography";

const SECTION = /^\s*(?:(第?[一二三四五六七八九十]+[、章节．.])|[（(][一二三四五六七八九十]+[）)])/;
const OWN = /\bdata-pm-slice=/; // copied in this editor
const text = (doc, from, to) => doc.textBetween(from, to, "\n", "\n");

export const Paste = Extension.create({
  name: "mendPaste", // tiptap has a “paste” of its own

  addStorage() {
    // pictures: left out of what is being pasted. changes: {from, to, was, now}, or {from, to, heading: true}, where they are now.
    return { own: false, pictures: 0, changes: [], notice: null };
  },

  addProseMirrorPlugins() {
    const { storage } = this;
    return [new Plugin({
      props: {
        transformPastedHTML(html) {
          storage.own = OWN.test(html);
          if (storage.own) return html;
          const found = structure(html);
          storage.pictures = found.pictures;
          return found.html;
        },
      },
    })];
  },

  onCreate() {
    this.storage.notice = crel("div", { className: "paste-notice", role: "status" });
    this.editor.view.dom.closest(".prose-editor").after(this.storage.notice);
  },

  onTransaction({ editor, transaction }) {
    const { storage } = this;
    if (transaction.docChanged && storage.changes.length) {
      for (const change of storage.changes) {
        change.from = transaction.mapping.map(change.from, 1);
        change.to = transaction.mapping.map(change.to, -1);
      }
      if (!storage.changes.some((change) => holds(editor.state.doc, change))) say(storage, "");
    }
    const event = transaction.getMeta("uiEvent");
    if (event !== "paste" && event !== "drop") return;
    const { own, pictures } = storage;
    Object.assign(storage, { own: false, pictures: 0 });
    if (own || event === "drop") return; // what is dragged is mostly moved within the text
    const { tr, changes, counts } = mending(editor.state, pastedRange(transaction));
    if (changes.length) editor.view.dispatch(pm.history.closeHistory(tr));
    storage.changes = changes;
    say(storage, sentence({ ...counts, pictures }), changes.length ? () => restore(editor, storage) : null);
  },
});

function pastedRange(transaction) {
  let from = Infinity;
  let to = 0;
  transaction.mapping.maps.forEach((map, index) => map.forEach((_from, _to, start, end) => {
    const later = transaction.mapping.slice(index + 1);
    from = Math.min(from, later.map(start, -1));
    to = Math.max(to, later.map(end, 1));
  }));
  return { from, to };
}

// The transaction that mends the typography between `from` and `to`, what it changes, and how much of what.
function mending(state, { from, to }) {
  const { tr, schema } = state;
  const counts = { marks: 0, stretches: 0, headings: 0 };
  const changes = [];
  const blocks = [];
  state.doc.nodesBetween(Math.min(from, to), to, (node, pos, parent) => {
    if (node.isTextblock) blocks.push({ node, pos, top: parent === state.doc });
  });
  for (const { node, pos, top } of blocks.reverse()) {
    const start = pos + 1;
    const found = mend(node.textBetween(0, node.content.size, "", "\n"), from - start, to - start);
    counts.marks += found.marks;
    counts.stretches += found.stretches;
    for (const edit of found.edits.reverse()) {
      const was = text(state.doc, start + edit.from, start + edit.to);
      tr.replaceWith(start + edit.from, start + edit.to, schema.text(edit.now, node.nodeAt(edit.from).marks));
      changes.push({ from: start + edit.from, was, now: edit.now });
    }
    const level = top && start >= from && sectionLevel(node);
    if (!level) continue;
    counts.headings += 1;
    changes.push({ from: pos, heading: true });
    tr.removeMark(start, tr.mapping.map(start + node.content.size), schema.marks.bold);
    tr.setNodeMarkup(pos, schema.nodes.heading, { level });
  }
  for (const change of changes) {
    change.from = tr.mapping.map(change.from, -1);
    change.to = change.from + (change.heading ? 1 : change.now.length);
  }
  return { tr, changes, counts };
}

// A paragraph that is bold throughout and begins with 一、 or （一） is a heading that was only painted as one.
function sectionLevel(node) {
  const found = node.type.name === "paragraph" && node.textContent.length <= 40 && SECTION.exec(node.textContent);
  if (!found || /[。；！]$/.test(node.textContent)) return 0;
  let bold = true;
  node.forEach((child) => { bold &&= child.marks.some((mark) => mark.type.name === "bold") || !child.text?.trim(); });
  return bold && (found[1] ? 2 : 3);
}

function holds(doc, { from, to, now, heading }) {
  if (to <= from || to > doc.content.size) return false;
  return heading ? doc.nodeAt(from)?.type.name === "heading" : text(doc, from, to) === now;
}

// The words as they were pasted, wherever nobody has changed them since.
function restore(editor, storage) {
  const { tr, schema, doc } = editor.state;
  for (const change of storage.changes.filter((each) => holds(doc, each))) {
    const from = tr.mapping.map(change.from, -1);
    if (change.heading) {
      tr.setNodeMarkup(from, schema.nodes.paragraph, {});
      tr.addMark(from + 1, from + 1 + tr.doc.nodeAt(from).content.size, schema.marks.bold.create());
    } else {
      const marks = tr.doc.nodeAt(from).marks;
      tr.replaceWith(from, from + change.now.length, schema.text(change.was, marks));
    }
  }
  storage.changes = [];
  editor.view.dispatch(pm.history.closeHistory(tr));
  say(storage, "已还原为粘贴原样。");
  editor.view.focus();
}

function sentence({ marks, stretches, headings, pictures }) {
  const said = [
    marks && `改正标点 ${marks} 处`,
    stretches && `合拢字距 ${stretches} 处`,
    headings && `认出小标题 ${headings} 个`,
    pictures && `去掉图片 ${pictures} 张`,
  ].filter(Boolean);
  return said.length ? `粘贴时已整理：${said.join("，")}。` : "";
}

// An empty sentence takes the notice away; `undo` makes a button of it.
function say(storage, words, undo) {
  storage.notice.replaceChildren(...(words ? [crel("span", { textContent: words })] : []));
  if (undo) storage.notice.append(crel("button", { type: "button", textContent: "还原为粘贴原样", onclick: undo }));
}
