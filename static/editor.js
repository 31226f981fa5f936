// The editor would add its base style as an inline element, which the policy forbids. It adds none where it finds one,
// so it finds an empty one, which the policy allows by hash; the rules themselves are in editor.css.
const style = document.createElement("style");
style.dataset.tiptapStyle = "";
document.head.append(style);

// Leaving the form with unsaved words asks first; the form's own buttons do not.
addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#article_form");
  if (!form) return;

  // A tag that was typed may be a number, like the id of one that was chosen; the prefix tells them apart.
  form.addEventListener("submit", () => {
    for (const option of form.querySelectorAll("#id_tags option[data-select2-tag]")) option.value = `new:${option.text}`;
  });

  let dirty = document.querySelector(".errornote") !== null; // what came back refused is not saved either
  const touched = () => { dirty = true; };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
});
