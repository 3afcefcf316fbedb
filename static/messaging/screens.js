// Copy buttons and double-click on rows. The text to copy is in `data-copy`.
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
      field.setAttribute("aria-label", "Webhook URL");
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
    label(button, copied ? "Copied" : "Press Ctrl+C to copy");
    say(copied ? "Webhook URL copied." : "The URL is selected: press Ctrl+C.", false);
  }

  function copySelected(button) {
    const rows = document.querySelectorAll("#result_list tbody input.action-select:checked");
    if (rows.length !== 1) {
      say(rows.length ? "Select one configuration only." : "Select a configuration first: tick its box.", true);
      return;
    }
    const source = rows[0].closest("tbody").querySelector("[data-copy]");
    if (source) copy(button, source.dataset.copy);
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy], [data-copy-selected]");
    if (!button) return;
    event.preventDefault();
    if (button.hasAttribute("data-copy")) copy(button, button.dataset.copy);
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
