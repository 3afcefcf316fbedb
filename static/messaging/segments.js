// The counter below a template's text; it counts as the inbox does.
(function () {
  "use strict";

  function words(text) {
    const size = globalThis.measureSegments(text);
    if (!text) return "No text yet";
    const parts = size.count === 1 ? "1 segment" : size.count + " segments";
    return parts + ", " + size.characters + " characters (" + size.encoding + ")";
  }

  document.addEventListener("DOMContentLoaded", function () {
    for (const field of document.querySelectorAll("textarea[data-segments]")) {
      const counter = document.createElement("p");
      counter.className = "tl-counter";
      counter.setAttribute("aria-live", "polite");
      field.after(counter);
      const show = function () { counter.textContent = words(field.value); };
      field.addEventListener("input", show);
      show();
    }
  });
})();
