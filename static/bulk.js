/* Bulk actions: only the fields that the chosen operation needs, and a progress page that keeps itself up to date. */
addEventListener("DOMContentLoaded", () => {
  const INTERVAL = 2000; // milliseconds
  const operation = document.querySelector("select[name=operation]");
  const showNeeded = () => {
    for (const field of document.querySelectorAll("[data-for]")) {
      field.closest(".bulk-field").hidden = !field.dataset.for.split(" ").includes(operation.value);
    }
  };
  if (operation) {
    operation.addEventListener("change", showNeeded);
    showNeeded();
  }

  const active = () => document.querySelector("#bulk-progress[data-active]");
  const replace = (before, after) => {
    // Not what has not changed, so that whoever stands on a button keeps standing there.
    if (!after || before.textContent === after.textContent) return;
    const focused = before.contains(document.activeElement);
    before.replaceWith(document.adoptNode(after));
    if (focused) after.querySelector("button")?.focus();
  };
  const refresh = async () => {
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) return; // signed out: the page stays as it is
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const id of ["bulk-progress", "bulk-verbs", "bulk-left-out"]) replace(document.getElementById(id), fresh.getElementById(id));
      if (!active()) document.getElementById("bulk-said").textContent = document.querySelector(".bulk-total").textContent;
    } catch {
      // offline for a moment: the next round tries again
    }
    if (active()) setTimeout(refresh, INTERVAL);
  };
  if (active()) setTimeout(refresh, INTERVAL);
});
