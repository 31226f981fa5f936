// The editor of the body: which parts of ProseMirror it is made of, in Chinese, and its toolbar.
import {
  Blockquote, Bold, BulletList, Document, Dropcursor, Gapcursor, HardBreak, Heading, History, Italic, Link, ListItem, Menu, NoSpellCheck, OrderedList,
  Paragraph, Table, TableCell, TableHeader, TableRow, Text, createTextareaEditor, initializeEditors, isMacOS, updateAttrsDialog, wrappingInputRule,
} from "django-prose-editor/editor";
import { Paste } from "wenkang/paste";

const GROUPS = ["headings", "lists", "quote", "marks", "link", "table", "history"];
const ITEMS = { // name: group, label with its key, words instead of the icon
  heading2: ["headings", "标题（Ctrl+Alt+2）", "标题"],
  heading3: ["headings", "小标题（Ctrl+Alt+3）", "小标题"],
  paragraph: ["headings", "普通段落（Ctrl+Alt+0）", "段落"],
  bulletList: ["lists", "项目符号（行首输入“- ”）"],
  orderedList: ["lists", "编号（行首输入“1. ”）"],
  blockquote: ["quote", "引用"],
  bold: ["marks", "加粗（Ctrl+B）"],
  italic: ["marks", "斜体（Ctrl+I）"],
  link: ["link", "插入链接：先选中文字（Ctrl+K）"],
  unlink: ["link", "去掉链接"],
  table: ["table", "插入表格"],
  "table:addColumnAfter": ["table", "在右边加一列"],
  "table:deleteColumn": ["table", "删除这一列"],
  "table:addRowAfter": ["table", "在下面加一行"],
  "table:deleteRow": ["table", "删除这一行"],
  "table:mergeCells": ["table", "合并单元格"],
  "table:splitCell": ["table", "拆分单元格"],
  "table:toggleHeaderCell": ["table", "设为表头或取消"],
  "table:deleteTable": ["table", "删除表格"],
  "history:undo": ["history", "撤销（Ctrl+Z）"],
  "history:redo": ["history", "重做（Ctrl+Y）"],
};

function toolbar({ editor, menu }) {
  const items = menu.items("nodes lists marks link table history");
  return GROUPS.map((group) => {
    const own = items.filter(({ name }) => ITEMS[name]?.[0] === group);
    for (const { name, button } of own) {
      const [, label, words] = ITEMS[name];
      button.title = isMacOS() ? label.replace("Ctrl+", "⌘") : label;
      button.setAttribute("aria-label", label.replace(/（.*|：.*/, ""));
      if (words) Object.assign(button, { textContent: words, className: "prose-menubar__button" });
    }
    return menu.buttonGroup({ editor }, own);
  }).filter((group) => group.hasChildNodes());
}

// One stop for the Tab key; the arrow keys go on from there. Alt+F10 comes here from the text, Escape goes back.
function drive(editor, bar) {
  const buttons = [...bar.querySelectorAll("button")];
  const shown = () => buttons.filter((button) => !button.classList.contains("hidden"));
  const stop = (chosen) => buttons.forEach((button) => { button.tabIndex = button === chosen ? 0 : -1; });
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "正文格式");
  stop(buttons[0]);
  bar.addEventListener("focusin", ({ target }) => stop(target));
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") editor.view.focus();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = shown();
    all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
  });
  const reflect = () => buttons.forEach((button) => {
    button.setAttribute("aria-disabled", button.classList.contains("disabled"));
    button.setAttribute("aria-pressed", button.classList.contains("active"));
    if (button.tabIndex === 0 && button.classList.contains("hidden")) stop(buttons[0]);
  });
  editor.on("transaction", reflect);
  reflect();
}

// Dialogs are named by their title, which is no heading of the page.
function nameDialogs(editor) {
  new MutationObserver(() => {
    const dialog = editor.view.dom.parentElement.querySelector("dialog:not([aria-label])");
    const title = dialog?.querySelector(".prose-editor-dialog-title");
    if (!title) return;
    dialog.setAttribute("aria-label", title.textContent);
    title.setAttribute("role", "presentation");
  }).observe(editor.view.dom.parentElement, { childList: true });
}

const tableDialog = updateAttrsDialog(
  {
    rows: { title: "行数（含表头）", type: "number", format: "number", min: "1", max: "100", required: true },
    cols: { title: "列数", type: "number", format: "number", min: "1", max: "20", required: true },
    withHeaderRow: { title: "第一行是表头", type: "boolean" },
  },
  { title: "插入表格", submitText: "插入" },
);

const OurTable = Table.extend({
  addCommands() {
    return {
      ...this.parent?.(),
      insertTableWithOptions: () => ({ editor }) => {
        tableDialog(editor, { rows: "3", cols: "3", withHeaderRow: true }).then((asked) => {
          if (asked) editor.chain().focus().insertTable({ ...asked, rows: Number(asked.rows), cols: Number(asked.cols) }).run();
        });
      },
    };
  },
});

// “1. ” begins a list; 一、 and 1、 stay the words that they are.
const OurOrderedList = OrderedList.extend({
  addAttributes() {
    return { start: this.parent().start }; // the kind of number is the page's
  },

  addNodeView: () => null,

  addInputRules() {
    return [wrappingInputRule({
      find: /^\s*(\d{1,2})[.．]\s$/,
      type: this.type,
      getAttributes: (match) => ({ start: Number(match[1]) }),
      joinPredicate: (match, list) => list.childCount + list.attrs.start === Number(match[1]),
    })];
  },
}).configure({ enableListAttributes: false });

// What looks like an address is not made a link by itself: the marks of a Chinese sentence behind it would become part of it.
const OurLink = Link.extend({ addPasteRules: () => [] }).configure({ enableTarget: false, autolink: false });

const OurMenu = Menu.extend({
  onCreate({ editor }) {
    this.parent?.({ editor });
    drive(editor, this.storage.dom);
    nameDialogs(editor);
  },

  addKeyboardShortcuts() {
    return { "Alt-F10": () => { this.storage.dom.querySelector("[tabindex='0']").focus(); return true; } };
  },
}).configure({ items: toolbar });

const EXTENSIONS = [
  Document, Paragraph, Text, HardBreak, Heading.configure({ levels: [2, 3] }), Blockquote, BulletList, OurOrderedList, ListItem, OurTable, TableRow,
  TableHeader, TableCell, Bold, Italic, OurLink, History, Dropcursor, Gapcursor, NoSpellCheck, Paste, OurMenu,
];

initializeEditors((textarea) => {
  const editor = createTextareaEditor(textarea, EXTENSIONS);
  const label = document.querySelector(`label[for="${textarea.id}"]`);
  const surface = editor.view.dom;
  surface.setAttribute("aria-label", label?.textContent.replace(/[:：]\s*$/, "") || "正文");
  surface.setAttribute("aria-multiline", "true");
  label?.addEventListener("click", () => editor.view.focus());
  textarea.dispatchEvent(new CustomEvent("prose-editor:ready", { bubbles: true, detail: { editor, textarea } }));
}, "[data-django-prose-editor-article]");
