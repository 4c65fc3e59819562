// Brushing over the bubble chart chooses accounts in the list beside it; pointing at one lifts its bubble.
(function () {
  "use strict";

  document.addEventListener("chartdrawn", (event) => {
    const figure = event.target;
    const list = document.getElementById(figure.dataset.brushed || "");
    if (list) {
      follow(event.detail.view, list);
    }
  });

  function follow(view, list) {
    const rows = Array.from(list.children);
    const clear = document.querySelector("[data-brush-clear]");
    const words = document.querySelector("[data-brush-count]");
    // A finger scrolls the page; only a mouse can brush.
    const all = window.matchMedia("(hover: hover)").matches ? words.dataset.all : words.textContent;

    function show(range) {
      const within = (value, limits) => {
        const number = Number(value);
        return number >= Math.min(...limits) && number <= Math.max(...limits);
      };
      const isChosen = range && range.x && range.y;
      let chosen = 0;
      rows.forEach((row) => {
        row.hidden = Boolean(isChosen) && !(within(row.dataset.x, range.x) && within(row.dataset.y, range.y));
        chosen += row.hidden ? 0 : 1;
      });
      clear.hidden = !isChosen;
      words.textContent = isChosen
        ? words.dataset.some.replace("{chosen}", chosen).replace("{all}", rows.length)
        : all;
    }

    show(null);
    view.addSignalListener("brush", (_name, range) => show(range));
    clear.onclick = () => {
      view.signal("brush_x", [0, 0]).signal("brush_y", [0, 0]).runAsync().then(() => show(null));
    };
    const point = (id) => view.signal("pointed", id).runAsync();
    list.onpointerover = (event) => point(Number((event.target.closest("[data-id]") || { dataset: { id: 0 } }).dataset.id));
    list.onpointerleave = () => point(0);
  }
})();
