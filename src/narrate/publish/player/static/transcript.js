// A chapter's words on the page. Every sentence is one element, and only the one that sounds is divided into words; a block
// that is out of sight costs no layout (content-visibility in player.css), so twenty hours in one chapter stay smooth.
"use strict";

(function (narrate) {
  const { element, icon, clock } = narrate;
  const ASIDE = {
    description: { name: "Description", icon: "eye" },
    note: { name: "Note", icon: "note" },
  };
  const AT_ONCE = 400; // blocks; the rest follows while the browser is idle

  class Transcript {
    // `seek(seconds)` is called when a sentence is chosen.
    constructor(root, { seek }) {
      this.root = root;
      this.cues = [];
      this.clear();
      root.addEventListener("click", (event) => this.clicked(event, seek));
    }

    clear() {
      this.cues = [];
      this.current = -1;
      this.wordIndex = -1;
      this.words = [];
      this.pending = [];
      this.root.replaceChildren();
    }

    // What was received as "KEY/cues-N".
    show({ blocks }, language) {
      this.clear();
      if (language) this.root.setAttribute("lang", language);
      else this.root.removeAttribute("lang");
      this.pending = blocks.slice();
      const first = document.createDocumentFragment();
      this.build(first, AT_ONCE);
      this.root.append(first);
      this.later();
    }

    message(text) {
      this.clear();
      this.root.append(element("p", { class: "quiet-text" }, text));
    }

    build(into, most) {
      for (const [role, sentences] of this.pending.splice(0, most)) into.append(this.block(role, sentences));
    }

    later() {
      if (!this.pending.length) return;
      const { pending } = this;
      const idle = window.requestIdleCallback || ((does) => setTimeout(does, 30));
      idle(() => {
        if (pending !== this.pending) return; // another chapter meanwhile
        const more = document.createDocumentFragment();
        this.build(more, AT_ONCE);
        this.root.append(more);
        this.later();
      });
    }

    block(role, sentences) {
      if (role === "interlude") return this.interlude(sentences[0]);
      const from = sentences[0][0] / 1000;
      const name = role === "heading" ? "h2" : "p";
      const button = element(
        "button",
        { type: "button", class: "from", tabIndex: -1, "aria-label": `Play from ${clock(from)}` },
        clock(from),
      );
      const text = element(name, { class: "text" });
      for (const sentence of sentences) text.append(this.sentence(sentence), " ");
      const children = [button, text];
      const aside = ASIDE[role];
      if (aside) children.splice(1, 0, element("p", { class: "label" }, icon(aside.icon), aside.name));
      return element("div", { class: "block " + role }, ...children);
    }

    interlude(cue) {
      const span = this.sentence(cue);
      span.prepend(icon("car"));
      return element("div", { class: "block interlude" }, element("p", { class: "text" }, span));
    }

    sentence([start, duration, text, words]) {
      const span = element("span", { class: "sentence" }, text);
      span.dataset.cue = this.cues.length;
      this.cues.push({ start, end: start + duration, text, words, span });
      return span;
    }

    clicked(event, seek) {
      const button = event.target.closest("button.from");
      const found = button ? button.parentElement.querySelector(".sentence") : event.target.closest(".sentence");
      if (!found || (!button && String(window.getSelection()).trim())) return; // a text that is being marked is no wish to jump
      seek(this.cues[Number(found.dataset.cue)].start / 1000);
    }

    // The cue that sounds at `at` ms, or the last one before; -1 before the first.
    indexAt(at) {
      let low = 0;
      let high = this.cues.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.cues[middle].start <= at) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    }

    // Show what sounds at `at` seconds. Returns the sentence's element when it is another one than before.
    follow(at) {
      const ms = at * 1000 + 1;
      while (this.pending.length && (!this.cues.length || this.cues[this.cues.length - 1].start < ms)) {
        const more = document.createDocumentFragment();
        this.build(more, AT_ONCE);
        this.root.append(more);
      }
      const index = this.indexAt(ms);
      const changed = index !== this.current;
      if (changed) this.moveTo(index);
      if (index >= 0) this.followWords(this.cues[index], ms);
      return changed && index >= 0 ? this.cues[index].span : null;
    }

    moveTo(index) {
      const before = this.cues[this.current];
      if (before) {
        before.span.classList.remove("now");
        before.span.removeAttribute("aria-current");
        if (this.words.length) before.span.replaceChildren(before.text);
      }
      this.current = index;
      this.words = [];
      this.wordIndex = -1;
      const cue = this.cues[index];
      if (!cue) return;
      cue.span.classList.add("now");
      cue.span.setAttribute("aria-current", "true");
      if (cue.words && cue.words.length) this.divide(cue);
    }

    divide(cue) {
      const parts = [];
      let done = 0;
      for (let i = 0; i < cue.words.length; i += 4) {
        const [start, duration, from, to] = cue.words.slice(i, i + 4);
        if (from < done || to <= from) continue; // two words that are one sign on the page
        if (from > done) parts.push(cue.text.slice(done, from));
        const span = element("span", { class: "w" }, cue.text.slice(from, to));
        parts.push(span);
        this.words.push({ start: cue.start + start, end: cue.start + start + duration, span });
        done = to;
      }
      parts.push(cue.text.slice(done));
      cue.span.replaceChildren(...parts);
    }

    followWords(cue, ms) {
      let found = -1;
      for (let i = 0; i < this.words.length && this.words[i].start <= ms; i += 1) found = i;
      if (ms >= cue.end) found = -1;
      if (found === this.wordIndex) return;
      if (this.words[this.wordIndex]) this.words[this.wordIndex].span.classList.remove("now");
      if (found >= 0) this.words[found].span.classList.add("now");
      this.wordIndex = found;
    }

    // Seconds where the sentence `by` places from the current one begins; null beyond the ends.
    neighbour(by) {
      const cue = this.cues[Math.max(0, this.current) + (this.current < 0 && by > 0 ? by - 1 : by)];
      return cue ? cue.start / 1000 : null;
    }

    // Stretches of the chapter that are no running text, in ms, for the waveform.
    static marks({ blocks }) {
      return blocks
        .filter(([role]) => role === "interlude" || ASIDE[role])
        .map(([role, cues]) => {
          const last = cues[cues.length - 1];
          return { role, start: cues[0][0], end: last[0] + last[1] };
        });
    }
  }

  narrate.Transcript = Transcript;
})(window.narrate);
