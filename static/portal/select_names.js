// select2 shows a box of its own in place of a select, and forgets the label.
(() => {
  const name = (box) => {
    const select = box.closest(".select2-container")?.previousElementSibling;
    const label = select?.labels?.[0]?.textContent.trim() || select?.getAttribute("aria-label");
    const words = (label || select?.name || "").replace(/\s*\*$/, "");
    if (!words) return;
    const chosen = box.textContent.replace("×", "").trim();
    box.removeAttribute("aria-labelledby");
    box.setAttribute("aria-label", chosen ? `${words}: ${chosen}` : words);
    box.querySelector("[role=textbox]")?.setAttribute("aria-label", chosen || words);
  };
  const nameAll = (root) => {
    for (const box of root.querySelectorAll(".select2-selection")) name(box);
    for (const field of root.querySelectorAll(".select2-search__field")) {
      field.setAttribute("aria-label", "Search");
    }
    for (const list of root.querySelectorAll(".select2-results__options")) {
      list.setAttribute("aria-label", "Choices");
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    nameAll(document);
    const watcher = new MutationObserver((changes) => {
      for (const { target } of changes) {
        const box = target.closest?.(".select2-selection");
        if (box) name(box);
      }
      if (document.querySelector(".select2-container")) nameAll(document);
    });
    watcher.observe(document.body, { childList: true, subtree: true });
  });
})();
