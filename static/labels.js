// Names for the controls that Django's widgets leave without one, so that a screen reader says what everybody else sees.
const words = (element) => element?.textContent.trim().replace(/[:：]$/, "") ?? "";

// Select2 takes the place of a field and leaves its label behind.
function nameSelect2() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = words(document.querySelector(`label[for="${select.id}"]`));
    const box = select.nextElementSibling;
    const field = box.querySelector("input.select2-search__field") || box.querySelector("[role=combobox]");
    for (const labelled of [field, box.querySelector(".select2-selection__rendered[role=textbox]")].filter(Boolean)) {
      labelled.removeAttribute("aria-labelledby");
      labelled.setAttribute("aria-label", name);
    }
  }
}

// A moment is two fields under one name.
function nameMoments() {
  for (const moment of document.querySelectorAll("p.datetime")) {
    const name = words(moment.closest("fieldset")?.querySelector("legend"));
    moment.querySelector(".vDateField")?.setAttribute("aria-label", `${name}，日期`);
    moment.querySelector(".vTimeField")?.setAttribute("aria-label", `${name}，时间`);
  }
}

function hidden(text) {
  return Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: text });
}

// In a table the heading of the column is the name.
function nameColumns() {
  for (const table of document.querySelectorAll(".inline-group .tabular table")) {
    const headings = [...table.tHead.rows[0].cells];
    if (!words(headings[0])) headings[0].append(hidden("记录"));
    for (const field of table.querySelectorAll("tbody :is(input:not([type=hidden]), select, textarea)")) {
      field.setAttribute("aria-label", words(headings[field.closest("td").cellIndex]));
    }
  }
}

addEventListener("load", () => setTimeout(() => { // when all widgets are made
  nameSelect2();
  nameMoments();
  nameColumns();
}));
document.addEventListener("formset:added", nameColumns);
