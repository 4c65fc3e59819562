// Runs before the first paint: takes the colours chosen earlier, else those of the system.
(function () {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("theme");
  } catch (_blocked) {
    // Storage may be forbidden; the system's choice then stands.
  }
  function apply() {
    root.dataset.bsTheme = chosen || (dark.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("themechange"));
  }
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.toggleTheme = function () {
    chosen = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem("theme", chosen);
    } catch (_blocked) {
      // The choice then lasts as long as the page.
    }
    apply();
  };
})();
