// Comforts of an answer page: questions appear as answers call for them, and what stands there is kept.
// Without it nothing is lost: the server asks what came up, and keeps a page when it is sent.
(function () {
  "use strict";

  const form = document.querySelector("form[data-answers]");
  if (!form || !window.fetch) {
    return;
  }
  const asked = Array.from(form.querySelectorAll("[data-ask]"));
  const NUMBERS = ["nps", "csat", "ces", "rating", "matrix"];

  function read(question, answers) {
    const { ask, kind } = question.dataset;
    const put = (name, value) => {
      answers[name] = value;
    };
    question.querySelectorAll("input, textarea").forEach((control) => {
      const isChoice = control.type === "radio" || control.type === "checkbox";
      const value = control.value.trim();
      if (!value || (isChoice && !control.checked)) {
        return;
      }
      if (control.type === "checkbox") {
        put(ask, (answers[ask] || []).concat(value));
      } else if (kind === "matrix") {
        put(control.name, Number(value));
        put(ask, true);
      } else if (!isChoice && control.name === ask + ".other") {
        put(control.name, value);
        put(ask, kind === "single_choice" ? answers[ask] || "other" : (answers[ask] || []).concat("other"));
      } else if (kind === "referral") {
        put(ask, true);
      } else {
        put(ask, NUMBERS.includes(kind) ? Number(value) : kind === "yes_no" ? value === "yes" : value);
      }
    });
  }

  function holds(condition, answers) {
    if (condition.all) {
      return condition.all.every((part) => holds(part, answers));
    }
    if (condition.any) {
      return condition.any.some((part) => holds(part, answers));
    }
    const given = answers[condition.answered || condition.question];
    if (condition.answered) {
      return given !== undefined;
    }
    if (condition.between) {
      return typeof given === "number" && given >= condition.between[0] && given <= condition.between[1];
    }
    if ("includes" in condition) {
      return given === condition.includes || (Array.isArray(given) && given.includes(condition.includes));
    }
    return given === condition.equals;
  }

  function show() {
    const answers = {};
    const shown = asked.filter((question) => {
      if (question.dataset.if) {
        question.hidden = !holds(JSON.parse(question.dataset.if), answers);
        question.disabled = question.hidden;
      }
      if (!question.hidden) {
        read(question, answers);
      }
      return !question.hidden;
    });
    form.elements.shown.value = shown.map((question) => question.dataset.ask).join(" ");
  }

  // Only what a hand did is kept: no page saves itself for having been opened, nor for a script's clicks.
  const REST = 1500;
  const BETWEEN = 6000;
  // Behind an open link nobody comes back to go on: there only what is sent is kept.
  const hasLink = !form.elements.visit;
  let isTouched = false;
  let isSaving = false;
  let timer = 0;
  let savedAt = 0;
  const leaving = new AbortController();

  function save() {
    if (isSaving) {
      timer = setTimeout(save, REST);
      return;
    }
    const fields = new URLSearchParams(new FormData(form));
    fields.set("autosave", "1");
    isSaving = true;
    savedAt = Date.now();
    fetch(form.action, { method: "POST", body: fields, redirect: "error", signal: leaving.signal })
      .catch(() => undefined)
      .finally(() => {
        isSaving = false;
      });
  }

  function changed() {
    show();
    if (isTouched && hasLink) {
      clearTimeout(timer);
      timer = setTimeout(save, Math.max(REST, savedAt + BETWEEN - Date.now()));
    }
  }

  ["pointerdown", "keydown"].forEach((kind) => {
    form.addEventListener(kind, (event) => {
      isTouched = isTouched || event.isTrusted;
    });
  });
  form.addEventListener("input", changed);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    leaving.abort();
  });
  window.addEventListener("pageshow", show);
})();
