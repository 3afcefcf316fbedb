// A week is mostly the same day five times: one button fills Tuesday to Friday as Monday is.
document.addEventListener("DOMContentLoaded", () => {
  const day = (n) => document.getElementById(`id_day_${n}`);
  const monday = day(1);
  if (!monday) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tl-button tl-same-week";
  button.textContent = "Same until Friday";
  button.addEventListener("click", () => {
    for (const n of [2, 3, 4, 5]) {
      day(n).value = monday.value;
      day(n).dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  monday.after(button);
});
