// Brushing over the bubble chart chooses accounts in the list beside it; pointing at one lifts its bubble.
(function () {
  "use strict";

  document.addEventListener("chartdrawn", (event) => {
    const figure = event.target;
    const list = document.getElementById(figure.dataset.brushed || "");
    if (list) {
      follow(event.detail.view, list, figure);
    }
  });

  function follow(view, list, figure) {
    const rows = Array.from(list.children);
    const clear = document.querySelector("[data-brush-clear]");
    const words = document.querySelector("[data-brush-count]");
    const links = document.querySelectorAll("[data-brush-link]");
    const scales = { x: Number(figure.dataset.scaleX), y: Number(figure.dataset.scaleY) };
    links.forEach((link) => {
      link.dataset.whole = link.getAttribute("href");
    });
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
      links.forEach((link) => {
        link.href = isChosen ? addressOf(link.dataset.base, range) : link.dataset.whole;
        link.hidden = link.hasAttribute("data-brush-only") && !isChosen;
      });
      words.textContent = isChosen
        ? words.dataset.some.replace("{chosen}", chosen).replace("{all}", rows.length)
        : all;
    }

    // What was chosen, as a list or as a part of the map, by the same address as the form makes.
    function addressOf(base, range) {
      const address = new URL(base, window.location.href);
      ["x", "y"].forEach((side) => {
        const ends = range[side].map((end) => end * scales[side]);
        address.searchParams.set(`from_${side}`, String(Math.floor(Math.min(...ends) * 100) / 100));
        address.searchParams.set(`to_${side}`, String(Math.ceil(Math.max(...ends) * 100) / 100));
      });
      return address.pathname + address.search;
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
