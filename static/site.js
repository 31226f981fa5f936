/* What the public pages can do without, in two parts: suggestions under a search box, and a word to the
   server about which result was opened. Nothing is stored on the reader's device. */
(() => {
  "use strict";

  const PAUSE = 120; // milliseconds without a key before we ask

  /* An editable combobox with a list that suggests:
     https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
  class Suggestions {
    constructor(form) {
      this.input = form.querySelector("input[type=search]");
      this.address = form.dataset.suggestions;
      this.found = [];
      this.active = -1;
      this.list = this.addTo(form, "ul", { id: `${this.input.id}-suggestions`, class: "suggestions", role: "listbox", "aria-label": "建议" });
      this.status = this.addTo(form, "p", { class: "visually-hidden", role: "status" });
      for (const [name, value] of Object.entries({
        role: "combobox", "aria-autocomplete": "list", "aria-controls": this.list.id, autocomplete: "off", autocapitalize: "off",
      })) this.input.setAttribute(name, value);
      this.close();
      this.listen();
    }

    addTo(parent, tag, attributes) {
      const made = document.createElement(tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      return parent.appendChild(made);
    }

    listen() {
      this.input.addEventListener("input", event => event.isComposing || this.askSoon());
      this.input.addEventListener("compositionstart", () => this.drop()); // a candidate window comes where our list is
      this.input.addEventListener("compositionend", () => this.askSoon());
      this.input.addEventListener("keydown", event => this.press(event));
      this.input.addEventListener("blur", () => this.drop());
      // The box keeps the focus while a finger or a mouse is on the list.
      this.list.addEventListener("mousedown", event => event.preventDefault());
      this.list.addEventListener("click", event => this.choose([...this.list.children].indexOf(event.target.closest("li"))));
    }

    askSoon() {
      this.forget();
      this.activate(-1); // what was pointed at belongs to the text before
      if (!this.text) return this.close();
      this.timer = setTimeout(() => this.ask(this.text), PAUSE);
    }

    async ask(text) {
      this.request = new AbortController();
      try {
        const response = await fetch(`${this.address}?${new URLSearchParams({ q: text })}`, { signal: this.request.signal });
        const { suggestions = [] } = await response.json();
        if (text === this.text && document.activeElement === this.input) this.show(suggestions);
      } catch {
        // Suggestions are an extra: aborted, offline or broken, the search itself still works.
      }
    }

    /* No answer to what was asked so far is wanted any more. */
    forget() {
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
    }

    drop() {
      this.forget();
      this.close();
    }

    show(found) {
      this.found = found;
      this.list.textContent = "";
      found.forEach(({ text, url }, index) => {
        const option = this.addTo(this.list, "li", { id: `${this.list.id}-${index}`, role: "option", "aria-selected": "false" });
        option.textContent = text;
        // A question leads to its answer, a word to many: site.css says which. “/tags/…” is of the kind “tags”.
        if (!url.startsWith("/articles/")) option.dataset.kind = url.split("/")[1];
      });
      this.list.hidden = !found.length;
      this.input.setAttribute("aria-expanded", String(!this.list.hidden));
      this.activate(-1);
      this.status.textContent = found.length ? `${found.length} 条建议` : "";
    }

    close() {
      this.show([]);
    }

    activate(index) {
      const before = this.list.children[this.active], now = this.list.children[index];
      if (before) before.setAttribute("aria-selected", "false");
      this.active = index;
      if (!now) return this.input.removeAttribute("aria-activedescendant");
      now.setAttribute("aria-selected", "true");
      now.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", now.id);
    }

    choose(index) {
      const chosen = this.found[index];
      this.drop();
      if (chosen) location.assign(chosen.url);
    }

    press(event) {
      // Keys belong to the input method while it composes; 229 is what Safari calls the Enter that ends it.
      if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
      const last = this.found.length - 1;
      const moves = {
        ArrowDown: () => this.activate(this.active < last ? this.active + 1 : 0),
        ArrowUp: () => this.activate(this.active > 0 ? this.active - 1 : last),
        Home: () => this.active >= 0 && this.activate(0),
        End: () => this.active >= 0 && this.activate(last),
        Enter: () => this.choose(this.active),
        Escape: () => this.drop(),
      };
      const inList = this.active >= 0 || !["Home", "End", "Enter"].includes(event.key);
      if (last >= 0 && moves[event.key] && inList) {
        event.preventDefault();
        moves[event.key]();
      } else if (event.key === "ArrowDown" && this.text) {
        this.forget();
        this.ask(this.text);
      } else if (event.key === "Enter") {
        this.drop();
      } else if (["ArrowLeft", "ArrowRight"].includes(event.key)) {
        this.activate(-1);
      }
    }

    get text() {
      return this.input.value.trim();
    }
  }

  document.querySelectorAll("form[data-suggestions]").forEach(form => new Suggestions(form));

  /* Which results readers open, so that editors see which answers are missing: the question and the place, nothing else. */
  document.querySelectorAll("ol[data-clicks]").forEach(list => {
    list.addEventListener("click", event => {
      const link = event.target.closest("a");
      if (!link) return;
      const rank = list.start + [...list.children].indexOf(link.closest("li"));
      navigator.sendBeacon(list.dataset.clicks, new URLSearchParams({ q: list.dataset.query, rank }));
    });
  });
})();
