// Leaving the form with unsaved words asks first; the form's own buttons do not.
(() => {
  const form = document.querySelector("#article_form");
  if (!form) return;
  let dirty = false;
  const touched = () => { dirty = true; };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
