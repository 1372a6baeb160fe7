// What a listener chose, kept in this browser. Loaded before anything is drawn, so that no page flashes in another theme.
"use strict";

window.narrate = {};

(function (narrate) {
  const PREFIX = "narrate:";

  // A browser may refuse to keep anything, or have no room left; what it did not take lasts as long as the page.
  const memory = new Map();

  narrate.kept = function (name, otherwise) {
    if (memory.has(name)) return memory.get(name);
    try {
      const text = window.localStorage.getItem(PREFIX + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  };

  narrate.keep = function (name, value) {
    try {
      window.localStorage.setItem(PREFIX + name, JSON.stringify(value));
      memory.delete(name);
    } catch {
      memory.set(name, value);
    }
  };

  narrate.keptNames = function (beginning) {
    const names = new Set([...memory.keys()].filter((name) => name.startsWith(beginning)));
    try {
      for (const name of Object.keys(window.localStorage)) {
        if (name.startsWith(PREFIX + beginning)) names.add(name.slice(PREFIX.length));
      }
    } catch {
      // only memory
    }
    return [...names];
  };

  narrate.reducedMotion = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const contrast = window.matchMedia("(prefers-contrast: more)");

  function apply() {
    let theme = narrate.kept("theme", "system");
    if (!["light", "dark", "contrast"].includes(theme)) {
      theme = contrast.matches ? "contrast" : dark.matches ? "dark" : "light";
    }
    document.documentElement.dataset.theme = theme;
    // What a phone's browser paints around the page; the colour is the page's own, once there is a style.
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--bg").trim();
    document.querySelector('meta[name="theme-color"]').content = colour;
    document.dispatchEvent(new Event("narrate:theme"));
  }

  narrate.setTheme = function (theme) {
    narrate.keep("theme", theme);
    apply();
  };

  dark.addEventListener("change", apply);
  contrast.addEventListener("change", apply);
  apply();
})(window.narrate);
