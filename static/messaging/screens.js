// Copy buttons, buttons for the selected row, double-click on rows. The text to copy is in `data-copy`.
(function () {
  "use strict";

  const FEEDBACK_MS = 2500;

  function label(button, text) {
    const place = button.querySelector("[data-copy-label]") || button;
    if (!place.dataset.plain) place.dataset.plain = place.textContent;
    place.textContent = text;
    clearTimeout(place.timer);
    place.timer = setTimeout(function () { place.textContent = place.dataset.plain; }, FEEDBACK_MS);
  }

  function say(text, problem) {
    const status = document.querySelector("[data-copy-status]");
    if (!status) return;
    status.textContent = text;
    status.dataset.kind = problem ? "problem" : "done";
  }

  // navigator.clipboard exists on HTTPS and localhost only; a PBX is often reached by plain HTTP.
  function copyBySelection(button, text) {
    let field = document.getElementById(button.dataset.copyField || "");
    const made = !field;
    if (made) {
      field = document.createElement("input");
      field.className = "tl-copy-field";
      field.readOnly = true;
      field.value = text;
      field.setAttribute("aria-label", button.dataset.copyName || "Webhook URL");
      button.after(field);
    }
    field.focus();
    field.select();
    let copied = false;
    try { copied = document.execCommand("copy"); } catch (error) { copied = false; }
    if (copied && made) { field.remove(); button.focus(); }
    return copied;
  }

  async function copy(button, text) {
    let copied = false;
    if (navigator.clipboard && window.isSecureContext) {
      try { await navigator.clipboard.writeText(text); copied = true; } catch (error) { copied = false; }
    }
    copied = copied || copyBySelection(button, text);
    const name = button.dataset.copyName || "Webhook URL";
    const icon = button.querySelector("[data-copy-icon]");
    if (icon) flash(icon, copied ? "check" : "keyboard");
    else label(button, copied ? "Copied" : "Press Ctrl+C to copy");
    say(copied ? name + " copied." : name + " is selected: press Ctrl+C.", false);
  }

  function flash(icon, symbol) {
    icon.textContent = symbol;
    clearTimeout(icon.timer);
    icon.timer = setTimeout(function () { icon.textContent = "content_copy"; }, FEEDBACK_MS);
  }

  function selectedRows() {
    return document.querySelectorAll("#result_list tbody input.action-select:checked");
  }

  function copySelected(button) {
    const row = selectedRow();
    const source = row && row.querySelector("[data-copy]");
    if (source) copy(button, source.dataset.copy);
  }

  function selectedRow() {
    const rows = selectedRows();
    if (rows.length === 1) return rows[0].closest("tbody");
    say(rows.length ? "Select one row only." : "Select a row first: tick its box.", true);
    return null;
  }

  function openSelected(page) {
    const row = selectedRow();
    const link = row && row.querySelector("th a[href]");
    if (!link) return;
    const url = new URL(link.href);
    if (page === "delete") url.pathname = url.pathname.replace(/change\/$/, "delete/");
    window.location.assign(url);
  }

  function runAction(name) {
    if (!selectedRows().length) {
      say("Select a row first: tick its box.", true);
      return;
    }
    const form = document.getElementById("changelist-form");
    const choice = form.querySelector("select[name=action]");
    const run = form.querySelector("[name=index]");
    choice.value = name;
    form.requestSubmit(run);
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy], [data-copy-selected], [data-row-link], [data-run-action]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.rowLink) openSelected(button.dataset.rowLink);
    else if (button.dataset.runAction) runAction(button.dataset.runAction);
    else if (button.hasAttribute("data-copy")) copy(button, button.dataset.copy);
    else copySelected(button);
  });

  document.addEventListener("focusin", function (event) {
    if (event.target.matches(".tl-webhook input")) event.target.select();
  });

  // Each row of an unfold list has a <tbody> of its own.
  document.addEventListener("dblclick", function (event) {
    const row = event.target.closest("#result_list tbody");
    if (!row || event.target.closest("a, button, input, select, label")) return;
    const link = row.querySelector("th a[href]");
    if (link) window.location.assign(link.href);
  });
})();
