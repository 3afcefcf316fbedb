// Below each text: what people get, an empty one being the usual, and what it costs.
(function () {
  "use strict";

  function cost(text) {
    const size = globalThis.measureSegments(text);
    return (size.count === 1 ? "1 segment" : size.count + " segments") + ", " + size.encoding;
  }

  document.addEventListener("DOMContentLoaded", function () {
    for (const field of document.querySelectorAll("textarea[data-usual]")) {
      const word = field.name.replace("_text", "");
      const answers = document.querySelector('input[name="answers_' + word + '"]');
      const preview = document.createElement("div");
      preview.className = "tl-preview";
      preview.setAttribute("aria-live", "polite");
      const says = document.createElement("p");
      says.className = "tl-preview-text";
      const counts = document.createElement("p");
      preview.append(says, counts);
      field.after(preview);
      const show = function () {
        const on = !answers || answers.checked;
        const text = field.value.trim().replace(/\s+/g, " ") || field.dataset.usual;
        says.textContent = on ? text : "";
        says.hidden = !on;
        counts.textContent = on ? cost(text) : "No answer is sent.";
      };
      field.addEventListener("input", show);
      if (answers) answers.addEventListener("change", show);
      show();
    }
  });
})();
