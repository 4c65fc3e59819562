// The colour of reports: a picker beside the field, and the head of a report follows at once.
(function () {
  "use strict";

  const form = document.querySelector("[data-accent]");
  const field = form.querySelector("input[name=accent]");
  const pick = form.querySelector("input[type=color]");

  function show(accent) {
    document.querySelectorAll("[data-accent-fill]").forEach((shape) => shape.setAttribute("fill", accent));
  }

  pick.parentElement.hidden = false;
  pick.addEventListener("input", () => {
    field.value = pick.value;
    show(pick.value);
  });
  field.addEventListener("input", () => {
    const accent = `#${field.value.trim().replace(/^#/, "")}`;
    if (/^#[0-9a-f]{6}$/i.test(accent)) {
      pick.value = accent;
      show(accent);
    }
  });
})();
