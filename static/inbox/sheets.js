// Sheets over the page: templates, send later, and changing what is scheduled.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const sheet = document.createElement("dialog");
  sheet.id = "sheet";
  sheet.className = "dialog";
  sheet.setAttribute("aria-labelledby", "sheet-title");
  document.body.append(sheet);

  function close() {
    if (sheet.open) sheet.close();
    sheet.replaceChildren();
    // The button that opened it may be gone with its message's old state.
    if (document.activeElement === document.body) byId("log")?.focus({ preventScroll: true });
  }

  function insert(text) {
    const field = byId("text");
    if (!field) return;
    const before = field.value.slice(0, field.selectionStart);
    const gap = before && !/\s$/.test(before) ? " " : "";
    field.setRangeText(gap + text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  // Not when it is swapped in: htmx binds what is new a moment later, and a click before is lost.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== sheet || !sheet.hasChildNodes()) return;
    const kept = sheet.querySelector("[data-from-composer]");
    if (kept && byId("text")) kept.value = byId("text").value.slice(0, 2000);
    if (!sheet.open) sheet.showModal();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    // A time was chosen.
    if (event.detail.target.id === "later") {
      close();
      document.dispatchEvent(new CustomEvent("composer:changed"));
      byId("text").focus();
    }
  });

  document.addEventListener("sheet:close", close);

  // Escape, which would leave what the sheet held in the page.
  sheet.addEventListener("cancel", (event) => {
    if (event.target !== sheet) return;
    event.preventDefault();
    close();
  });

  sheet.addEventListener("click", (event) => {
    const template = event.target.closest("[data-insert]");
    if (template) {
      close();
      insert(template.dataset.insert);
    }
    // Outside of the sheet is the dialog's own backdrop.
    if (event.target === sheet || event.target.closest("[data-close]")) close();
  });
})();
