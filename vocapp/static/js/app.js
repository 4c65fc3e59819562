// Small comforts of the staff pages; every page also works without them.
(function () {
  "use strict";

  const menu = document.getElementById("side-menu");
  const menuButton = document.querySelector("[data-toggle-menu]");

  function showMenu(open) {
    menu.classList.toggle("is-open", open);
    menuButton.setAttribute("aria-expanded", String(open));
  }

  document.querySelectorAll("[data-toggle-theme], [data-go-back]").forEach((button) => {
    button.hidden = button.matches("[data-go-back]") && window.history.length < 2;
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-toggle-theme]")) {
      window.toggleTheme();
    } else if (event.target.closest("[data-go-back]")) {
      window.history.back();
    } else if (event.target.closest("[data-toggle-menu]")) {
      showMenu(menuButton.getAttribute("aria-expanded") !== "true");
    } else {
      openRow(event);
    }
  });

  // Of some parts, only the one for the chosen answer shows.
  document.addEventListener("change", (event) => {
    const { name, value } = event.target;
    document.querySelectorAll("[data-shown-for]").forEach((part) => {
      const [wanted, answer] = part.dataset.shownFor.split("=");
      if (wanted === name) {
        part.hidden = answer !== value;
      }
    });
  });

  // A row opens on click unless the click meant something inside it, or text is being selected.
  function openRow(event) {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, select, label, summary") || String(window.getSelection())) {
      return;
    }
    if (event.ctrlKey || event.metaKey) {
      window.open(row.dataset.href, "_blank", "noopener");
    } else {
      window.location.assign(row.dataset.href);
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menuButton && menuButton.getAttribute("aria-expanded") === "true") {
      showMenu(false);
      menuButton.focus();
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const button = event.repeat ? null : document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (button) {
      button.click();
      return;
    }
    if (event.key !== "/") {
      return;
    }
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      if (menuButton && menuButton.offsetParent) {
        showMenu(true);
      }
      search.focus();
      search.select();
    }
  });

  // Forms with data-confirm ask first; the answer is given in our own dialog.
  const dialog = document.getElementById("confirm");
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!dialog || !form.dataset.confirm || form.dataset.confirmed) {
      return;
    }
    event.preventDefault();
    dialog.querySelector(".v-dialog-question").textContent = form.dataset.confirm;
    const yes = dialog.querySelector("[data-confirm-button]");
    yes.textContent = form.dataset.confirmYes || yes.textContent;
    dialog.returnValue = "";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue === "yes") {
          form.dataset.confirmed = "yes";
          form.requestSubmit(event.submitter);
        }
      },
      { once: true },
    );
    dialog.showModal();
  });

  // A button writes a merge field where the cursor was last.
  document.querySelectorAll("[data-inserts]").forEach((buttons) => {
    const form = buttons.closest("form");
    let control = form.querySelector("textarea, input[type=text]");
    form.addEventListener("focusin", (event) => {
      if (event.target.matches("textarea, input[type=text]")) {
        control = event.target;
      }
    });
    buttons.hidden = !control;
    buttons.addEventListener("click", (event) => {
      const button = event.target.closest("[data-insert]");
      if (button) {
        control.focus();
        control.setRangeText(button.dataset.insert, control.selectionStart, control.selectionEnd, "end");
        control.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  });

  // A filter form leaves empty filters out of the address, and sends itself when a list is changed.
  document.querySelectorAll("form[data-filters]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select")) {
        form.requestSubmit();
      }
    });
    form.addEventListener("submit", () => {
      form.querySelectorAll("[name]").forEach((control) => {
        control.disabled = control.value === "";
      });
    });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-filters] [name]").forEach((control) => {
      control.disabled = false;
    });
    document.querySelectorAll("form[data-confirmed]").forEach((form) => {
      delete form.dataset.confirmed;
    });
  });
})();
