
"use strict";
(() => {
  const root = document.documentElement;

  // The theme: the system's unless chosen; kept where the browser allows it.
  const themes = ["auto", "light", "dark"];
  const store = {
    get() { try { return localStorage.getItem("cfu-theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("cfu-theme", theme); } catch { /* not kept */ } },
  };
  const button = document.getElementById("theme");
  const choose = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  let theme = themes.includes(store.get()) ? store.get() : "auto";
  choose(theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    store.set(theme);
    choose(theme);
  });

  // Sorting: by the numbers that cells show, else by their text; what is empty comes last.
  const value = (row, column, isNumber) => {
    const cell = row.cells[column];
    if (!isNumber) return cell.textContent || null;
    return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
  };
  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b));
  };
  const sort = (table, column, head) => {
    const isNumber = head.classList.contains("number");
    const before = head.getAttribute("aria-sort");
    const first = isNumber && column > 0 ? "descending" : "ascending";
    const second = first === "ascending" ? "descending" : "ascending";
    const order = before === first ? second : first;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => compare(value(a, column, isNumber), value(b, column, isNumber), sign));
    body.append(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (!head.textContent) return;
      const control = document.createElement("button");
      control.title = "sort";
      control.type = "button";
      control.append(...head.childNodes);
      head.append(control);
      control.addEventListener("click", () => sort(table, column, head));
    });
  }

  // What is under the pointer, at once: the browser's own way to show a title takes a second.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const told = (target, picture) => {
    for (let node = target; node && node !== picture; node = node.parentElement) {
      if (node.dataset.told !== undefined) return node.dataset.told;
      const title = node.querySelector(":scope > title");
      if (title === null) continue;
      node.dataset.told = title.textContent;
      node.setAttribute("aria-label", title.textContent);
      title.remove();
      return node.dataset.told;
    }
    return null;
  };
  const point = (event) => {
    const text = told(event.target, event.currentTarget);
    tip.hidden = text === null;
    if (text === null) return;
    tip.textContent = text;
    const { width, height } = tip.getBoundingClientRect();
    const below = event.clientY + 18;
    const top = below + height < innerHeight ? below : event.clientY - height - 8;
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 8))}px`;
    tip.style.top = `${Math.max(4, top)}px`;
  };
  for (const picture of document.querySelectorAll("figure svg")) {
    picture.addEventListener("pointermove", point);
    picture.addEventListener("pointerdown", point);
    picture.addEventListener("pointerleave", () => { tip.hidden = true; });
  }
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // A served page asks whether runs were recorded since it was made.
  const known = root.dataset.watched;
  if (known !== undefined) {
    const ask = async () => {
      try {
        const answer = await fetch("/state", { cache: "no-store" });
        const state = await answer.text();
        if (answer.ok && state !== known) { changed(); return; }
      } catch { /* the server is gone; it may come back */ }
      setTimeout(ask, 1000);
    };
    const changed = () => {
      const isInUse = document.querySelector("input:checked") !== null;
      if (root.dataset.live !== undefined && !isInUse) { location.reload(); return; }
      const note = document.createElement("div");
      note.id = "changed";
      note.setAttribute("role", "status");
      const link = document.createElement("a");
      link.href = "/";
      link.textContent = "show";
      note.append("A new run was recorded: ", link);
      document.body.append(note);
    };
    setTimeout(ask, 1000);
  }
})();
