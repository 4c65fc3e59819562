// The survey editor: what saves itself tells so, the phone follows, and keys do what buttons do.
(function () {
  "use strict";

  const saved = document.getElementById("saved");
  const narrow = window.matchMedia("(max-width: 62rem)");
  let isFindingsOpen = false;
  let isOutlineOpen = true;
  let unsaved = null;
  const sent = new Map();

  function foldOutline() {
    const outline = document.getElementById("outline");
    if (outline && narrow.matches) {
      outline.open = false;
    }
  }

  // Every form builds on the step that was saved last.
  function takeStep() {
    const { step } = document.getElementById("editor-bar").dataset;
    document.querySelectorAll("input[name=step]").forEach((field) => {
      field.value = step;
    });
  }

  function press(name) {
    const button = document.querySelector(`[data-press="${name}"]`);
    if (!button || button.disabled) {
      return;
    }
    // What is being typed is saved first; requests wait for each other.
    if (document.activeElement && document.activeElement.closest("#words")) {
      document.activeElement.blur();
    }
    button.click();
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && key === "z" && !typing) {
      event.preventDefault();
      press(event.shiftKey ? "redo" : "undo");
    } else if (event.altKey && !event.ctrlKey && !event.metaKey && (key === "arrowup" || key === "arrowdown")) {
      event.preventDefault();
      press(key === "arrowup" ? "up" : "down");
    }
  });

  function changedFields(form) {
    return [...form.querySelectorAll("textarea")].filter((field) => field.value !== field.defaultValue);
  }

  // Somebody may type on while the editor is fetched anew: their words go into the new fields, and are sent.
  function keepUnsaved() {
    const form = document.getElementById("words");
    const fields = form ? changedFields(form) : [];
    unsaved = fields.length ? { form, fields } : null;
  }

  function sendUnsaved() {
    if (!unsaved) {
      return;
    }
    const { form, fields } = unsaved;
    unsaved = null;
    fields.forEach((field) => {
      const now = document.getElementById(field.id);
      const isSame = now && now.form.elements.question.value === form.elements.question.value;
      if (isSame) {
        now.value = field.value;
      }
    });
    const rescue = form.cloneNode(false);
    rescue.id = "words-typed";
    rescue.hidden = true;
    [...form.querySelectorAll("input[type=hidden]"), ...fields].forEach((field) => {
      const copy = document.createElement("input");
      copy.type = "hidden";
      copy.name = field.name;
      copy.value = field.value;
      rescue.append(copy);
    });
    document.getElementById("editor").append(rescue);
    takeStep();
    window.htmx.process(rescue);
    rescue.requestSubmit();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "post") {
      return;
    }
    saved.textContent = saved.dataset.saving;
    if (event.detail.elt.id === "words") {
      sent.clear();
      changedFields(event.detail.elt).forEach((field) => sent.set(field.id, field.value));
    }
  });

  // A refusal comes as a page with the reason on it: the reason is shown, and what was typed stays where it is.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    const findings = document.getElementById("findings");
    isFindingsOpen = Boolean(findings && findings.open);
    isOutlineOpen = document.getElementById("outline").open;
    if (xhr.status === 409 || xhr.status === 422) {
      const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      const trouble = document.getElementById("trouble");
      trouble.replaceChildren(...page.getElementById("trouble").childNodes);
      trouble.scrollIntoView({ block: "nearest" });
      window.htmx.process(trouble);
    } else if (event.detail.shouldSwap && !requestConfig.elt.id.startsWith("words")) {
      keepUnsaved();
    }
  });

  function notSaved() {
    saved.textContent = saved.dataset.failed;
  }
  document.addEventListener("htmx:sendError", notSaved);
  document.addEventListener("htmx:responseError", notSaved);

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful || !document.getElementById("editor-bar")) {
      return;
    }
    takeStep();
    const findings = document.getElementById("findings");
    if (findings && isFindingsOpen) {
      findings.open = true;
    }
    document.getElementById("outline").open = isOutlineOpen;
    if (event.detail.elt.id.startsWith("words")) {
      sent.forEach((value, id) => {
        const field = document.getElementById(id);
        if (field) {
          field.defaultValue = value;
        }
      });
      const preview = document.getElementById("preview");
      preview.src = preview.getAttribute("src");
    } else if (document.activeElement === document.body) {
      foldOutline();
      document.getElementById("place-title").focus({ preventScroll: !narrow.matches });
    }
    // The request that just ended holds the line until this event is over.
    window.setTimeout(sendUnsaved);
  });

  foldOutline();
})();
