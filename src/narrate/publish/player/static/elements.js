// Small things that every view is made of: elements, icons, times in figures and in words, and what is said aloud.
"use strict";

(function (narrate) {
  const SVG = "http://www.w3.org/2000/svg";

  // An element with properties, attributes ("aria-…", "data-…") and children; text is always text, never markup.
  narrate.element = function (name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (value === undefined || value === null || value === false) continue;
      if (key === "class") made.className = value;
      else if (key === "on") for (const [event, does] of Object.entries(value)) made.addEventListener(event, does);
      else if (key in made && !key.includes("-") && key !== "lang") made[key] = value;
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };

  narrate.icon = function (name) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", "#i-" + name);
    svg.append(use);
    return svg;
  };

  narrate.setIcon = (button, name) => button.querySelector("use").setAttribute("href", "#i-" + name);

  // 4:07, 1:02:09
  narrate.clock = function (seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

  // "1 hour 2 minutes 9 seconds", for who hears it
  narrate.spokenTime = function (seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const parts = [
      [Math.floor(whole / 3600), "hour"],
      [Math.floor((whole % 3600) / 60), "minute"],
      [whole % 60, "second"],
    ].filter(([number]) => number);
    return parts.map(([number, what]) => count(number, what)).join(" ") || "0 seconds";
  };

  // "3 h 20 min", "12 min", "under a minute"
  narrate.length = function (seconds) {
    const minutes = Math.round(seconds / 60);
    if (minutes < 1) return "under a minute";
    const hours = Math.floor(minutes / 60);
    if (!hours) return `${minutes} min`;
    return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  };

  narrate.count = count;
  narrate.speed = (rate) => String(Number(rate.toFixed(2))) + "×";
  narrate.language = (book) => (book && book.language && book.language !== "und" ? book.language : null);

  // By its script, else by the languages that are written from right to left without saying so.
  const FROM_THE_RIGHT = /-(arab|hebr|thaa|syrc|nkoo|adlm)\b|^(ar|arc|ckb|dv|fa|he|iw|ks|ps|sd|syr|ug|ur|yi)\b(?!-latn)/i;

  // Say of an element with words of `book` which language they are in, and which way they run; null: the page's own.
  narrate.speaks = function (shown, book) {
    const language = narrate.language(book);
    if (language) shown.setAttribute("lang", language);
    else shown.removeAttribute("lang");
    if (book) shown.setAttribute("dir", language ? (FROM_THE_RIGHT.test(language) ? "rtl" : "ltr") : "auto");
    else shown.removeAttribute("dir");
    return shown;
  };

  let clearing = 0;
  narrate.say = function (text) {
    const status = document.getElementById("status");
    clearTimeout(clearing);
    status.textContent = text;
    clearing = setTimeout(() => (status.textContent = ""), 4000);
  };

  narrate.complain = function (text, action = null) {
    const notice = document.getElementById("notice");
    notice.replaceChildren(text);
    if (text && action) {
      notice.append(" ", narrate.element("button", { type: "button", class: "plain", on: { click: action.does } }, action.name));
    }
    notice.hidden = !text;
  };
})(window.narrate);
