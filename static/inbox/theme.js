// The portal's own choice of light or dark, kept by the admin pages, holds here too.
"use strict";
(function () {
  let choice = "auto";
  try {
    choice = JSON.parse(localStorage.getItem("_x_adminTheme")) || "auto";
  } catch {
    // Storage is closed or holds something else: follow the system.
  }
  if (choice === "dark" || choice === "light") document.documentElement.classList.add(choice);
})();
