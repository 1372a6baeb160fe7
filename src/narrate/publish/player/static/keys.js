// The whole player by keyboard. Single keys can be turned off (WCAG 2.2, success criterion 2.1.4).
"use strict";

(function (narrate) {
  const { engine, actions } = narrate;
  const box = document.getElementById("use-keys");
  box.checked = narrate.kept("keys", true);
  box.addEventListener("change", () => narrate.keep("keys", box.checked));

  const keys = {
    " ": actions.toggle,
    k: actions.toggle,
    n: actions.next,
    p: actions.previous,
    "[": actions.slower,
    "]": actions.faster,
    d: () => (document.getElementById("drive").open ? document.getElementById("drive").close() : actions.drive()),
    s: () => document.getElementById("open-sleep").click(),
  };

  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !engine.book) return;
    const { target } = event;
    const sheet = target.closest("dialog");
    if (sheet && sheet.id !== "drive") return; // what is in a sheet has its own keys
    const usesKeys = target.matches("input, select, textarea");
    // A button that has the focus is pressed by the space bar, as everywhere.
    if (event.key === " " && target.matches("button, a, input")) return;
    if (!usesKeys && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      engine.skip((event.key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 30 : 15));
      return;
    }
    const does = keys[event.key.toLowerCase()];
    if (!does || (usesKeys && target.type !== "range")) return;
    event.preventDefault();
    does();
  });
})(window.narrate);
